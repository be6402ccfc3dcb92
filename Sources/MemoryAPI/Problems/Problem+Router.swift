import MicroHTTPD

/// What the router refuses before any handler runs.
extension Problem {
    /// The problem for a refusal of the router.
    convenience init(_ refusal: RouterProblem, path: String) {
        switch refusal {
        case .badRequest(let reason): self.init(.malformedRequest, reason.sentence)
        case .notFound:
            self.init(.notFound, "Nothing is at \(path). The paths are listed at /openapi.json.")
        case .methodNotAllowed(let allow):
            self.init(.methodNotAllowed, "\(path) takes \(allow).")
        case .notAcceptable(let produces):
            self.init(
                .notAcceptable, "This path answers with \(produces.joined(separator: ", ")).")
        case .payloadTooLarge(let limit):
            self.init(.payloadTooLarge, "A body may have \(limit) bytes at most.")
        case .tooManyRequests(let seconds):
            self.init(
                .tooManyRequests,
                "This client may make no more requests for \(seconds) \(seconds == 1 ? "second" : "seconds"). "
                    + "RateLimit-Policy says how many it may make.")
        case .uriTooLong(let limit):
            self.init(.targetTooLong, "Path and query may have \(limit) bytes at most.")
        case .headersTooLarge(let limit):
            self.init(
                .headersTooLarge, "Request line and headers may have \(limit) bytes together.")
        case .unsupportedMediaType(let accepted):
            self.init(
                .unsupportedMediaType,
                "Send the body with Content-Type: \(accepted.joined(separator: " or ")).")
        }
    }

    /// Gives the router's refusals their body.
    static let renderer: ProblemRenderer = { refusal, request, response in
        Problem(refusal, path: String(decoding: request.path, as: UTF8.self)).write(to: &response)
    }
}

extension RouterProblem.BadRequestReason {
    fileprivate var sentence: String {
        switch self {
        case .malformedTarget: "The request target is neither a path, nor an absolute URL, nor *."
        case .badEscape: "A % in the path or query is not followed by two hexadecimal digits."
        case .nulByte: "The path or query holds a NUL."
        case .tooManyQueryItems(let limit): "The query may have \(limit) items at most."
        case .repeatedHost: "The request has more than one Host."
        case .ambiguousLength:
            "The request has more than one Content-Length, or one beside Transfer-Encoding."
        }
    }
}
