import KernelMemory
import MicroHTTPD
import SessionJournal
import Synchronization

/// All sessions of a service, found by the first part of their tokens.
final class SessionStore: Sendable {
    /// A part of the table under a lock of its own, so that threads seldom meet.
    final class Shard: Sendable {
        let sessions = Mutex<[SessionID.Key: Session]>([:])
    }

    /// How many sessions there are, and whose.
    struct Census {
        var total = 0
        var perAddress: [ClientAddress: Int] = [:]
        var lastSweep: UInt64 = 0
    }

    let limits: SessionLimits
    /// How many long batches run.
    let batchSlots: BatchSlot.Counter
    /// `nil` if sessions live in memory only.
    let journals: JournalKeeper?
    /// How far stored sessions have been looked through.
    let walk = Mutex(StoredWalk())
    /// Seconds between two notes of a session's last use.
    let useGrain: UInt64
    let shards = (0..<SessionID.Key.shardCount).map { _ in Shard() }
    let census: Mutex<Census>
    /// When it was last looked whether there is too much in memory.
    let lastEviction = Atomic<UInt64>(0)
    /// Who gives up a machine when it is idle.
    let resting = RestingSessions()
    /// How many sessions have come into memory.
    let arrivals = Atomic<UInt64>(0)
    /// What became of sessions.
    let figures = SessionFigures()
    let images: BootImageCache
    let library: RecordingLibrary
    /// Random bytes from which the ids of sessions come whose beginning may be asked for again.
    let seed: [UInt8]
    /// Seconds that this service has run, and those before it on the same journal store.
    let now: @Sendable () -> UInt64

    /// - Parameters:
    ///   - journals: where sessions are kept; `nil` to keep them in memory only.
    ///   - library: the recorded machines that sessions may have started from.
    ///   - now: seconds of a clock that never goes back.
    init(
        limits: SessionLimits, journals: JournalKeeper? = nil, library: RecordingLibrary,
        now: @escaping @Sendable () -> UInt64
    ) {
        self.limits = limits
        batchSlots = BatchSlot.Counter(limit: limits.longBatches)
        self.journals = journals
        self.library = library
        if let journals {
            let served: UInt64 = journals.servedSeconds
            let start: UInt64 = now()
            self.now = { served &+ now() &- start }
            useGrain = max(1, limits.idleSeconds / 8)
        } else {
            self.now = now
            useGrain = .max
        }
        images = BootImageCache(limits)
        seed = journals?.seed ?? RandomDigits().bytes
        census = Mutex(Census(total: journals?.count ?? 0))
    }

    /// How many sessions there are, idle ones that nobody asked for since included.
    var count: Int { census.withLock { $0.total } }

    /// The part of the table that a session is in.
    @inline(__always)
    func shard(_ key: SessionID.Key) -> Shard { shards[key.shardIndex] }
}

// MARK: - Beginning

extension SessionStore {
    /// Boots a session.
    ///
    /// - Parameter sent: the recording that the client sent for it.
    /// - Returns: the session, and when it has come to stay.
    /// - Throws: a problem when there are too many, or when a recording contradicts itself.
    func create(
        _ start: SessionStart, sent: SentRecording = .none, owner: ClientAddress,
        once: IdempotentRequest? = nil
    ) throws(Problem) -> (Session, JournalTicket?) {
        try register(owner: owner) { () throws(Problem) in
            try begin(try boot(start, owner: owner), sent: sent, owner: owner, once)
        }
    }

    /// Begins a session with the calls of another one, up to a step.
    ///
    /// - Returns: the session, and when it has come to stay.
    /// - Throws: a problem when there are too many.
    func fork(
        _ state: consuming SessionState, of original: Session, owner: ClientAddress,
        once: IdempotentRequest? = nil
    ) throws(Problem) -> (Session, JournalTicket?) {
        var state: SessionState? = consume state
        return try register(owner: owner) { () throws(Problem) in
            guard let state = state.take() else { preconditionFailure("registered twice") }
            return try begin(state, sent: try sentRecording(of: original), owner: owner, once)
        }
    }

    private func register(
        owner: ClientAddress, _ body: () throws(Problem) -> (Session, JournalTicket?)
    ) throws(Problem) -> (Session, JournalTicket?) {
        sweepIfDue(now())
        try count(owner)
        do throws(Problem) { return try body() } catch {
            uncount(owner)
            throw error
        }
    }

    private func begin(
        _ state: consuming SessionState, sent: SentRecording, owner: ClientAddress,
        _ once: IdempotentRequest?
    ) throws(Problem) -> (Session, JournalTicket?) {
        let names =
            once.map { SessionNames(of: $0, from: owner, seed: seed) } ?? SessionNames()
        let creation = SessionCreation(
            owner: owner, form: sent.form, step: UInt32(state.step), request: once?.hash ?? 0)
        var ticket: JournalTicket?
        if let journals, let key = names.id.stored {
            let stored = StoredSession(names, state.configuration, sent, creation, key: key)
            ticket = try journals.begin(stored, with: &state)
        }
        let now = now()
        let session = Session(state, names: names, creation, lastUse: now, notedUse: now)
        let other = try enter(session)
        figures.begun.add(1, ordering: .relaxed)
        if let other {
            // The other one was counted when it came.
            census.withLock { $0.perAddress[owner, default: 1] -= 1 }
            return (other, ticket)
        }
        figures.noteArrival()
        noteArrival(session)
        return (session, ticket)
    }

    /// Has a session that has begun be found by its name.
    ///
    /// - Returns: the same session, if the same request, sent twice, has found it in the journal store
    ///   meanwhile.
    /// - Throws: a problem if another session still has this name: the same request came at the same time.
    private func enter(_ session: Session) throws(Problem) -> Session? {
        try shard(session.id.key).sessions.withLock { (sessions) throws(Problem) in
            guard let other = sessions[session.id.key] else {
                sessions[session.id.key] = session
                return nil
            }
            guard other.accepts(session.token) else { throw IdempotentRequest.stillRuns }
            return other
        }
    }

    /// Boots the machine that a session starts with.
    func boot(
        _ start: SessionStart, owner: ClientAddress
    ) throws(Problem) -> SessionState {
        let image = try image(of: start, owner: owner)
        return SessionState(image, booted: try start.boot(image), limits: limits)
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
}

// MARK: - Ending

extension SessionStore {
    /// Ends a session.
    ///
    /// - Returns: when that has come to stay.
    /// - Throws: a problem if the journal store cannot forget it; it has not ended then.
    @discardableResult
    func end(_ session: Session) throws(Problem) -> JournalTicket? {
        bringInForSpectators(session)
        var ticket: JournalTicket?
        if let journals { ticket = try journals.end(session.storedKey) }
        forget(session, ticket)
        return ticket
    }

    /// Forgets a session that the journal store does not have any more.
    ///
    /// - Parameter ticket: when that has come to stay; `nil` if it has.
    func forget(_ session: Session, _ ticket: JournalTicket?) {
        session.residence.withLock {
            figures.noteDeparture($0.state != nil)
            $0.end(ticket)
        }
        let removed = shard(session.id.key).sessions.withLock { sessions -> Session? in
            guard sessions[session.id.key] === session else { return nil }
            return sessions.removeValue(forKey: session.id.key)
        }
        if let removed {
            uncount(removed.owner)
            figures.ended.add(1, ordering: .relaxed)
        }
    }

    /// Has spectators find what they have not been told yet.
    private func bringInForSpectators(_ session: Session) {
        let isMissed = session.residence.withLock { !$0.spectators.isEmpty && !$0.isAwake }
        if isMissed { try? look(at: session) { _ in } }
    }
}
