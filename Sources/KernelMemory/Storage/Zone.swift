/// One zone's constants and counters, all in pages.
///
/// The corresponding kernel type is `struct zone` (include/linux/mmzone.h, 6.1).
struct Zone {
    /// First frame. `zone_start_pfn`.
    var start: UInt32
    /// One past the last frame: `start + spanned_pages`.
    var end: UInt32
    /// Frames that exist. `present_pages`.
    var present: UInt32
    /// Frames that the allocator manages. `managed_pages`.
    var managed: UInt32
    /// Index of the zone's first page block, counted from frame 0.
    var firstPageBlock: UInt32
    /// Where the zone's page-block types start in the control block, less the index of the first.
    var pageBlockBase: Int32
    /// Watermarks without boost. `_watermark[WMARK_MIN...WMARK_PROMO]`.
    var watermark: SIMD4<Int32>
    /// Pages added to every watermark after fragmenting steals. `watermark_boost`.
    var boost: Int32
    /// The counter that decisions read: exact but for the CPUs' deltas. `vm_stat[NR_FREE_PAGES]`.
    var freePages: Int32
    /// Pages in page blocks kept for urgent higher-order requests. `nr_reserved_highatomic`.
    var reservedHighAtomic: Int32
    /// Bit 0: boosted since the last wake-up of kswapd; bit 1: reclaim is active.
    var flags: UInt32
    /// What requests that could have used a higher zone must leave here, by that zone's index.
    var lowmemReserve: SIMD4<Int32>

    static let lowmemReserveOffset = 64

    /// `ZONE_BOOSTED_WATERMARK`.
    static let boostedWatermark: UInt32 = 1
    /// `ZONE_RECLAIM_ACTIVE`.
    static let reclaimActive: UInt32 = 2

    var isPopulated: Bool { present != 0 }
    func contains(_ pfn: UInt32) -> Bool { pfn >= start && pfn < end }
}

extension UnsafeMutablePointer<Zone> {
    /// What a request leaves here that could have used a zone of this index, 0...3.
    @inline(__always)
    func reserve(for highest: Int) -> UnsafeMutablePointer<Int32> {
        (UnsafeMutableRawPointer(self) + Zone.lowmemReserveOffset)
            .assumingMemoryBound(to: Int32.self) + highest
    }
}

/// Which watermark a request has to respect.
enum Watermark {
    static let min = 0
    static let low = 1
    static let high = 2
    static let promo = 3
}

/// One CPU's pages of one zone.
///
/// The corresponding kernel type is `struct per_cpu_pages` (include/linux/mmzone.h, 6.1).
struct PerCPUPages {
    /// Pages on all lists. `count`.
    var count: Int32 = 0
    /// Drain when this many are reached. `high`.
    var high: Int32 = 0
    /// Pages moved at a time. `batch`.
    var batch: Int32 = 0
    /// Doubles the drain while frees outnumber allocations. `free_factor`.
    var freeFactor: Int32 = 0
    /// This CPU's share of the free counter not folded in yet. `vm_stat_diff[NR_FREE_PAGES]`.
    var freeDelta: Int32 = 0
    /// How large that share may grow. `stat_threshold`.
    var statThreshold: Int32 = 0
    /// The pages at which a free starts a drain: ``high``, or less while reclaim is active.
    var drainMark: Int32 = 0
    /// Bytes from here to the type of page block 0, or where it would be if the zone had it.
    var pageBlockDistance: Int32 = 0
    /// The twelve lists: for each of the orders 0...3 one for each of three migrate types.
    private var lists = InlineArray<12, BlockList>(repeating: BlockList())

    /// Where the lists start: behind eight 32-bit scalars.
    static let listOffset = 8 * 4

    init(
        high: Int32, batch: Int32, freeFactor: Int32, freeDelta: Int32, statThreshold: Int32
    ) {
        self.high = high
        self.batch = batch
        self.freeFactor = freeFactor
        self.freeDelta = freeDelta
        self.statThreshold = statThreshold
        drainMark = high
    }
}

extension UnsafeMutablePointer<PerCPUPages> {
    /// The list for 3 x order + migrate type, 0...11.
    @inline(__always)
    func list(_ index: Int) -> UnsafeMutablePointer<BlockList> {
        (UnsafeMutableRawPointer(self) + PerCPUPages.listOffset).assumingMemoryBound(
            to: BlockList.self) + index
    }
}

extension UnsafeMutablePointer<PerCPUPages> {
    /// The type of a page block of the zone.
    @inline(__always)
    func pageBlockType(_ block: UInt32) -> Int {
        let distance = pointee.pageBlockDistance &+ Int32(bitPattern: block)
        return Int((UnsafeMutableRawPointer(self) + Int(distance)).load(as: UInt8.self))
    }
}

/// The free blocks of one order in a zone.
///
/// The corresponding kernel type is `struct free_area` (include/linux/mmzone.h, 6.1).
struct FreeArea {
    /// A list for each migrate type.
    private var lists = InlineArray<4, BlockList>(repeating: BlockList())
    /// Blocks on all of them. `nr_free`.
    var count: Int32 = 0
    /// Makes the structure 64 bytes long.
    private var padding = InlineArray<3, Int32>(repeating: 0)
}

extension UnsafeMutablePointer<FreeArea> {
    /// The list of a migrate type, 0...3.
    @inline(__always)
    func list(_ type: Int) -> UnsafeMutablePointer<BlockList> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: BlockList.self) + type
    }

    /// The list of the migrate type that a frame's word names.
    @inline(__always)
    func list(of word: UInt32) -> UnsafeMutablePointer<BlockList> {
        // The type stands at bit 4, and a list is 12 bytes long: three times the type at bit 2.
        (UnsafeMutableRawPointer(self) + Int((word &>> 2 & 0xc) &* 3))
            .assumingMemoryBound(to: BlockList.self)
    }
}

/// A list of blocks, linked through their frames.
///
/// It is empty when `count` is 0; links beyond its ends are stale and mean nothing.
///
/// The corresponding kernel type is `struct list_head`.
struct BlockList {
    var first: UInt32 = 0
    var last: UInt32 = 0
    var count: UInt32 = 0
}
