/// What the machine knows of one page frame: 16 bytes for each.
///
///     0        4        8        12                 16
///     | next   | prev   | step   | refs:16 flags:16 |
///
///     flags: 15      14    13   12  11   10       9       8    7       6     5..4        3..0
///            kmalloc kmap  live lru slab reserved mapping head per-CPU buddy migratetype order
///
/// `next` and `previous` are meaningful while the frame heads a block on a list. The state
/// where all bits are 0 is that of a frame in the middle of a block.
///
/// The corresponding kernel type is `struct page` (include/linux/mm_types.h, 6.1).
struct Frame {
    /// The next block's frame on the list that this one is on.
    var next: UInt32
    /// The previous block's frame on that list.
    var previous: UInt32
    /// The step of the last allocation or free of the block that starts here.
    var step: UInt32
    /// The reference count in the upper half, the flags in the lower one.
    var word: UInt32
}

extension Frame {
    /// How many users the kernel counts; below zero after a double free. `_refcount`.
    var referenceCount: Int16 {
        @inline(__always) get { Int16(truncatingIfNeeded: Int32(bitPattern: word) >> 16) }
        @inline(__always) set {
            word = word & 0xffff | UInt32(truncatingIfNeeded: newValue) << 16
        }
    }

    /// Order, migrate type and the flag bits.
    var flags: UInt16 {
        @inline(__always) get { UInt16(truncatingIfNeeded: word) }
        @inline(__always) set { word = word & 0xffff_0000 | UInt32(newValue) }
    }

    /// The word of a block that a caller owns alone.
    @inline(__always)
    static func ownedWord(order: UInt32) -> UInt32 { 1 << 16 | UInt32(live) | order }
    /// The bits that tell whether a word is an ``ownedWord(order:)``.
    static let ownershipMask: UInt32 =
        0xffff_0000 | UInt32(live) | UInt32(kmapped) | UInt32(orderMask)

    static let orderMask: UInt16 = 0xf
    static let migrateTypeShift: UInt16 = 4
    static let migrateTypeMask: UInt16 = 0x30
    /// Heads a block on a buddy free list. `PageBuddy`.
    static let buddy: UInt16 = 0x40
    /// Heads a block on a per-CPU list.
    static let perCPU: UInt16 = 0x80
    /// First frame of a compound page. `PageHead`.
    static let head: UInt16 = 0x100
    /// A page table, or behind a vmalloc area: which stands in ``next``, as a ``MappingUse``.
    static let mapping: UInt16 = 0x200
    /// Not the allocator's: hole, firmware or kernel image. `PageReserved`.
    static let reserved: UInt16 = 0x400
    /// Belongs to a slab, whose number stands in ``next``. `PageSlab`.
    static let slab: UInt16 = 0x800
    /// On an LRU list or movable: counts as movable when a page block is claimed.
    static let lruOrMovable: UInt16 = 0x1000
    /// Heads a block that a caller owns, as the simulator knows it.
    static let live: UInt16 = 0x2000
    /// Heads a block of which kmap or kmap_atomic maps a page, as the simulator knows it.
    static let kmapped: UInt16 = 0x4000
    /// Heads a block that kmalloc gave; the bytes asked for stand in ``next``.
    static let largeKMalloc: UInt16 = 0x8000

    var order: UInt32 { UInt32(flags & Self.orderMask) }
    var migrateType: Int { Int((flags & Self.migrateTypeMask) >> Self.migrateTypeShift) }

    func has(_ flag: UInt16) -> Bool { flags & flag != 0 }

    @inline(__always)
    func isBuddy(_ order: UInt32) -> Bool { isBuddy(mark: Self.buddyMark(order)) }

    /// The same, by the ``buddyMark(_:_:)`` of the order and of no migrate type.
    @inline(__always)
    func isBuddy(mark: UInt32) -> Bool {
        word & UInt32(Self.buddy | Self.orderMask) == mark
    }

    /// What the word says of a frame that heads a block on a buddy list.
    @inline(__always)
    static func buddyMark(_ order: UInt32, _ migrateType: Int = 0) -> UInt32 {
        UInt32(buddy) | order
            | UInt32(truncatingIfNeeded: migrateType) &<< UInt32(migrateTypeShift)
    }

    /// Says that a block on a buddy list begins here.
    @inline(__always)
    mutating func makeBuddy(_ mark: UInt32) {
        // The links stand where a slab's pages have its number.
        word = word & ~UInt32(Self.orderMask | Self.migrateTypeMask | Self.slab) | mark
    }

    /// The low bits of `flags` for a block of this order and migrate type.
    @inline(__always)
    static func block(_ order: UInt32, _ migrateType: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: order)
            | UInt16(truncatingIfNeeded: migrateType) &<< migrateTypeShift
    }
}

/// A pfn that names no frame: the answer when there is no page.
let noFrame: UInt32 = .max
