import Synchronization

/// Has idle sessions give up their machines.
///
/// A machine costs tens of kilobytes, and the calls that led to it some hundred bytes: a session that
/// nobody asks for keeps its calls, and runs them again for the next one who does. It queues those that
/// have a machine, and with each that comes looks at a few that came long ago.
final class RestingSessions: Sendable {
    fileprivate struct Queue {
        var sessions: [Session?] = []
        /// Where the first one is.
        var first = 0
    }

    private let queue = Mutex(Queue())

    /// Whole seconds after which a session is idle.
    private static let idleSeconds: UInt64 = 1
    /// How many are looked at when one comes, and each second.
    private static let looksByArrival = 4
    private static let looksBySecond = 256

    /// A session has got a machine; its lock may be held.
    func add(_ session: Session, _ now: UInt64) {
        queue.withLock { $0.add(session) }
        rest(now, looks: Self.looksByArrival)
    }

    /// A second has gone by.
    func rest(_ now: UInt64) { rest(now, looks: Self.looksBySecond) }

    /// Looks at those that have waited longest.
    private func rest(_ now: UInt64, looks: Int) {
        for _ in 0..<looks {
            guard let session = queue.withLock({ $0.next() }) else { return }
            // One who holds its lock uses it.
            let isIdle = session.isIdle(now, limit: Self.idleSeconds)
            if isIdle, session.residence.withLockIfAvailable({ $0.rest() }) != nil { continue }
            queue.withLock { $0.add(session) }
        }
    }
}

extension RestingSessions.Queue {
    fileprivate mutating func add(_ session: Session) { sessions.append(session) }

    /// Takes the first one out; `nil` if there is none.
    fileprivate mutating func next() -> Session? {
        guard first < sessions.count else { return nil }
        defer { first += 1 }
        let session = sessions[first].take()
        if 2 * first > sessions.count {
            sessions.removeFirst(first + 1)
            first = -1
        }
        return session
    }
}
