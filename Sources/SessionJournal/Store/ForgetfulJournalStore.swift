/// Keeps nothing: what `:memory:` stands for.
///
/// It accepts every change, since only the process itself knows its sessions.
public struct ForgetfulJournalStore: JournalStore {
    /// A store.
    public init() { seed = .random }

    /// Random bytes of this process.
    public let seed: [UInt8]

    /// Does nothing.
    public func create(_ session: StoredSession) -> JournalTicket { .durable }

    /// Does nothing.
    public func append(
        _ calls: Span<RecordedCall>, to session: SessionKey, expecting head: JournalHead
    ) -> JournalTicket { .durable }

    /// Does nothing.
    public func move(
        _ session: SessionKey, from head: JournalHead, to target: JournalHead
    ) -> JournalTicket { .durable }

    /// Does nothing.
    public func end(_ session: SessionKey) -> JournalTicket { .durable }

    /// There is none.
    public func session(_ session: SessionKey) -> StoredSession? { nil }

    /// There is no such session.
    public func position(of session: SessionKey) throws(JournalError) -> JournalPosition {
        throw .unknownSession(session)
    }

    /// There is no such session.
    public func read(
        _ session: SessionKey, from step: UInt32,
        _ body: (UInt32, RecordedCall) throws(JournalError) -> Void
    ) throws(JournalError) { throw .unknownSession(session) }

    /// There are none.
    public func sessions() -> [SessionKey] { [] }

    /// There is nothing to wait for.
    public func sync() {}
}
