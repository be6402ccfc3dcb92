extension CacheFlags {
    /// The kernel's names that can be written and are printed, lowest bit first.
    public static let names: [(name: String, flags: CacheFlags)] = [
        ("SLAB_CONSISTENCY_CHECKS", .consistencyChecks), ("SLAB_RED_ZONE", .redZone),
        ("SLAB_POISON", .poison), ("SLAB_HWCACHE_ALIGN", .hardwareCacheAlign),
        ("SLAB_CACHE_DMA", .cacheDMA), ("SLAB_STORE_USER", .storeUser),
        ("SLAB_RECLAIM_ACCOUNT", .reclaimAccount), ("SLAB_PANIC", .panic),
        ("SLAB_TYPESAFE_BY_RCU", .typesafeByRCU), ("SLAB_ACCOUNT", .account),
    ]

    /// Names that may be written too: older ones, and flags that change nothing here.
    private static let furtherNames: [(name: String, flags: CacheFlags)] = [
        ("SLAB_TEMPORARY", .reclaimAccount), ("SLAB_DESTROY_BY_RCU", .typesafeByRCU),
        ("SLAB_MEM_SPREAD", []), ("SLAB_NOLEAKTRACE", []),
    ]

    /// The names that the flags have, without what the kernel adds for itself.
    public var knownNames: [String] { Self.names.filter { contains($0.flags) }.map(\.name) }

    /// Reads names joined by `|`; `0` and hexadecimal numbers are flags too.
    ///
    /// - Throws: ``CallSyntaxError/cacheFlag(_:suggestions:)`` for the first that there is not.
    public init(parsing text: some StringProtocol) throws(CallSyntaxError) {
        self = []
        for term in text.split(separator: "|", omittingEmptySubsequences: false) {
            formUnion(try Self.flag(term.trimmed))
        }
    }

    private static func flag(_ name: String) throws(CallSyntaxError) -> CacheFlags {
        let all = names + furtherNames
        if let entry = all.first(where: { $0.name == name }) { return entry.flags }
        if let number = UInt64(cLiteral: name), number <= 0xffff_ffff {
            return CacheFlags(rawValue: UInt32(number))
        }
        throw .cacheFlag(name, suggestions: nearest(to: name, among: all.map(\.name)))
    }
}

extension CacheFlags: CustomStringConvertible {
    /// The names joined by bars, bits without a name as a number at the end; `0` for none.
    public var description: String {
        var left = self
        var parts: [String] = []
        for entry in Self.names where left.contains(entry.flags) {
            parts.append(entry.name)
            left.subtract(entry.flags)
        }
        if !left.isEmpty { parts.append(hexadecimal(UInt64(left.rawValue))) }
        return parts.isEmpty ? "0" : parts.joined(separator: "|")
    }
}
