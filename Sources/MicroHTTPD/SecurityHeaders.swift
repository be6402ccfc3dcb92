/// The header fields that tell a browser what a response may do.
public struct SecurityHeaders: Sendable {
    /// `Content-Security-Policy`.
    public var contentSecurityPolicy: String
    /// `Referrer-Policy`.
    public var referrerPolicy = "no-referrer"
    /// `Cross-Origin-Resource-Policy`.
    public var crossOriginResourcePolicy: String
    /// `Cross-Origin-Opener-Policy`.
    public var crossOriginOpenerPolicy = "same-origin"

    /// Makes the strict set: own origin only, no framing.
    public init() {
        contentSecurityPolicy = "default-src 'self'; frame-ancestors 'none'"
        crossOriginResourcePolicy = "same-origin"
    }

    /// The set for a page that may be shown in a frame of any site. What the page itself loads
    /// is still of its own origin only.
    public static let framed: SecurityHeaders = {
        var headers = SecurityHeaders()
        headers.contentSecurityPolicy = "default-src 'self'; frame-ancestors *"
        headers.crossOriginResourcePolicy = "cross-origin"
        return headers
    }()

    /// The page set as C strings. `nosniff` is the first, so that data sends the first only.
    var cStrings: PersistentHeaders {
        PersistentHeaders([
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", contentSecurityPolicy),
            ("Referrer-Policy", referrerPolicy),
            ("Cross-Origin-Resource-Policy", crossOriginResourcePolicy),
            ("Cross-Origin-Opener-Policy", crossOriginOpenerPolicy),
        ])
    }
}
