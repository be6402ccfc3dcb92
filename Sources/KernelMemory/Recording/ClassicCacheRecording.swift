/// The exact state of one cache of the classic allocator at one moment, as a dump recorded it or as
/// a machine has it.
public struct ClassicCacheRecording: Equatable, Sendable {
    /// Its name.
    public var name = ""
    /// Where its `struct kmem_cache` stands.
    public var address: UInt64 = 0
    /// Sizes and limits.
    public var geometry = Geometry()
    /// `refcount`.
    public var users: Int32 = 1
    /// Each CPU's array, by CPU.
    public var cpus: [Array] = []
    /// The array that the CPUs share. `shared`.
    public var shared: Array?
    /// The numbers of `struct kmem_cache_node`.
    public var node = Node()
    /// Slabs with free objects and others, head first. `slabs_partial`.
    public var partial: [Slab] = []
    /// Slabs without free objects. `slabs_full`.
    public var full: [Slab] = []
    /// Slabs with free objects only. `slabs_free`.
    public var free: [Slab] = []

    /// A cache, to be filled.
    public init() {}

    /// Sizes and limits of a cache, by the names of `struct kmem_cache`.
    public struct Geometry: Hashable, Sendable {
        /// `object_size`.
        public var objectSize: UInt32 = 0
        /// `size`.
        public var size: UInt32 = 0
        /// `align`.
        public var align: UInt32 = 0
        /// `num`, objects in a slab.
        public var objects: UInt32 = 0
        /// `gfporder`.
        public var order: UInt32 = 0
        /// `colour`.
        public var colours: UInt32 = 0
        /// `colour_off`.
        public var colourStep: UInt32 = 0
        /// `freelist_size`.
        public var freeListSize: UInt32 = 0
        /// `limit`.
        public var limit: UInt32 = 0
        /// `batchcount`.
        public var batchCount: UInt32 = 0
        /// `shared`.
        public var sharedBatches: UInt32 = 0
        /// `CFLGS_OFF_SLAB`, 0 or 1.
        public var isOffSlab: UInt32 = 0
        /// `CFLGS_OBJFREELIST_SLAB`, 0 or 1.
        public var isInFreeObject: UInt32 = 0
        /// `allocflags`.
        public var allocationFlags: UInt32 = 0
        /// Whether there is a constructor. `ctor`.
        public var hasConstructor = false
        /// `flags`, as far as they say what the cache was asked to be.
        public var flags: UInt32 = 0

        /// Sizes, to be filled.
        public init() {}
    }

    /// The numbers of a cache's `struct kmem_cache_node`.
    public struct Node: Hashable, Sendable {
        /// `total_slabs`.
        public var slabCount: UInt32 = 0
        /// `free_slabs`.
        public var freeSlabs: UInt32 = 0
        /// `free_objects`.
        public var freeObjects: UInt32 = 0
        /// `free_limit`.
        public var freeLimit: UInt32 = 0
        /// `colour_next`.
        public var colourNext: UInt32 = 0
        /// `free_touched`.
        public var freeTouched: UInt32 = 0

        /// Numbers, to be filled.
        public init() {}
    }

    /// Free objects at hand.
    public struct Array: Equatable, Sendable {
        /// `limit`.
        public var limit: UInt32 = 0
        /// `batchcount`.
        public var batchCount: UInt32 = 0
        /// `touched`.
        public var touched: UInt32 = 0
        /// Their addresses, the last one next. `entry`.
        public var entries: [UInt64] = []

        /// An array, to be filled.
        public init() {}
    }

    /// One slab of a cache.
    public struct Slab: Equatable, Sendable {
        /// First frame.
        public var pfn: UInt32
        /// Where the first object starts. `s_mem`.
        public var base: UInt64
        /// Objects that are not free. `active`.
        public var active: UInt32
        /// Where the list of free objects stands. `freelist`.
        public var freeList: UInt64
        /// The objects that are free, by number, the first one next.
        public var free: [UInt16]

        /// A slab.
        public init(pfn: UInt32, base: UInt64, active: UInt32, freeList: UInt64, free: [UInt16]) {
            self.pfn = pfn
            self.base = base
            self.active = active
            self.freeList = freeList
            self.free = free
        }
    }
}
