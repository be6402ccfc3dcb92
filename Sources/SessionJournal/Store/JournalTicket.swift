import Synchronization

/// A change that a store has accepted, and whether it has come to stay.
///
/// A store of `process` durability hands out tickets that have been settled. One of `power` durability
/// settles them on its writer's thread.
public final class JournalTicket: Sendable {
    /// How a change ended.
    public typealias Settlement = Result<Void, JournalError>

    private enum State {
        case open([@Sendable (Settlement) -> Void])
        case settled(Settlement)
    }

    private let state: Mutex<State>
    /// Whether the change was durable when it was accepted, so that the state need not be looked at.
    private let isDurable: Bool

    private init(isDurable: Bool) {
        state = Mutex(isDurable ? .settled(.success(())) : .open([]))
        self.isDurable = isDurable
    }

    /// One that is open.
    convenience init() { self.init(isDurable: false) }

    /// Stands for every change that was durable when it was accepted.
    static let durable = JournalTicket(isDurable: true)

    /// What became of the change; `nil` while that is open.
    public var settlement: Settlement? {
        if isDurable { return .success(()) }
        return state.withLock {
            if case .settled(let settlement) = $0 { settlement } else { nil }
        }
    }

    /// Calls once the change is durable, or is lost.
    ///
    /// - Parameter body: called once, here and now or on the writer's thread, which must not wait for it.
    public func whenSettled(_ body: @escaping @Sendable (Settlement) -> Void) {
        let settlement: Settlement? = state.withLock {
            switch $0 {
            case .open(let bodies):
                $0 = .open(bodies + [body])
                return nil
            case .settled(let settlement): return settlement
            }
        }
        if let settlement { body(settlement) }
    }

    /// Settles it, once.
    func settle(_ settlement: Settlement) {
        let bodies: [@Sendable (Settlement) -> Void] = state.withLock {
            guard case .open(let bodies) = $0 else { return [] }
            $0 = .settled(settlement)
            return bodies
        }
        for body in bodies { body(settlement) }
    }
}
