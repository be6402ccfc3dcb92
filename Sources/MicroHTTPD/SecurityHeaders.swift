/// The header fields that tell a browser what a response may do.
public struct SecurityHeaders: Sendable {
    /// `Content-Security-Policy`.
    public var contentSecurityPolicy = "default-src 'self'; frame-ancestors 'none'"
    /// `Referrer-Policy`.
    public var referrerPolicy = "no-referrer"
    /// `Cross-Origin-Resource-Policy`.
    public var crossOriginResourcePolicy = "same-origin"
    /// `Cross-Origin-Opener-Policy`.
    public var crossOriginOpenerPolicy = "same-origin"

    /// Makes the strict set: own origin only, no framing.
    public init() {}

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
