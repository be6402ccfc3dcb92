/// The exact state of a real machine's page allocator at one moment, as a dump recorded it.
///
/// It is plain data and may be wrong in any way; ``BootImage/init(recording:)`` checks it.
public struct MachineRecording: Sendable {
    /// One zone.
    public struct Zone: Sendable {
        /// Index in the order of the architecture's zone types, 0...2.
        public var index = 0
        /// First frame. `zone_start_pfn`.
        public var start: UInt32 = 0
        /// Frames from the first to the last. `spanned_pages`.
        public var spanned: UInt32 = 0
        /// Frames that exist. `present_pages`.
        public var present: UInt32 = 0
        /// Frames that the allocator manages. `managed_pages`.
        public var managed: UInt32 = 0
        /// Watermarks without boost: min, low, high, promo.
        public var watermark = SIMD4<Int32>()
        /// `watermark_boost`.
        public var boost: Int32 = 0
        /// `lowmem_reserve`, by zone index.
        public var lowmemReserve = SIMD4<Int32>()
        /// `nr_reserved_highatomic`.
        public var reservedHighAtomic: Int32 = 0
        /// `ZONE_BOOSTED_WATERMARK` and `ZONE_RECLAIM_ACTIVE`.
        public var flags: UInt32 = 0
        /// The global counter `NR_FREE_PAGES`, without the CPUs' deltas.
        public var freePages: Int32 = 0
        /// Migrate type of each page block from the zone's first upwards; -1 where there is none.
        public var pageBlockTypes: [Int8] = []
        /// The buddy lists that are not empty.
        public var freeLists: [FreeList] = []
        /// Blocks of each order on all of its lists. `nr_free`.
        public var freeCounts: [Int32] = []
        /// Each CPU's lists, by CPU.
        public var perCPU: [PerCPU] = []
        /// Frames that are reserved.
        public var reserved: [FrameRange] = []
        /// Frames in use that are on an LRU list or movable.
        public var lruOrMovable: [FrameRange] = []
        /// Frame numbers that name no frame.
        public var invalid: [FrameRange] = []

        /// An empty zone, to be filled.
        public init() {}
    }

    /// One buddy list, head first.
    public struct FreeList: Sendable {
        /// Base-2 logarithm of each block's pages.
        public var order: UInt32
        /// Migrate type, 0...3.
        public var migrateType: Int
        /// First frames.
        public var pfns: [UInt32]

        /// A list.
        public init(order: UInt32, migrateType: Int, pfns: [UInt32]) {
            self.order = order
            self.migrateType = migrateType
            self.pfns = pfns
        }
    }

    /// One CPU's pages of a zone.
    public struct PerCPU: Sendable {
        /// The CPU.
        public var cpu = 0
        /// Pages on all of its lists. `count`.
        public var count: Int32 = 0
        /// `high`.
        public var high: Int32 = 0
        /// `batch`.
        public var batch: Int32 = 1
        /// `free_factor`.
        public var freeFactor: Int32 = 0
        /// This CPU's delta of `NR_FREE_PAGES`.
        public var freeDelta: Int32 = 0
        /// `stat_threshold`.
        public var statThreshold: Int32 = 0
        /// Twelve lists, index 3 x order + migrate type, each head first, a frame with the
        /// migrate type that it will be given back with.
        public var lists: [[(pfn: UInt32, migrateType: Int)]] = []

        /// Empty lists, to be filled.
        public init() {}
    }

    /// Frames that stand next to each other.
    public struct FrameRange: Sendable {
        /// First frame.
        public var start: UInt32
        /// How many.
        public var count: UInt32

        /// A range.
        public init(start: UInt32, count: UInt32) {
            self.start = start
            self.count = count
        }
    }

    /// The instruction set.
    public var architecture = Architecture.i386
    /// CPUs online.
    public var cpuCount = 1
    /// The CPU that the recorded calls ran on.
    public var cpu = 0
    /// `pageblock_order`.
    public var pageBlockOrder: UInt32 = 10
    /// `min_free_kbytes`.
    public var minFreeKilobytes: UInt64 = 0
    /// Whether the kernel was built with its debugging options. `CONFIG_DEBUG_VM`.
    public var debug = false
    /// Which slab allocator the kernel was built with.
    public var slab = MachineConfiguration.SlabAllocator.slub
    /// Where things were in the address space.
    public var layout: AddressLayout
    /// The zones, lowest first.
    public var zones: [Zone] = []

    /// A recording without zones, to be filled.
    public init(architecture: Architecture, layout: AddressLayout) {
        self.architecture = architecture
        self.layout = layout
    }
}
