/// What there is to know of a cache of objects, whichever allocator keeps it: the first part of the
/// cache's node (``SlubCache``, ``ClassicCache``).
///
/// The corresponding kernel type is `struct kmem_cache` (include/linux/slub_def.h and slab_def.h,
/// 6.1).
struct ObjectCache {
    /// Sizes and limits, settled when the cache was made.
    var geometry: CacheGeometry
    /// Where its `struct kmem_cache` stands.
    var address: UInt64
    /// Who uses it: 1, and one for each cache that was merged into it; below 0 it is never merged.
    var users: Int32
    /// Parts of its objects are copied to and from user space: it is never merged. `usersize`.
    var isForUserCopies = false
    /// Slabs that it has. `nr_slabs`, `total_slabs`.
    var slabCount: UInt32 = 0
    /// Objects in them, free or not. `total_objects`.
    var objectCount: UInt32 = 0
    /// Where its `struct kmem_cache_node` stands; 0 if in the kernel's image.
    var nodeAddress: UInt64 = 0

    /// A cache without slabs.
    init(_ geometry: CacheGeometry, address: UInt64, users: Int32) {
        self.geometry = geometry
        self.address = address
        self.users = users
    }
}

extension Core {
    /// A cache by its number, without what its allocator keeps.
    @inline(__always)
    func objectCache(_ number: UInt32) -> UnsafeMutablePointer<ObjectCache> {
        caches.writable(number).assumingMemoryBound(to: ObjectCache.self)
    }

    /// The same for reading.
    func readCache(_ number: UInt32) -> UnsafePointer<ObjectCache> {
        caches.readable(number).assumingMemoryBound(to: ObjectCache.self)
    }
}
