/// Why a text is no gfp mask.
public enum GFPSyntaxError: Error, Equatable, Sendable {
    /// A word that names no flag, and the names that come nearest to it, best first.
    case unknownFlag(String, suggestions: [String])
    /// Nothing between two bars, or nothing at all.
    case emptyTerm
}

extension GFPFlags {
    /// Reads the kernel's own notation: names joined by `|`, with spaces as one likes.
    ///
    /// `none`, `0` and hexadecimal numbers are masks too. A name may be any of ``allNames``.
    ///
    /// - Throws: ``GFPSyntaxError`` for the first term that is wrong.
    public init(parsing text: some StringProtocol) throws(GFPSyntaxError) {
        self = try GFPFlags(terms: text.split(separator: "|", omittingEmptySubsequences: false))
    }

    /// Joins terms, each a flag's name or a number.
    ///
    /// - Throws: ``GFPSyntaxError`` for the first term that is wrong.
    public init(terms: some Sequence<some StringProtocol>) throws(GFPSyntaxError) {
        var flags: GFPFlags = []
        for term in terms { flags.formUnion(try Self.flags(named: String(term).trimmed)) }
        self = flags
    }

    private static func flags(named name: String) throws(GFPSyntaxError) -> GFPFlags {
        if name.isEmpty { throw .emptyTerm }
        if name == "none" { return [] }
        if let entry = allNames.first(where: { $0.name == name }) { return entry.flags }
        if let number = UInt64(cLiteral: name), number <= 0xff_ffff {
            return GFPFlags(rawValue: UInt32(number))
        }
        throw .unknownFlag(name, suggestions: nearest(to: name, among: allNames.map(\.name)))
    }
}
