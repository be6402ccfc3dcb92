import MicroHTTPD
import Synchronization

/// Sessions that nobody asks for leave memory when there is too much in it; the journal store has them.
extension SessionStore {
    /// How many leave in one go at most, since a request waits for it.
    private static let evictionLimit = 1_024
    /// After how many that came it is looked whether there is too much: fewer than can leave in one go,
    /// so that memory is bounded however fast they come.
    private static let arrivalsBetween: UInt64 = 256

    /// Notes that a session has come into memory or has its machine again, and looks after memory if
    /// many have.
    func noteArrival(_ session: Session) {
        resting.add(session, now())
        let count = arrivals.add(1, ordering: .relaxed).newValue
        if journals != nil, count % Self.arrivalsBetween == 0 { evictIfFull() }
    }

    /// Looks after memory and after stored sessions, once a second at most.
    @inline(__always)
    func lookAfterIfDue(_ now: UInt64) {
        let last = lastEviction.load(ordering: .relaxed)
        guard _slowPath(now != last),
            lastEviction.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
        else { return }
        resting.rest(now)
        guard journals != nil else { return }
        evictIfFull()
        walkStored(now)
    }

    @inline(never)
    private func evictIfFull() {
        guard ProcessMemory.allocatedBytes > limits.residentBytes else { return }
        let leaving = residentSessions.sorted { $0.lastUsed < $1.lastUsed }
        for session in leaving.prefix(Self.evictionLimit) {
            session.residence.withLockIfAvailable {
                guard $0.state != nil else { return }
                $0.leave()
                figures.noteDeparture(true)
                figures.evicted.add(1, ordering: .relaxed)
            }
        }
        ProcessMemory.trim()
    }

    /// The sessions in memory but those that are being used.
    var residentSessions: [Session] {
        shards.flatMap { shard in
            shard.sessions.withLock { sessions in
                sessions.values.filter {
                    $0.residence.withLockIfAvailable { $0.state != nil } ?? false
                }
            }
        }
    }
}
