/// The kinds of refusal: one for each problem type that the interface documents.
///
/// The corresponding standard is RFC 9457.
enum ProblemKind: String, CaseIterable {
    case malformedRequest = "malformed-request"
    case malformedJSON = "malformed-json"
    case missingToken = "missing-token"
    case unknownToken = "unknown-token"
    case readOnlyToken = "read-only-token"
    case otherSession = "other-session"
    case crossSiteRequest = "cross-site-request"
    case notFound = "not-found"
    case noSuchPage = "no-such-page"
    case noSuchAllocation = "no-such-allocation"
    case noSuchCache = "no-such-cache"
    case noSuchFreeList = "no-such-freelist"
    case noSuchModule = "no-such-module"
    case alreadyFreed = "already-freed"
    case unknownStep = "unknown-step"
    case methodNotAllowed = "method-not-allowed"
    case notAcceptable = "not-acceptable"
    case machineHalted = "machine-halted"
    case cpuSpins = "cpu-spins"
    case contextUnreachable = "context-unreachable"
    case sessionMoved = "session-moved"
    case nothingToUndo = "nothing-to-undo"
    case nothingToRedo = "nothing-to-redo"
    case payloadTooLarge = "payload-too-large"
    case targetTooLong = "target-too-long"
    case headersTooLarge = "headers-too-large"
    case unsupportedMediaType = "unsupported-media-type"
    case invalidField = "invalid-field"
    case invalidRecording = "invalid-recording"
    case invalidTrace = "invalid-trace"
    case unknownField = "unknown-field"
    case unknownFunction = "unknown-function"
    case unknownGFPFlag = "unknown-gfp-flag"
    case unknownSlabFlag = "unknown-slab-flag"
    case invalidCall = "invalid-call"
    case unknownResult = "unknown-result"
    case invalidQuery = "invalid-query"
    case invalidReference = "invalid-reference"
    case tooManySessions = "too-many-sessions"
    case tooManyCalls = "too-many-calls"
    case tooManyBytes = "too-many-bytes"
    case tooManyRequests = "too-many-requests"
    case tooManyObjects = "too-many-objects"
    case tooMuchWork = "too-much-work"
    case tooManyStreams = "too-many-streams"
    case tooManyBatches = "too-many-batches"
    case sessionUnreadable = "session-unreadable"
    case journalRefuses = "journal-refuses"
    case preconditionFailed = "precondition-failed"
    case idempotencyKeyReused = "idempotency-key-reused"
    case answerNotKept = "answer-not-kept"
    case requestStillRuns = "request-still-runs"

    /// The HTTP status.
    var status: UInt32 {
        switch self {
        case .malformedRequest, .malformedJSON: 400
        case .missingToken, .unknownToken: 401
        case .readOnlyToken, .otherSession, .crossSiteRequest: 403
        case .notFound, .noSuchPage, .noSuchAllocation, .noSuchCache, .noSuchFreeList,
            .noSuchModule,
            .alreadyFreed, .unknownStep:
            404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .machineHalted, .cpuSpins, .contextUnreachable, .nothingToUndo, .nothingToRedo,
            .sessionMoved, .sessionUnreadable, .answerNotKept, .requestStillRuns:
            409
        case .preconditionFailed: 412
        case .payloadTooLarge: 413
        case .targetTooLong: 414
        case .headersTooLarge: 431
        case .unsupportedMediaType: 415
        case .invalidField, .invalidRecording, .invalidTrace, .unknownField, .unknownFunction,
            .unknownGFPFlag,
            .unknownSlabFlag, .invalidCall, .unknownResult, .invalidQuery, .invalidReference,
            .idempotencyKeyReused:
            422
        case .tooManySessions, .tooManyCalls, .tooManyBytes, .tooManyObjects, .tooMuchWork,
            .tooManyStreams, .tooManyBatches, .tooManyRequests:
            429
        case .journalRefuses: 503
        }
    }

    /// A short summary that is the same for every occurrence.
    var title: String {
        switch self {
        case .malformedRequest: "Malformed request"
        case .malformedJSON: "The body is not valid JSON"
        case .missingToken: "No session token"
        case .unknownToken: "Unknown or expired session token"
        case .readOnlyToken: "This token can only look"
        case .otherSession: "The token is another session's"
        case .crossSiteRequest: "A cookie alone may not change anything"
        case .notFound: "Nothing at this path"
        case .noSuchPage, .noSuchAllocation: "No such allocation"
        case .noSuchCache: "No such cache"
        case .noSuchFreeList: "No such home-made list"
        case .noSuchModule: "No such module"
        case .alreadyFreed: "Already freed"
        case .unknownStep: "The session has no such step"
        case .methodNotAllowed: "Method not allowed here"
        case .notAcceptable: "None of the accepted media types is available"
        case .machineHalted: "The machine is halted"
        case .cpuSpins: "The CPU spins for a lock"
        case .contextUnreachable: "The CPU cannot get into this context"
        case .sessionMoved: "The session changed in the meantime"
        case .nothingToUndo: "Nothing to undo"
        case .nothingToRedo: "Nothing to redo"
        case .payloadTooLarge: "The body is too large"
        case .targetTooLong: "The request target is too long"
        case .headersTooLarge: "The request's headers are too large"
        case .unsupportedMediaType: "The body's media type is not read here"
        case .invalidField: "A field has a wrong value"
        case .invalidRecording: "The recording is not a machine's state"
        case .invalidTrace: "Not a trace of this format"
        case .unknownField: "Unknown field"
        case .unknownFunction: "Unknown kernel function"
        case .unknownGFPFlag: "Unknown gfp flag"
        case .unknownSlabFlag: "Unknown flag of a cache"
        case .invalidCall: "Not a valid kernel call"
        case .unknownResult: "No earlier call's result has this name"
        case .invalidQuery: "A query parameter is wrong"
        case .invalidReference: "Neither an id nor an address"
        case .tooManySessions: "Too many sessions"
        case .tooManyCalls: "Too many calls in this session"
        case .tooManyBytes: "Too many bytes written in this session"
        case .tooManyRequests: "Too many requests"
        case .tooManyObjects: "Too much held by this session's machine"
        case .tooMuchWork: "Too much work for one request"
        case .tooManyStreams: "Too many spectators"
        case .tooManyBatches: "Too many long batches at a time"
        case .sessionUnreadable: "The session's journal cannot be read"
        case .journalRefuses: "The journal cannot be written"
        case .idempotencyKeyReused: "The key came with another request"
        case .requestStillRuns: "The request has not been answered yet"
        case .answerNotKept: "The answer was too long to be kept"
        case .preconditionFailed: "The session is not in the state that If-Match names"
        }
    }
}
