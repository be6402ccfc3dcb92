/// The exact state of one SLUB cache at one moment, as a dump recorded it or as a machine has it.
public struct SlubCacheRecording: Equatable, Sendable {
    /// Its name.
    public var name = ""
    /// Where its `struct kmem_cache` stands.
    public var address: UInt64 = 0
    /// Sizes and limits.
    public var geometry = Geometry()
    /// `refcount`.
    public var users: Int32 = 1
    /// `nr_slabs`.
    public var slabCount: UInt32 = 0
    /// `total_objects`.
    public var objectCount: UInt32 = 0
    /// What each CPU keeps, by CPU.
    public var cpus: [CPU] = []
    /// Slabs on the node's list, head first. `partial`.
    public var partial: [SlabRecording] = []

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
        /// `offset` of the free pointer.
        public var offset: UInt32 = 0
        /// `inuse`.
        public var inuse: UInt32 = 0
        /// `red_left_pad`.
        public var redLeftPad: UInt32 = 0
        /// `oo`: order and objects of a slab.
        public var order: UInt32 = 0
        /// Objects of a slab of that order.
        public var objects: UInt32 = 0
        /// `min`: order and objects of the smallest slab.
        public var minOrder: UInt32 = 0
        /// Objects of a slab of that order.
        public var minObjects: UInt32 = 0
        /// `min_partial`.
        public var minPartial: UInt32 = 0
        /// `cpu_partial`.
        public var cpuPartial: UInt32 = 0
        /// `cpu_partial_slabs`.
        public var cpuPartialSlabs: UInt32 = 0
        /// `allocflags`.
        public var allocationFlags: UInt32 = 0
        /// Whether there is a constructor. `ctor`.
        public var hasConstructor = false
        /// `flags`, as far as they say what the cache was asked to be.
        public var flags: UInt32 = 0

        /// Sizes, to be filled.
        public init() {}
    }

    /// What one CPU keeps of the cache.
    public struct CPU: Equatable, Sendable {
        /// The CPU.
        public var cpu = 0
        /// The slab that it takes objects from.
        public var slab: SlabRecording?
        /// Its own free objects of that slab, first one first. `freelist`.
        public var free: [UInt16] = []
        /// The slabs on its list, first one first, each with its `slabs` count.
        public var partial: [Kept] = []

        /// A CPU, to be filled.
        public init() {}
    }

    /// A slab on a CPU's list.
    public struct Kept: Equatable, Sendable {
        /// `slabs`, counted from this one on.
        public var count: UInt32
        /// The slab.
        public var slab: SlabRecording

        /// A slab and its count.
        public init(count: UInt32, slab: SlabRecording) {
            self.count = count
            self.slab = slab
        }
    }
}

/// One slab of a cache.
public struct SlabRecording: Equatable, Sendable {
    /// First frame.
    public var pfn: UInt32
    /// Base-2 logarithm of its pages.
    public var order: UInt32
    /// Objects not on the slab's own list. `inuse`.
    public var inuse: UInt16
    /// Objects it has.
    public var objects: UInt16
    /// Whether a CPU keeps it. `frozen`.
    public var isFrozen: Bool
    /// The slab's own list of free objects, first one first. `freelist`.
    public var free: [UInt16]

    /// A slab.
    public init(
        pfn: UInt32, order: UInt32, inuse: UInt16, objects: UInt16, isFrozen: Bool, free: [UInt16]
    ) {
        self.pfn = pfn
        self.order = order
        self.inuse = inuse
        self.objects = objects
        self.isFrozen = isFrozen
        self.free = free
    }
}
