/// Whose turn a request takes in the work queue: requests of the same turn run one after the other.
public enum WorkTurn: Sendable {
    /// That of its connection.
    case connection
    /// That of all requests with this number, such as those that need the same lock.
    case shared(UInt64)
}
