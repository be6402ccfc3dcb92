/// A cache of objects of one size, as SLUB keeps it.
///
/// The corresponding kernel types are `struct kmem_cache` (include/linux/slub_def.h) and
/// `struct kmem_cache_node` (mm/slab.h, 6.1).
struct SlubCache {
    /// What both allocators know of a cache.
    var common: ObjectCache
    /// What each CPU keeps.
    private var cpus: InlineArray<8, SlubCPU>
    /// Slabs that have free objects and that no CPU keeps. `partial`.
    var partial: SlabList
    /// Slabs that have none, as a cache that remembers its users keeps them. `full`.
    var full = SlabList.empty
}

/// What one CPU keeps of a cache, to be used without a lock.
///
/// The list of its own free objects begins in the slab: ``Slab/cpuHead``.
///
/// The corresponding kernel type is `struct kmem_cache_cpu` (include/linux/slub_def.h, 6.1).
struct SlubCPU {
    /// The slab that the CPU takes objects from; ``NodeTable/none`` if it has none. `slab`.
    var slab: UInt32
    /// The first slab on the CPU's list of slabs with free objects. `partial`.
    var partial: UInt32

    /// A CPU that keeps nothing.
    init() {
        slab = NodeTable.none
        partial = NodeTable.none
    }
}

/// A list of slabs, linked through them.
struct SlabList {
    var first: UInt32
    var last: UInt32
    /// How many the cache counts; a corrupted list can have more or fewer. `nr_partial`.
    var count: UInt32

    static let empty = SlabList(first: NodeTable.none, last: NodeTable.none, count: 0)
}

extension SlubCache {
    /// A cache without slabs.
    init(_ geometry: CacheGeometry, address: UInt64, users: Int32) {
        assert(MemoryLayout<SlubCache>.offset(of: \.cpus) == Self.cpuOffset)
        common = ObjectCache(geometry, address: address, users: users)
        cpus = InlineArray(repeating: SlubCPU())
        partial = .empty
    }

    var geometry: CacheGeometry {
        @inline(__always) _read { yield common.geometry }
    }
    var slabCount: UInt32 {
        get { common.slabCount }
        set { common.slabCount = newValue }
    }
    var objectCount: UInt32 {
        get { common.objectCount }
        set { common.objectCount = newValue }
    }

    /// Where the first CPU's part starts, known when this is compiled.
    fileprivate static var cpuOffset: Int {
        @inline(__always) get { (MemoryLayout<ObjectCache>.size + 3) & ~3 }
    }
}

extension UnsafeMutablePointer<SlubCache> {
    /// What a CPU keeps of the cache.
    @inline(__always)
    func cpu(_ number: UInt32) -> UnsafeMutablePointer<SlubCPU> {
        (UnsafeMutableRawPointer(self) + SlubCache.cpuOffset)
            .assumingMemoryBound(to: SlubCPU.self) + Int(number)
    }
}

extension UnsafePointer<SlubCache> {
    /// What a CPU keeps of the cache.
    func cpu(_ number: UInt32) -> UnsafePointer<SlubCPU> {
        (UnsafeRawPointer(self) + SlubCache.cpuOffset)
            .assumingMemoryBound(to: SlubCPU.self) + Int(number)
    }
}
