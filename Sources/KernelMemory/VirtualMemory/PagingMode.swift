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

        /// Which entry an address selects.
        @inline(__always)
        func index(_ address: UInt64) -> Int { Int(address >> shift & (1 << bits - 1)) }
        /// Bytes that an entry spans.
        public var span: UInt64 { 1 << shift }
    }

    /// The levels, the root's first.
    public let levels: [Level]
    /// Bytes of an entry: 4 or 8.
    public let entrySize: Int
    /// The level whose entries can map a large page, 4 MiB on i386 and 2 MiB on x86_64.
    let largeLevel: Int
    /// The bits of an entry that name a frame.
    let frameMask: UInt64
    /// The bits of an entry that name a frame, as a physical address.
    public var frameBits: UInt64 { frameMask }

    /// Two levels; the kernel's five fold into them. (arch/x86/include/asm/pgtable-2level_types.h)
    static let i386 = PagingMode(
        levels: [Level(name: "PDE", shift: 22, bits: 10), Level(name: "PTE", shift: 12, bits: 10)],
        entrySize: 4, largeLevel: 0, frameMask: 0xffff_f000)

    /// Four levels. (arch/x86/include/asm/pgtable_64_types.h)
    static let x86_64 = PagingMode(
        levels: [
            Level(name: "PGD", shift: 39, bits: 9), Level(name: "PUD", shift: 30, bits: 9),
            Level(name: "PMD", shift: 21, bits: 9), Level(name: "PTE", shift: 12, bits: 9),
        ],
        entrySize: 8, largeLevel: 2, frameMask: 0x000f_ffff_ffff_f000)

    /// Entries of a table.
    public var entryCount: Int { Page.sizeInBytes / entrySize }
    /// The last level.
    var leafLevel: Int { levels.count - 1 }
    /// Base-2 logarithm of the size of a large page.
    var largeShift: UInt64 { levels[largeLevel].shift }
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
