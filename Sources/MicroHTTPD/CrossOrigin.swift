import Glibc

/// Which pages of other origins may read answers, by cross-origin resource sharing.
///
/// Nothing is ever allowed *with credentials*: a page of another origin names its session by `Authorization`, and the
/// cookie stays out of its reach.
///
/// The corresponding text is the WHATWG's Fetch standard, section 3.3.
public struct CrossOrigin: Sendable {
    /// Origins as browsers write them, `https://example.org`; `*` for any.
    public let origins: [String]

    /// Why an origin can never match; `nil` for one that can.
    public static func fault(of origin: String) -> String? {
        if origin == "*" { return nil }
        let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
        let isWhole =
            parts.count == 3 && (parts[0] == "https:" || parts[0] == "http:") && parts[1].isEmpty
            && !parts[2].isEmpty
        guard isWhole, origin.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2C }) else {
            return "\(origin) is no origin, such as https://example.org, nor *"
        }
        return nil
    }

    /// Allows some origins, or none.
    public init(origins: [String] = []) {
        self.origins = origins.contains("*") ? ["*"] : origins.map { $0.lowercased() }
    }
}

extension CrossOrigin {
    /// Methods and header fields last this long in a browser, in seconds.
    private static var preflightSeconds: StaticString { "7200" }

    /// Header fields that a page may send.
    private static var requestFields: StaticString {
        """
        Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, traceparent, \
        X-Kmemlab, X-Request-Id
        """
    }

    /// Header fields that a page may read beside those that it always may.
    private static var responseFields: StaticString {
        """
        Allow, ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, traceparent, \
        WWW-Authenticate, X-Request-Id
        """
    }

    /// Adds what lets a page read the answer.
    ///
    /// - Parameters:
    ///   - origin: the request's `Origin`, if it has one.
    ///   - preflight: for `OPTIONS` with `Access-Control-Request-Method`, the methods of the path.
    func complete(
        _ response: inout Response, origin: UnsafeRawBufferPointer?,
        preflight methods: UnsafeRawBufferPointer?
    ) {
        guard !origins.isEmpty else { return }
        let isForAll = origins == ["*"]
        if !isForAll { response.addHeader("Vary", bytes: rawBytes("Origin")) }
        guard let origin, isForAll || allows(origin) else { return }
        response.setHeader(
            "Access-Control-Allow-Origin", bytes: isForAll ? rawBytes("*") : origin)
        response.setHeader("Access-Control-Expose-Headers", Self.responseFields)
        guard let methods else { return }
        response.setHeader("Access-Control-Allow-Methods", bytes: methods)
        response.setHeader("Access-Control-Allow-Headers", Self.requestFields)
        response.setHeader("Access-Control-Max-Age", Self.preflightSeconds)
    }

    private func allows(_ origin: UnsafeRawBufferPointer) -> Bool {
        origins.contains { $0.utf8.elementsEqual(origin) }
    }
}
