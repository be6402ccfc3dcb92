import MicroHTTPD

/// A scenario that comes as YAML.
enum ScenarioYAML {
    /// What its body says it is (RFC 9512).
    static let mediaType = "application/yaml"
    /// Bytes that it may have. Aliases nest what they name, and this bounds how deep.
    static let limit = 64 << 10
    /// Bytes that it may have as JSON.
    private static let limitAsJSON = 1 << 20
    /// Values that it may have.
    private static let valueLimit = 20_000

    /// The scenario as JSON.
    ///
    /// - Throws: a problem if it is no YAML, or too large.
    static func json(_ body: UnsafeRawBufferPointer) throws(Problem) -> String {
        guard body.count <= limit else {
            throw malformed(
                "has \(body.count) bytes, and more than \(limit) are taken as JSON only")
        }
        do {
            return try YAMLDocument(String(decoding: body, as: UTF8.self)).json(
                limit: limitAsJSON, values: valueLimit)
        } catch { throw malformed("must be one YAML document. The parser says: \(error)") }
    }

    private static func malformed(_ reason: String) -> Problem {
        Problem(.malformedRequest, "The body \(reason).")
    }
}
