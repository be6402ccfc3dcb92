/// A cache of objects of one size, as SLUB keeps it.
///
/// The corresponding kernel types are `struct kmem_cache` (include/linux/slub_def.h) and
/// `struct kmem_cache_node` (mm/slab.h, 6.1).
struct SlubCache {
    /// What each CPU keeps; first, so that it is found without counting.
    private var cpus: InlineArray<8, SlubCPU>
    /// Sizes and limits, settled when the cache was made.
    var geometry: CacheGeometry
    /// Where its `struct kmem_cache` stands.
    var address: UInt64
    /// Who uses it: 1, and one for each cache that was merged into it; below 0 it is never merged.
    var users: Int32
    /// Parts of its objects are copied to and from user space: it is never merged. `usersize`.
    var isForUserCopies = false
    /// Slabs that it has. `nr_slabs`.
    var slabCount: UInt32
    /// Objects in them, free or not. `total_objects`.
    var objectCount: UInt32
    /// Objects that somebody owns, as the simulator knows it.
    var liveCount: UInt32
    /// Bytes that their owners asked for.
    var requestedBytes: UInt64
    /// Slabs that have free objects and that no CPU keeps. `partial`.
    var partial: SlabList
}

/// What one CPU keeps of a cache, to be used without a lock.
///
/// The corresponding kernel type is `struct kmem_cache_cpu` (include/linux/slub_def.h, 6.1).
struct SlubCPU {
    /// The slab that the CPU takes objects from; ``NodeTable/none`` if it has none. `slab`.
    var slab: UInt32
    /// The first slab on the CPU's list of slabs with free objects. `partial`.
    var partial: UInt32
    /// The first free object of its own. `freelist`.
    var head: UInt16
    private var padding: (UInt16, UInt32) = (0, 0)

    /// A CPU that keeps nothing.
    init() {
        slab = NodeTable.none
        partial = NodeTable.none
        head = ObjectIndex.none
    }
}

/// A list of slabs, linked through them.
struct SlabList {
    var first: UInt32
    var last: UInt32
    var count: UInt32

    static let empty = SlabList(first: NodeTable.none, last: NodeTable.none, count: 0)
}

extension SlubCache {
    /// A cache without slabs.
    init(_ geometry: CacheGeometry, address: UInt64, users: Int32) {
        cpus = InlineArray(repeating: SlubCPU())
        self.geometry = geometry
        self.address = address
        self.users = users
        slabCount = 0
        objectCount = 0
        liveCount = 0
        requestedBytes = 0
        partial = .empty
    }

}

extension UnsafeMutablePointer<SlubCache> {
    /// What a CPU keeps of the cache.
    @inline(__always)
    func cpu(_ number: UInt32) -> UnsafeMutablePointer<SlubCPU> {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: SlubCPU.self) + Int(number)
    }
}

extension UnsafePointer<SlubCache> {
    /// What a CPU keeps of the cache.
    func cpu(_ number: UInt32) -> UnsafePointer<SlubCPU> {
        UnsafeRawPointer(self).assumingMemoryBound(to: SlubCPU.self) + Int(number)
    }
}
