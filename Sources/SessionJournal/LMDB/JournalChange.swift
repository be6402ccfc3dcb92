/// A change of one session.
enum JournalChange: Sendable {
    case create(StoredSession)
    case append([RecordedCall], SessionKey, after: JournalHead, NumberedAnswer?)
    case move(SessionKey, from: JournalHead, to: JournalHead, NumberedAnswer?)
    case end(SessionKey)
    case use(SessionUse)

    /// Whose change it is.
    var session: SessionKey {
        switch self {
        case .create(let session): session.key
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
        case .create: JournalHead(step: 0, stateHash: 0)
        case .append(let calls, _, let head, _):
            calls.last.map {
                JournalHead(
                    step: head.step &+ UInt32(truncatingIfNeeded: calls.count),
                    stateHash: $0.stateHash)
            } ?? head
        case .move(_, _, let target, _): target
        case .end, .use: nil
        }
    }
}
