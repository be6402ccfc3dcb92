import KernelMemory
import MicroHTTPD
import SessionJournal

extension SessionStore {
    /// Finds the session that the same request has begun before.
    ///
    /// - Throws: a problem if another request with its key has.
    func session(
        begunBy request: IdempotentRequest, from owner: ClientAddress
    ) throws(Problem) -> Session? {
        let id = SessionID(of: request, from: owner, seed: seed)
        var found = shard(id.key).sessions.withLock { $0[id.key] }
        if found == nil { found = try storedSession(id) }
        guard let found else { return nil }
        guard found.creation.request == request.hash else { throw IdempotentRequest.reused }
        touch(found, now())
        return found
    }

    /// Finds the session that a token is for, and notes that it was asked for.
    ///
    /// - Throws: a problem if the journal store cannot say.
    @inline(__always)
    func session(_ token: Token) throws(Problem) -> Session? {
        let key = token.id.key
        var found = shard(key).sessions.withLock { $0[key] }
        if _slowPath(found == nil) { found = try storedSession(token.id) }
        guard let session = found, session.accepts(token) else { return nil }
        let now = now()
        if _slowPath(session.isIdle(now, limit: limits.idleSeconds)) {
            try end(session)
            return nil
        }
        touch(session, now)
        lookAfterIfDue(now)
        return session
    }

    /// Finds a session that nobody has asked for since the service began.
    func storedSession(_ id: SessionID) throws(Problem) -> Session? {
        guard let journals, let key = id.stored, let stored = try journals.session(key) else {
            return nil
        }
        guard let names = SessionNames(stored), let creation = SessionCreation(stored.creation)
        else { throw journals.unreadable(key) }
        let use = journals.use(of: key).second
        let session = Session(
            nil, names: names, creation, lastUse: use.map { $0 &+ useGrain } ?? now(),
            notedUse: use ?? 0)
        return shard(id.key).sessions.withLock { sessions in
            if let other = sessions[id.key] { return other }
            sessions[id.key] = session
            census.withLock { $0.perAddress[creation.owner, default: 0] += 1 }
            return session
        }
    }

    /// Works with a session's state, which is brought into memory first if it is not there.
    @inline(__always)
    func look<Result: ~Copyable>(
        at session: Session, _ place: WorkPlace = .own,
        _ body: (inout SessionState) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        try session.hold(place) { (residence) throws(Problem) in
            if _slowPath(!residence.isAwake) { try wake(session, &residence, place) }
            residence.state!.place = place
            return try body(&residence.state!)
        }
    }

    /// Works with a session's state for a spectator, on a thread that others wait for.
    ///
    /// - Parameter body: gets the last state, too, that the spectator may be told of; `nil` if that has to
    ///   wait for the journal store.
    /// - Returns: `nil` if somebody works long with the session.
    func follow<Result: ~Copyable>(
        _ session: Session,
        _ body: (inout SessionState, SessionMark?) throws(Problem) -> Result
    ) throws(Problem) -> Result? {
        try session.holdSoon { (residence) throws(Problem) in
            figures.noteDeparture(residence.releaseHeld())
            while !residence.isAwake {
                try wake(session, &residence, .own)
                figures.noteDeparture(residence.releaseHeld())
            }
            residence.state!.place = .own
            let mark = residence.tellable
            return try body(&residence.state!, mark)
        }
    }

    /// Changes a session's state, and has the journal store write down what has changed.
    ///
    /// What a body has changed that then throws is written, too. If the store refuses, the change is
    /// undone: the state leaves memory, and comes back as the store has it.
    ///
    /// - Returns: when the change has come to stay; `nil` if it needs no waiting.
    @inline(__always)
    func change(
        _ session: Session, _ place: WorkPlace,
        _ body: (inout SessionState) throws(Problem) -> Void
    ) throws(Problem) -> JournalTicket? {
        try session.hold(place) { (residence) throws(Problem) in
            if _slowPath(!residence.isAwake) { try wake(session, &residence, place) }
            residence.state!.place = place
            defer { figures.noteDeparture(residence.tellSpectators()) }
            guard let journals else {
                try body(&residence.state!)
                return nil
            }
            var refusal: Problem?
            do throws(Problem) { try body(&residence.state!) } catch { refusal = error }
            let ticket = try keep(session, &residence, journals)
            if let refusal { throw refusal }
            return ticket
        }
    }

    @inline(__always)
    private func keep(
        _ session: Session, _ residence: inout Session.Residence, _ journals: JournalKeeper
    ) throws(Problem) -> JournalTicket? {
        do throws(Problem) {
            return try journals.keep(&residence.state!, of: session.storedKey)
        } catch {
            figures.noteDeparture(residence.state != nil)
            residence.lose()
            throw error
        }
    }

    /// Has a session's state leave memory, since the journal store has lost a change of it.
    ///
    /// - Returns: the refusal of that change.
    func lost(_ session: Session, _ error: JournalError) -> Problem {
        session.residence.withLock {
            figures.noteDeparture($0.state != nil)
            $0.lose()
        }
        return journals?.problem(error) ?? .unknownToken
    }

    /// Forgets a session whose beginning the journal store has lost.
    ///
    /// - Returns: the refusal of it.
    func lostBeginning(_ session: Session, _ error: JournalError) -> Problem {
        // The store has nothing to end: it began with its calls or not at all. By now it may have another
        // one of this name, which the same request began when it came again.
        forget(session, nil)
        return journals?.problem(error) ?? .unknownToken
    }

    /// Brings a session's state into memory, or its machine.
    @inline(never)
    private func wake(
        _ session: Session, _ residence: inout Session.Residence, _ place: WorkPlace
    ) throws(Problem) {
        if residence.state == nil { try bringIn(session, &residence, place) }
        try residence.wake()
        noteArrival(session)
    }

    /// Builds a session's state again from the journal store.
    private func bringIn(
        _ session: Session, _ residence: inout Session.Residence, _ place: WorkPlace
    ) throws(Problem) {
        let key = session.storedKey
        guard !residence.isEnded, let journals,
            let stored = try journals.session(key)
        else { throw .unknownToken }
        if try journals.stepCount(of: key) > Self.callsRunInPassing { try place.leaveShared() }
        guard let sent = stored.sent else { throw journals.unreadable(key) }
        let start = try start(stored.configuration, sent)
        var state = try boot(start, owner: session.owner)
        guard state.configuration == stored.configuration else { throw journals.unreadable(key) }
        try journals.rebuild(&state, key)
        residence.come(consume state)
        figures.returned.add(1, ordering: .relaxed)
        figures.noteArrival()
    }

    /// Calls that are run again where others wait.
    private static let callsRunInPassing = 2_000

    private func start(
        _ configuration: MachineConfiguration, _ sent: SentRecording
    ) throws(Problem) -> SessionStart {
        if let start = try sent.start() { return start }
        guard case .recording(let digest) = configuration.origin else {
            return .configuration(configuration)
        }
        guard let recording = library.recording(with: digest) else {
            throw Problem(
                .sessionUnreadable,
                "The session started from a recording that this server does not have any more.")
        }
        return .shipped(recording)
    }

    /// The recording that was sent for a session; nothing for others.
    func sentRecording(of session: Session) throws(Problem) -> SentRecording {
        try journals?.session(session.storedKey)?.sent ?? .none
    }
}
