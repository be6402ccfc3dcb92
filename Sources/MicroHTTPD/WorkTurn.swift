/// Whose turn a request takes in the work queue: requests of the same turn run one after the other.
public enum WorkTurn: Sendable, Equatable {
    /// That of its connection.
    case connection
    /// That of all requests with this number, such as those that need the same lock.
    case shared(UInt64)
}

extension WorkTurn {
    /// The number of this turn in the queue.
    ///
    /// - Parameter owner: what stands for the connection; it lives as long as a job in its turn.
    func number(of owner: UnsafeRawPointer) -> UInt64 {
        switch self {
        case .connection: UInt64(UInt(bitPattern: owner))
        case .shared(let number): number
        }
    }
}
