/// Why a journal store did not do what it was asked to.
public enum JournalError: Error, Equatable, Sendable {
    /// The session does not stand where the caller thought: another host was first.
    case conflict(SessionKey, expected: UInt32, found: UInt32)
    /// There is no such session, or it has ended.
    case unknownSession(SessionKey)
    /// A session of this number is there already.
    case sessionExists(SessionKey)
    /// The journal has no such state to go to.
    case unknownStep(SessionKey, step: UInt32)
    /// A session's journal would be longer than a journal can be.
    case tooManySteps(SessionKey)
    /// A record cannot be read; other sessions are not concerned.
    case unreadable(SessionKey, step: UInt32, RecordError)
    /// There is no room for it on the disk; nothing has changed.
    case diskFull(path: String)
    /// The store has reached its own limit, in bytes; nothing has changed.
    case storeFull(limit: UInt64)
    /// Another process has the directory.
    case inUse(path: String)
    /// The directory cannot be made or written to.
    case notWritable(path: String, reason: String)
    /// The whole store cannot be read.
    case damaged(path: String, reason: String)
    /// The host went down while the store was open and did not sync what it wrote.
    case hostWentDown(path: String)
    /// Anything else that the system or LMDB refuses.
    case system(operation: String, code: Int32, reason: String)
}

extension JournalError: CustomStringConvertible {
    /// A sentence for whoever runs the service.
    public var description: String {
        switch self {
        case .conflict(let session, let expected, let found):
            "Session \(session) stands at another state of step \(found), not at that of step "
                + "\(expected) which the caller knows: somebody else changed it."
        case .unknownSession(let session): "There is no session \(session)."
        case .sessionExists(let session): "There is a session \(session) already."
        case .unknownStep(let session, let step):
            "The journal of session \(session) has no such step \(step)."
        case .tooManySteps(let session): "The journal of session \(session) is full."
        case .unreadable(let session, let step, let error):
            "The journal of session \(session) cannot be read: the record of step \(step) is not "
                + "what was written, \(error)."
        case .diskFull(let path): "There is no room left for \(path)."
        case .storeFull(let limit): "The journals take \(limit) bytes, the most they may."
        case .inUse(let path): "Another process works with \(path)."
        case .notWritable(let path, let reason): "\(path) cannot be written: \(reason)."
        case .damaged(let path, let reason): "The journals in \(path) cannot be read: \(reason)."
        case .hostWentDown(let path):
            "The host went down while \(path) was in use, and without power durability; what the "
                + "journals there contain cannot be relied on."
        case .system(let operation, let code, let reason):
            "\(operation) failed with error \(code): \(reason)."
        }
    }
}
