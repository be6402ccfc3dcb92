import MicroHTTPD
import SessionJournal

/// How far stored sessions have been looked through for those that nobody asks for any more.
struct StoredWalk {
    /// Where to go on; `nil` between two walks.
    var next: SessionKey?
    /// When the last walk began; `nil` before the first.
    var begin: UInt64?
    /// When the journal store was last told how long services have run.
    var lastServed: UInt64 = 0
}

/// Stored sessions expire as those in memory do, whether or not anybody has asked for them since the start.
///
/// The clock counts the seconds that services have run on the journal store: while none runs nobody can
/// ask, and no clock of the host that is wrong for a moment ends a session. The store is told of a
/// session's use when it has not been for an eighth of the idle time; so it may have been used an eighth
/// later than the store knows, and it ends that much later. One whose last use is not known counts as
/// used when it is first met.
extension SessionStore {
    /// How many sessions are looked at in one go, and how many end, since a request waits for it.
    private static let lookLimit = 256
    private static let endLimit = 16
    /// Seconds between two notes of how long services have run.
    private static let servedGrain: UInt64 = 60

    /// Notes that a session was asked for.
    @inline(__always)
    func touch(_ session: Session, _ now: UInt64) {
        session.touch(now)
        if _slowPath(session.needsNote(now, grain: useGrain)) { note(session, now) }
    }

    @inline(never)
    private func note(_ session: Session, _ now: UInt64) {
        guard let journals else { return }
        if !journals.note([SessionUse(session.storedKey, second: now)]) { session.forgetNote() }
    }

    /// Looks at some stored sessions, and ends those that nobody has asked for in a long time.
    ///
    /// - Complexity: O(1): a few hundred at most.
    func walkStored(_ now: UInt64) {
        guard let journals else { return }
        walk.withLockIfAvailable { walk in
            if now >= walk.lastServed &+ Self.servedGrain {
                walk.lastServed = now
                journals.noteServed(seconds: now)
            }
            guard walk.next != nil || now >= (walk.begin.map { $0 &+ useGrain } ?? 0) else {
                return
            }
            if walk.next == nil { walk.begin = now }
            walk.next = step(from: walk.next ?? SessionKey(rawValue: 0), now, journals)
        }
    }

    /// - Returns: where to go on; `nil` at the end.
    private func step(
        from first: SessionKey, _ now: UInt64, _ journals: JournalKeeper
    ) -> SessionKey? {
        let uses = journals.uses(from: first, limit: Self.lookLimit)
        var unknown: [SessionUse] = []
        var endedCount = 0
        defer { if !unknown.isEmpty { journals.note(unknown) } }
        for use in uses {
            if endedCount == Self.endLimit { return use.session }
            guard let second = use.second else {
                unknown.append(SessionUse(use.session, second: lastUse(of: use.session) ?? now))
                continue
            }
            guard now > second &+ useGrain &+ limits.idleSeconds else { continue }
            endIfIdle(use.session, now)
            endedCount += 1
        }
        guard uses.count == Self.lookLimit, let last = uses.last?.session.rawValue, last < .max
        else { return nil }
        return SessionKey(rawValue: last + 1)
    }

    /// When a session was last asked for that somebody has asked for since the service began.
    private func lastUse(of key: SessionKey) -> UInt64? {
        let id = SessionID(key)
        return shard(id.key).sessions.withLock { $0[id.key]?.lastUsed }
    }

    /// Ends a session unless somebody has asked for it.
    private func endIfIdle(_ key: SessionKey, _ now: UInt64) {
        let id = SessionID(key)
        var found = shard(id.key).sessions.withLock { $0[id.key] }
        // One that cannot be read is left to whoever looks after the service.
        if found == nil { found = (try? storedSession(id)) ?? nil }
        guard let found, found.isIdle(now, limit: limits.idleSeconds) else { return }
        _ = try? end(found)
    }
}
