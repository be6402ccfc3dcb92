import MicroHTTPD
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
        /// How many have given up a machine since the allocator gave back what is free.
        var rested = 0
        /// When it did.
        var lastTrim: UInt64 = 0
    }

    private let queue = Mutex(Queue())

    /// Whole seconds after which a session is idle.
    private static let idleSeconds: UInt64 = 1
    /// How many are looked at when one comes, and each second.
    private static let looksByArrival = 4
    private static let looksBySecond = 256
    /// What the allocator has free is given back to the system once so many machines were given up, at most
    /// once in so many seconds: it takes some milliseconds.
    private static let machinesByTrim = 256
    private static let secondsByTrim: UInt64 = 5

    /// A session has got a machine; its lock may be held.
    func add(_ session: Session, _ now: UInt64) {
        queue.withLock { $0.add(session) }
        rest(now, looks: Self.looksByArrival)
    }

    /// A second has gone by.
    func rest(_ now: UInt64) {
        rest(now, looks: Self.looksBySecond)
        if queue.withLock({ $0.isToTrim(now, Self.machinesByTrim, Self.secondsByTrim) }) {
            ProcessMemory.trim()
        }
    }

    /// Looks at those that have waited longest.
    private func rest(_ now: UInt64, looks: Int) {
        for _ in 0..<looks {
            guard let session = queue.withLock({ $0.next() }) else { return }
            // One who holds its lock uses it.
            let isIdle = session.isIdle(now, limit: Self.idleSeconds)
            let hasRested =
                isIdle && session.residence.withLockIfAvailable({ $0.rest() }) != nil
            queue.withLock { if hasRested { $0.rested += 1 } else { $0.add(session) } }
        }
    }
}

extension RestingSessions.Queue {
    fileprivate mutating func add(_ session: Session) { sessions.append(session) }

    /// Whether enough machines were given up; they are counted anew then.
    fileprivate mutating func isToTrim(
        _ now: UInt64, _ machines: Int, _ seconds: UInt64
    ) -> Bool {
        guard rested >= machines, now >= lastTrim &+ seconds else { return false }
        rested = 0
        lastTrim = now
        return true
    }

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
