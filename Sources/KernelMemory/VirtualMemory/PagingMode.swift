/// How an architecture cuts an address into the indices of page-table entries.
public struct PagingMode: Hashable, Sendable {
    /// One level of tables.
    public struct Level: Hashable, Sendable {
        /// What the kernel calls an entry of this level: `PGD`, `PUD`, `PMD`, `PTE`.
        public let name: String
        /// The lowest of the address bits that select an entry; an entry spans 2^shift bytes.
        public let shift: UInt64
        /// How many bits select it.
        public let bits: UInt64

        /// Bytes that an entry spans.
        public var span: UInt64 { 1 << shift }
    }

    /// How many levels of tables there are.
    public let levelCount: Int
    /// How many bits of an address select an entry, at every level.
    let bits: UInt64
    /// The level whose entries can map a large page, 4 MiB on i386 and 2 MiB on x86_64.
    let largeLevel: Int
    /// The bits of an entry that name a frame.
    let frameMask: UInt64
    /// The bits of an entry that name a frame, as a physical address.
    public var frameBits: UInt64 { frameMask }

    /// Two levels; the kernel's five fold into them. (arch/x86/include/asm/pgtable-2level_types.h)
    static let i386 = PagingMode(levelCount: 2, bits: 10, largeLevel: 0, frameMask: 0xffff_f000)

    /// Four levels. (arch/x86/include/asm/pgtable_64_types.h)
    static let x86_64 = PagingMode(
        levelCount: 4, bits: 9, largeLevel: 2, frameMask: 0x000f_ffff_ffff_f000)

    /// The levels, the root's first.
    public var levels: [Level] {
        let names = levelCount == 2 ? ["PDE", "PTE"] : ["PGD", "PUD", "PMD", "PTE"]
        return names.enumerated().map { Level(name: $1, shift: shift($0), bits: bits) }
    }

    /// Bytes of an entry: 4 or 8.
    public var entrySize: Int { levelCount == 2 ? 4 : 8 }
    /// The lowest of the address bits that select an entry of a level.
    @inline(__always)
    func shift(_ level: Int) -> UInt64 { 12 &+ bits &* UInt64(leafLevel &- level) }
    /// Which entry of a level an address selects.
    @inline(__always)
    func index(_ address: UInt64, at level: Int) -> Int {
        Int(truncatingIfNeeded: address &>> shift(level) & (1 &<< bits &- 1))
    }
    /// Bytes that a table of the last level spans.
    var tableSpan: UInt64 { 4096 << bits }

    /// Entries of a table.
    public var entryCount: Int { Page.sizeInBytes / entrySize }
    /// The last level.
    var leafLevel: Int { @inline(__always) get { levelCount &- 1 } }
    /// Base-2 logarithm of the size of a large page.
    var largeShift: UInt64 { shift(largeLevel) }
}

extension Architecture {
    /// How it cuts addresses.
    public var paging: PagingMode { self == .i386 ? .i386 : .x86_64 }

    /// Whether the CPU takes a number for an address at all: on x86_64 the upper 17 bits are alike.
    @inline(__always)
    func isCanonical(_ address: UInt64) -> Bool {
        if self == .i386 { return address &>> 32 == 0 }
        let signed = Int64(bitPattern: address)
        return (signed &<< 16) &>> 16 == signed
    }
}
