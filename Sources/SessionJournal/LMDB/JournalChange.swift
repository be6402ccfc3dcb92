/// A change of one session.
enum JournalChange: Sendable {
    case create(StoredSession)
    case append([RecordedCall], SessionKey, after: JournalHead)
    case move(SessionKey, from: JournalHead, to: JournalHead)
    case end(SessionKey)

    /// Whose change it is.
    var session: SessionKey {
        switch self {
        case .create(let session): session.key
        case .append(_, let session, _), .move(let session, _, _), .end(let session): session
        }
    }

    /// Where the session stands then; `nil` if there is none any more.
    var head: JournalHead? {
        switch self {
        case .create: JournalHead(step: 0, stateHash: 0)
        case .append(let calls, _, let head):
            calls.last.map {
                JournalHead(
                    step: head.step &+ UInt32(truncatingIfNeeded: calls.count),
                    stateHash: $0.stateHash)
            } ?? head
        case .move(_, _, let target): target
        case .end: nil
        }
    }
}
