/// The constants of a machine that never change after boot.
///
/// They decide how long the tables of a machine's control block are.
struct MachineShape: Hashable, Sendable {
    /// `i386` or `x86_64`: decides zones, addresses, and sizes of kernel structures.
    var architecture: Architecture
    /// CPUs that are online, 1 or more.
    var cpuCount: Int
    /// Base-2 logarithm of the pages in a page block. `pageblock_order`.
    var pageBlockOrder: UInt32
    /// One past the last frame of the last zone.
    var frameEnd: UInt32
    /// First frames of zones 1 and 2; `noFrame` where there is no such zone.
    var zoneStart: SIMD2<UInt32>
    /// Whether pages of one mobility are kept together; if not, all requests are unmovable.
    var groupsByMobility: Bool
    /// Page-block types in all zones together.
    var pageBlockCount: Int
    /// A bit for each zone that has frames.
    var zonePopulation: UInt32
    /// Frame numbers in the middle of memory that name no frame.
    var hole: Range<UInt32>
    /// Where things are in the virtual address space.
    var layout: AddressLayout
    /// KiB that the kernel keeps free in all zones together; set once the zones are sized.
    var minFreeKilobytes: UInt64
    /// Built with debugging options: checks of pages and pointers, freed pages unmapped.
    var debug: Bool
    /// Every object is checked. `slub_debug=FZPU`
    var checksObjects: Bool
    /// The slab allocator.
    var slab = MachineConfiguration.SlabAllocator.slub
    /// Caches of like objects are never merged. `slab_nomerge`.
    var keepsCachesApart = false

    /// Addresses for permanent mappings of high memory. `LAST_PKMAP`
    var kmapSlotCount: UInt32 = 1_024

    /// What each CPU remembers of its walks.
    var tlb = TLBShape.usual

    /// Frames behind the last one that boot's page tables need if there is no other place for them:
    /// where a recording does not say where the kernel's data is.
    var tableRoom: UInt32 { frameEnd >> 8 + 64 }

    /// Whether the memory map has an entry for a frame number below ``frameEnd``. `pfn_valid`.
    @inline(__always)
    func hasFrame(_ pfn: UInt32) -> Bool { pfn < hole.lowerBound || pfn >= hole.upperBound }

    /// The highest zone that has frames at or below an index; `nil` if there is none.
    ///
    /// The corresponding kernel function is `first_zones_zonelist` (include/linux/mmzone.h, 6.1).
    func preferredZone(_ highest: Int) -> Int? {
        (0..<Self.zoneCount).last { $0 <= highest && zonePopulation & 1 << $0 != 0 }
    }

    static let zoneCount = 3
    static let migrateTypeCount = 4
    /// Per-CPU lists of one zone: three migrate types for each of the orders 0...3.
    static let perCPUListCount = 12
}

/// The two instruction sets that a machine can have.
public enum Architecture: String, Sendable {
    /// 32 bits, two-level page tables, high memory.
    case i386
    /// 64 bits, four-level page tables, no high memory.
    case x86_64

    /// What a zone of this index is called here; index 3 is the empty `Movable` zone.
    public func zoneName(_ index: Int) -> String {
        switch self {
        case .i386: ["DMA", "Normal", "HighMem", "Movable"][index]
        case .x86_64: ["DMA", "DMA32", "Normal", "Movable"][index]
        }
    }

    /// Index of the zone that ordinary kernel memory prefers. `ZONE_NORMAL`.
    var normalZone: Int { self == .i386 ? 1 : 2 }
    /// Whether frames of this zone have no permanent address. `is_highmem_idx`.
    func isHighmem(_ zone: Int) -> Bool { self == .i386 && zone == 2 }
    /// One past the addresses of user code. `TASK_SIZE_MAX`.
    var taskSize: UInt64 { self == .i386 ? 0xc000_0000 : 0x7fff_ffff_f000 }
    /// Bytes in a `struct page`.
    public var structPageSizeInBytes: UInt64 { self == .i386 ? 32 : 64 }

    /// The highest zone for each value of the four zone bits of a gfp mask, four bits each.
    ///
    /// Values that ask for two zones at once read 0, as in the kernel's table.
    ///
    /// The corresponding kernel constant is `GFP_ZONE_TABLE` (include/linux/gfp.h, 6.1).
    var highestZoneTable: UInt64 {
        let normal = UInt64(normalZone)
        let highmem: UInt64 = 2
        let dma32: UInt64 = 1
        return normal | 0 << 4 | highmem << 8 | dma32 << 16 | normal << 32 | 0 << 36
            | 3 << 40 | dma32 << 48
    }
}

/// Where the kernel puts things in its address space.
public struct AddressLayout: Hashable, Sendable {
    /// Start of the direct map of physical memory. `PAGE_OFFSET`.
    public var pageOffset: UInt64
    /// First address above the direct map.
    public var highMemory: UInt64
    /// The array of `struct page`, as if it began at frame 0. `mem_map`, `vmemmap`.
    public var memMap: UInt64
    /// Start of the vmalloc area. `VMALLOC_START`.
    public var vmallocStart: UInt64
    /// End of the vmalloc area, exclusive on i386, inclusive on x86_64 as the kernel has it.
    public var vmallocEnd: UInt64
    /// Start of the permanent mappings of high memory; `nil` where there is none. `PKMAP_BASE`.
    public var pkmapBase: UInt64?
    /// Lowest of the fixed addresses. `FIXADDR_START`.
    public var fixaddrStart: UInt64

    /// A layout by its addresses; nothing is checked.
    public init(
        pageOffset: UInt64, highMemory: UInt64, memMap: UInt64, vmallocStart: UInt64,
        vmallocEnd: UInt64, pkmapBase: UInt64?, fixaddrStart: UInt64
    ) {
        self.pageOffset = pageOffset
        self.highMemory = highMemory
        self.memMap = memMap
        self.vmallocStart = vmallocStart
        self.vmallocEnd = vmallocEnd
        self.pkmapBase = pkmapBase
        self.fixaddrStart = fixaddrStart
    }
}
