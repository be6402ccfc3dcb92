import MicroHTTPD

extension SessionStore {
    /// Counts one session more.
    ///
    /// - Throws: a problem when there are too many.
    func count(_ owner: ClientAddress) throws(Problem) {
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

    /// Counts one session less.
    func uncount(_ owner: ClientAddress) {
        census.withLock { census in
            census.total -= 1
            let left = census.perAddress[owner, default: 1] - 1
            census.perAddress[owner] = left > 0 ? left : nil
        }
    }

    /// Ends idle sessions, as often as it pays: while sessions come in, a few times in an idle
    /// period, and each second when there is no more room.
    func sweepIfDue(_ now: UInt64) {
        let isDue = census.withLock { census in
            let pause = census.total < limits.sessions ? max(1, limits.idleSeconds / 4) : 1
            guard now >= census.lastSweep &+ pause else { return false }
            census.lastSweep = now
            return true
        }
        guard isDue else { return }
        walkStored(now)
        for shard in shards {
            let idle = shard.sessions.withLock { sessions in
                sessions.values.filter { $0.isIdle(now, limit: limits.idleSeconds) }
            }
            for session in idle { _ = try? end(session) }
        }
    }
}
