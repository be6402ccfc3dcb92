import Glibc
import KernelMemory
import MicroHTTPD
import Synchronization

/// All sessions of a service, found by the first part of their tokens.
final class SessionStore: Sendable {
    /// A part of the table under a lock of its own, so that threads seldom meet.
    private final class Shard: Sendable {
        let sessions = Mutex<[SessionID.Key: Session]>([:])
    }

    private struct Census {
        var total = 0
        var perAddress: [ClientAddress: Int] = [:]
        var lastSweep: UInt64 = 0
    }

    let limits: SessionLimits
    private let shards = (0..<SessionID.Key.shardCount).map { _ in Shard() }
    private let census = Mutex(Census())
    private let images: BootImageCache
    private let now: @Sendable () -> UInt64

    /// - Parameter now: seconds of a clock that never goes back.
    init(limits: SessionLimits, now: @escaping @Sendable () -> UInt64) {
        self.limits = limits
        self.now = now
        images = BootImageCache(limits)
    }

    /// How many sessions there are, idle ones that nobody asked for since included.
    var count: Int { census.withLock { $0.total } }

    /// Boots a session.
    ///
    /// - Throws: a problem when there are too many, or when a recording contradicts itself.
    func create(_ start: SessionStart, owner: ClientAddress) throws(Problem) -> Session {
        let now = now()
        sweepIfDue(now)
        try register(owner)
        let state: SessionState
        do throws(Problem) {
            let image = try image(of: start, owner: owner)
            state = SessionState(image, booted: try start.boot(image), limits: limits)
        } catch {
            unregister(owner)
            throw error
        }
        let session = Session(state, owner: owner, now: now)
        shard(session.id.key).sessions.withLock { $0[session.id.key] = session }
        return session
    }

    private func image(
        of start: SessionStart, owner: ClientAddress
    ) throws(Problem) -> SharedImage {
        switch start {
        case .configuration(let configuration):
            try images.image(for: configuration, owner: owner)
        case .shipped(let recording): recording.image
        case .uploaded(let dump): try images.image(for: dump.dump.recording, owner: owner)
        }
    }

    /// Finds the session that a token is for, and notes that it was asked for.
    @inline(__always)
    func session(_ token: Token) -> Session? {
        let key = token.id.key
        guard let session = shard(key).sessions.withLock({ $0[key] }), session.accepts(token) else {
            return nil
        }
        let now = now()
        if _slowPath(session.isIdle(now, limit: limits.idleSeconds)) {
            remove(session)
            return nil
        }
        session.touch(now)
        return session
    }

    /// Ends a session.
    func remove(_ session: Session) {
        let removed = shard(session.id.key).sessions.withLock {
            $0.removeValue(forKey: session.id.key)
        }
        if let removed { unregister(removed.owner) }
    }

    @inline(__always)
    private func shard(_ key: SessionID.Key) -> Shard { shards[key.shardIndex] }
}

// MARK: - Counting and expiry

extension SessionStore {
    private func register(_ owner: ClientAddress) throws(Problem) {
        try census.withLock { census throws(Problem) in
            guard census.total < limits.sessions else {
                throw Problem(
                    .tooManySessions, "This service runs \(limits.sessions) sessions at most.")
            }
            guard census.perAddress[owner, default: 0] < limits.sessionsPerAddress else {
                throw Problem(
                    .tooManySessions,
                    "One address may run \(limits.sessionsPerAddress) sessions. DELETE "
                        + "/sessions/{id} ends one.")
            }
            census.total += 1
            census.perAddress[owner, default: 0] += 1
        }
    }

    private func unregister(_ owner: ClientAddress) {
        census.withLock { census in
            census.total -= 1
            let left = census.perAddress[owner, default: 1] - 1
            census.perAddress[owner] = left > 0 ? left : nil
        }
    }

    /// Ends idle sessions, as often as it pays: while sessions come in, a few times in an idle
    /// period, and each second when there is no more room.
    private func sweepIfDue(_ now: UInt64) {
        let isDue = census.withLock { census in
            let pause = census.total < limits.sessions ? max(1, limits.idleSeconds / 4) : 1
            guard now >= census.lastSweep &+ pause else { return false }
            census.lastSweep = now
            return true
        }
        guard isDue else { return }
        for shard in shards {
            let idle = shard.sessions.withLock { sessions in
                sessions.values.filter { $0.isIdle(now, limit: limits.idleSeconds) }
            }
            idle.forEach(remove)
        }
    }
}
