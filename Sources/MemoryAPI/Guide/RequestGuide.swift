/// What is told about one kind of refused request at `/problems/{code}`.
struct RequestGuide: Sendable {
    /// How it comes about.
    let cause: String
    /// What it leads to.
    let consequence: String
    /// What to do instead.
    let cure: String
    /// Codes that go with it, or that are easily taken for it.
    let see: [DocumentedCode]

    /// - Parameter consequence: what it leads to, where that is more than a refusal.
    init(
        cause: String, consequence: String = "The request is refused, and nothing has changed.",
        cure: String, see: [DocumentedCode]
    ) {
        self.cause = cause
        self.consequence = consequence
        self.cure = cure
        self.see = see
    }
}

extension ProblemKind {
    /// What is told about it. A kind without a text does not compile.
    var guide: RequestGuide {
        switch self {
        case .malformedRequest: .malformedRequest
        case .malformedJSON: .malformedJSON
        case .missingToken: .missingToken
        case .unknownToken: .unknownToken
        case .readOnlyToken: .readOnlyToken
        case .otherSession: .otherSession
        case .crossSiteRequest: .crossSiteRequest
        case .notFound: .notFound
        case .noSuchPage: .noSuchPage
        case .noSuchAllocation: .noSuchAllocation
        case .noSuchCache: .noSuchCache
        case .noSuchFreeList: .noSuchFreeList
        case .noSuchModule: .noSuchModule
        case .alreadyFreed: .alreadyFreed
        case .unknownStep: .unknownStep
        case .methodNotAllowed: .methodNotAllowed
        case .notAcceptable: .notAcceptable
        case .machineHalted: .machineHalted
        case .cpuSpins: .cpuSpins
        case .contextUnreachable: .contextUnreachable
        case .nothingToUndo: .nothingToUndo
        case .nothingToRedo: .nothingToRedo
        case .payloadTooLarge: .payloadTooLarge
        case .targetTooLong: .targetTooLong
        case .headersTooLarge: .headersTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .invalidField: .invalidField
        case .invalidRecording: .invalidRecording
        case .unknownField: .unknownField
        case .unknownFunction: .unknownFunction
        case .unknownGFPFlag: .unknownGFPFlag
        case .unknownSlabFlag: .unknownSlabFlag
        case .invalidCall: .invalidCall
        case .invalidTrace: .invalidTrace
        case .unknownResult: .unknownResult
        case .invalidQuery: .invalidQuery
        case .invalidReference: .invalidReference
        case .tooManySessions: .tooManySessions
        case .tooManyCalls: .tooManyCalls
        case .tooManyBytes: .tooManyBytes
        case .tooManyRequests: .tooManyRequests
        case .tooManyObjects: .tooManyObjects
        case .tooMuchWork: .tooMuchWork
        case .tooManyStreams: .tooManyStreams
        case .tooManyBatches: .tooManyBatches
        case .sessionMoved: .sessionMoved
        case .sessionUnreadable: .sessionUnreadable
        case .journalRefuses: .journalRefuses
        case .preconditionFailed: .preconditionFailed
        case .idempotencyKeyReused: .idempotencyKeyReused
        case .answerNotKept: .answerNotKept
        case .requestStillRuns: .requestStillRuns
        }
    }
}
