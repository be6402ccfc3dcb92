/// Where sessions are kept so that they outlive a process, and so that another host can go on with them.
///
/// A session is what it started as and the list of its calls. Every change says which state of the
/// session it follows on; if that is not where the session stands, it is refused with
/// ``JournalError/conflict(_:expected:found:)`` and nothing has changed. Any thread may call.
public protocol JournalStore: Sendable {
    /// Random bytes that were drawn when the store was made; nobody else knows them.
    var seed: [UInt8] { get }

    /// What the store has and has done, for statistics; `nil` if it keeps no such figures.
    var figures: JournalFigures? { get }

    /// Begins a journal, with the first calls of its session: with all of them, or not at all.
    ///
    /// - Throws: ``JournalError/sessionExists(_:)`` if there is one of this number.
    func create(
        _ session: StoredSession, calls: Span<RecordedCall>
    ) throws(JournalError) -> JournalTicket

    /// Writes calls behind a state: all of them or none. Calls that were undone are overwritten.
    ///
    /// - Parameters:
    ///   - calls: none to keep an answer only.
    ///   - head: where the session stands.
    ///   - answer: what is kept with them, in the same moment.
    func append(
        _ calls: Span<RecordedCall>, to session: SessionKey, expecting head: JournalHead,
        keeping answer: NumberedAnswer?
    ) throws(JournalError) -> JournalTicket

    /// Goes back to an earlier state, or on to one that was undone.
    ///
    /// - Parameters:
    ///   - head: where the session stands.
    ///   - target: where it is to stand.
    ///   - answer: what is kept with it, in the same moment.
    func move(
        _ session: SessionKey, from head: JournalHead, to target: JournalHead,
        keeping answer: NumberedAnswer?
    ) throws(JournalError) -> JournalTicket

    /// Ends a session: nothing of it is kept.
    func end(_ session: SessionKey) throws(JournalError) -> JournalTicket

    /// What a session is; `nil` if there is none of this number.
    func session(_ session: SessionKey) throws(JournalError) -> StoredSession?

    /// Where a session stands.
    func position(of session: SessionKey) throws(JournalError) -> JournalPosition

    /// Reads calls in order, those that were undone included.
    ///
    /// - Parameters:
    ///   - step: the first step to read, 1 or more.
    ///   - body: gets each step and its call, and must not call the store.
    /// - Throws: what `body` threw, or ``JournalError/unreadable(_:step:_:)`` at a step that cannot be
    ///   read; those before it have been handed out.
    func read(
        _ session: SessionKey, from step: UInt32,
        _ body: (UInt32, RecordedCall) throws(JournalError) -> Void
    ) throws(JournalError)

    /// The answers of a session that are kept, in the order of their numbers: the last
    /// ``NumberedAnswer/limit`` at most.
    func answers(of session: SessionKey) throws(JournalError) -> [NumberedAnswer]

    /// Seconds that services have run on the store: what ``noteServed(seconds:)`` was told last.
    var servedSeconds: UInt64 { get }

    /// Notes how many seconds services have run on the store; it may be lost.
    func noteServed(seconds: UInt64)

    /// Notes when sessions were last asked for; sessions that are not there are left out.
    func note(_ uses: [SessionUse]) throws(JournalError)

    /// When a session was last asked for, as far as the store was told.
    func use(of session: SessionKey) throws(JournalError) -> SessionUse

    /// When sessions were last asked for, in the order of their numbers.
    ///
    /// - Parameters:
    ///   - first: the number to begin at.
    ///   - limit: how many at most.
    func uses(from first: SessionKey, limit: Int) throws(JournalError) -> [SessionUse]

    /// The numbers of all sessions, in order.
    func sessions() throws(JournalError) -> [SessionKey]

    /// Looks whether a session could begin now.
    ///
    /// - Throws: why it could not: there is no room, or nothing can be written.
    func checkRoom() throws(JournalError)

    /// Waits until every change that was accepted is on the disk, whatever happens to the host.
    ///
    /// - Throws: if one of them could not be written.
    func sync() throws(JournalError)
}

extension JournalStore {
    /// Begins a journal, with the first calls of its session: with all of them, or not at all.
    public func create(
        _ session: StoredSession, calls: [RecordedCall] = []
    ) throws(JournalError) -> JournalTicket {
        try create(session, calls: calls.span)
    }

    /// Writes calls behind a state: all of them or none. Calls that were undone are overwritten.
    ///
    /// - Parameters:
    ///   - head: where the session stands.
    ///   - answer: what is kept with them, in the same moment.
    public func append(
        _ calls: [RecordedCall], to session: SessionKey, expecting head: JournalHead,
        keeping answer: NumberedAnswer? = nil
    ) throws(JournalError) -> JournalTicket {
        try append(calls.span, to: session, expecting: head, keeping: answer)
    }

    /// Goes back to an earlier state, or on to one that was undone.
    ///
    /// - Parameters:
    ///   - head: where the session stands.
    ///   - target: where it is to stand.
    public func move(
        _ session: SessionKey, from head: JournalHead, to target: JournalHead
    ) throws(JournalError) -> JournalTicket {
        try move(session, from: head, to: target, keeping: nil)
    }
}

/// What a change survives once its ticket is settled.
public enum JournalDurability: String, CaseIterable, Sendable {
    /// The end of the process, also by `kill -9`; not the end of the host.
    case process
    /// The end of the host, by a power failure for example.
    case power
}
