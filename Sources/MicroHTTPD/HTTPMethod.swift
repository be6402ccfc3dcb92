import Glibc

/// A request method. Methods are case-sensitive.
public enum HTTPMethod: UInt8, Sendable, CaseIterable {
    case get, head, post, put, patch, delete, options
    /// Any other token, such as TRACE or BREW.
    case other

    /// The method as it is written in a request line; `"?"` for ``other``.
    public var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other: "?"
        }
    }

    /// Reads a method token.
    ///
    /// - Parameter token: a C string.
    init(token: UnsafePointer<CChar>) {
        let candidate: HTTPMethod =
            switch UInt8(bitPattern: token[0]) {
            case UInt8(ascii: "G"): .get
            case UInt8(ascii: "H"): .head
            case UInt8(ascii: "D"): .delete
            case UInt8(ascii: "O"): .options
            case UInt8(ascii: "P"):
                switch UInt8(bitPattern: token[1]) {
                case UInt8(ascii: "O"): .post
                case UInt8(ascii: "U"): .put
                default: .patch
                }
            default: .other
            }
        let name = UnsafeRawPointer(candidate.name.utf8Start).assumingMemoryBound(to: CChar.self)
        self = strcmp(token, name) == 0 ? candidate : .other
    }
}
