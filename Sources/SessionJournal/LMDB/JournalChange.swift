/// A change of one session.
enum JournalChange: Sendable {
    case create(StoredSession, [RecordedCall])
    case append([RecordedCall], SessionKey, after: JournalHead, NumberedAnswer?)
    case move(SessionKey, from: JournalHead, to: JournalHead, NumberedAnswer?)
    case end(SessionKey)
    case use(SessionUse)

    /// Whose change it is.
    var session: SessionKey {
        switch self {
        case .create(let session, _): session.key
        case .append(_, let session, _, _), .move(let session, _, _, _), .end(let session):
            session
        case .use(let use): use.session
        }
    }

    /// Whether the session's journal is as it was.
    var leavesJournal: Bool { if case .use = self { true } else { false } }

    /// Where the session stands then; `nil` if there is none any more, or if it stands where it did.
    var head: JournalHead? {
        switch self {
        case .create(_, let calls): Self.head(JournalHead(step: 0, stateHash: 0), calls)
        case .append(let calls, _, let head, _): Self.head(head, calls)
        case .move(_, _, let target, _): target
        case .end, .use: nil
        }
    }

    /// Where a session stands behind some calls.
    private static func head(_ head: JournalHead, _ calls: [RecordedCall]) -> JournalHead {
        guard let last = calls.last else { return head }
        return JournalHead(
            step: head.step &+ UInt32(truncatingIfNeeded: calls.count), stateHash: last.stateHash)
    }
}
