/// How many translations a CPU remembers, and where it may keep them.
public struct TLBShape: Hashable, Sendable {
    /// Entries for small pages, 4 KiB.
    public var smallEntries: Int
    /// Entries for large pages, 4 MiB on i386 and 2 MiB on x86_64.
    public var largeEntries: Int
    /// Entries that a translation may be in: those of its set.
    public var ways: Int

    /// Like a small x86's: 64 for small pages and 32 for large ones, 4-way.
    public static let usual = TLBShape(smallEntries: 64, largeEntries: 32, ways: 4)

    /// A shape; see ``isValid``.
    public init(smallEntries: Int, largeEntries: Int, ways: Int) {
        self.smallEntries = smallEntries
        self.largeEntries = largeEntries
        self.ways = ways
    }

    /// The most entries of either kind.
    public static let entryLimit = 4096
    /// The most ways.
    public static let wayLimit = 64

    /// Whether there are whole sets, and a power of two of them.
    public var isValid: Bool {
        (1...Self.wayLimit).contains(ways)
            && [smallEntries, largeEntries].allSatisfy {
                let sets = $0 / ways
                return $0 <= Self.entryLimit && $0 % ways == 0 && sets > 0 && sets & (sets - 1) == 0
            }
    }

    var smallSetMask: Int { smallEntries / ways - 1 }
    var largeSetMask: Int { largeEntries / ways - 1 }
    /// Entries of both kinds.
    var entryCount: Int { smallEntries + largeEntries }
}
