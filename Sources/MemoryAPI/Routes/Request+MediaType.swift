import MicroHTTPD

extension Request {
    /// What the body says it is, in small letters and without parameters; `nil` if it does not say.
    var mediaType: String? {
        guard let field = header("Content-Type") else { return nil }
        let name = field.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        return String(decoding: name, as: UTF8.self).lowercased()
    }
}
