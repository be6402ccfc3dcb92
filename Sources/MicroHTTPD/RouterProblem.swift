/// What the router refuses by itself. The application gives it a body; status and the header
/// fields that HTTP asks for (`Allow`, `Accept`) are the router's.
public enum RouterProblem: Sendable, Equatable {
    /// Why a request is malformed.
    public enum BadRequestReason: Sendable, Equatable {
        /// The request target is neither a path, nor an absolute URL, nor `*`.
        case malformedTarget
        /// A `%` in the target is not followed by two hexadecimal digits.
        case badEscape
        /// The target holds a NUL, encoded or not.
        case nulByte
        /// The query has more items than the limit.
        case tooManyQueryItems(limit: Int)
        /// There is more than one `Host`.
        case repeatedHost
        /// There is more than one `Content-Length`, or one beside `Transfer-Encoding`.
        case ambiguousLength
    }

    /// 400: the request is malformed.
    case badRequest(BadRequestReason)
    /// 404: no route and no file has this path.
    case notFound
    /// 405: the path exists, but not with this method; `allow` is the `Allow` field.
    case methodNotAllowed(allow: String)
    /// 406: `Accept` excludes everything that the route produces.
    case notAcceptable(produces: [String])
    /// 413: the body is larger than the server's limit.
    case payloadTooLarge(limitInBytes: Int)
    /// 414: the request target is longer than the limit.
    case uriTooLong(limitInBytes: Int)
    /// 429: the client has made too many requests.
    case tooManyRequests(retryAfterSeconds: Int)
    /// 431: the request line and the headers together are longer than the limit.
    case headersTooLarge(limitInBytes: Int)
    /// 415: the body's `Content-Type` is missing or not one the route reads.
    case unsupportedMediaType(accepted: [String])

    /// The status code.
    public var status: UInt32 {
        switch self {
        case .badRequest: 400
        case .notFound: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .payloadTooLarge: 413
        case .uriTooLong: 414
        case .unsupportedMediaType: 415
        case .tooManyRequests: 429
        case .headersTooLarge: 431
        }
    }

    /// Whether the request left little of the connection's memory for the answer's headers.
    var isShortOfMemory: Bool {
        if case .headersTooLarge = self { true } else { false }
    }

    init(_ fault: TargetFault) {
        self =
            switch fault {
            case .malformed: .badRequest(.malformedTarget)
            case .badEscape: .badRequest(.badEscape)
            case .nulByte: .badRequest(.nulByte)
            case .tooManyQueryItems:
                .badRequest(.tooManyQueryItems(limit: RequestTarget.queryItemLimit))
            case .tooLong: .uriTooLong(limitInBytes: RequestTarget.limitInBytes)
            }
    }
}

/// Gives a refusal its body (RFC 9457 problem+json, say), so that this module knows no format.
///
/// The response arrives with the status set, with ``Response/Protection/page`` and without a
/// `Content-Type`; the renderer sets that and writes the body. The status, `Allow` and `Accept`
/// are set again behind it.
public typealias ProblemRenderer =
    @Sendable (
        RouterProblem, borrowing Request, inout Response
    ) -> Void
