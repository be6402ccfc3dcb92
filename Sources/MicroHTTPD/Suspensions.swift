import Synchronization

/// The requests of a server that sleep now and then; libmicrohttpd ends the process when it is
/// stopped while one of them does.
final class Suspensions: Sendable {
    /// What sleeps.
    enum Kind: Int {
        /// A stream, which ends as soon as the server begins to stop.
        case stream
        /// An answer that is held, which gets the grace period.
        case heldAnswer
    }

    private struct State {
        var members: [ObjectIdentifier: (kind: Kind, suspension: Suspension)] = [:]
        /// Kinds up to this one have been stopped.
        var stopped = -1
    }

    private let state = Mutex(State())

    /// Counts one in before its first sleep; it is stopped at once when its kind has been.
    func add(_ suspension: Suspension, _ kind: Kind) {
        let isLate = state.withLock {
            $0.members[ObjectIdentifier(suspension)] = (kind, suspension)
            return kind.rawValue <= $0.stopped
        }
        if isLate { suspension.stop() }
    }

    /// Counts one out, with its request.
    func remove(_ suspension: Suspension) {
        suspension.end()
        state.withLock { $0.members[ObjectIdentifier(suspension)] = nil }
    }

    /// Wakes for good all of a kind, and of those before it, now and from now on.
    func stop(_ kind: Kind) {
        let members = state.withLock {
            $0.stopped = kind.rawValue
            return $0.members.values.filter { $0.kind.rawValue <= kind.rawValue }
        }
        for member in members { member.suspension.stop() }
    }
}
