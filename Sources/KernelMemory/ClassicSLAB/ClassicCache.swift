/// A cache of objects as the allocator of the 2.6 kernels keeps it.
///
/// Its node in the machine's memory has an array of free objects for every CPU behind it, and then
/// the one that they share, if there is one:
///
///     ClassicCache | ArrayCache, entries | ArrayCache, entries | ... | shared ArrayCache, entries
///
/// The corresponding kernel types are `struct kmem_cache` (include/linux/slab_def.h) and
/// `struct kmem_cache_node` (mm/slab.h, 6.1).
struct ClassicCache {
    /// What both allocators know of a cache.
    var common: ObjectCache
    /// How its slabs are cut.
    let layout: SlabLayout
    /// What its CPUs keep.
    let limits: ArrayLimits
    /// CPUs that have an array.
    let cpuCount: UInt32
    /// Where the array that its CPUs share stands; 0 if in the kernel's image.
    var sharedAddress: UInt64 = 0
    /// Slabs without free objects. `slabs_full`.
    var full = SlabList.empty
    /// Slabs with free objects and others. `slabs_partial`.
    var partial = SlabList.empty
    /// Slabs with free objects only. `slabs_free`.
    var free = SlabList.empty
    /// Free objects in its slabs, those in arrays not among them. `free_objects`.
    var freeObjects: UInt32 = 0
    /// How many of them are too many. `free_limit`.
    var freeLimit: UInt32
    /// The colour of the newest slab. `colour_next`.
    var colourNext: UInt32 = 0
    /// 1 if an empty slab was asked for lately. `free_touched`.
    var freeTouched: UInt32 = 0
}

extension ClassicCache {
    /// Bytes from one CPU's array to the next.
    private var stride: Int { ArrayCache.size(limit: limits.limit) }

    /// Where the first CPU's array starts in a cache's node.
    private static var arrayOffset: Int { (MemoryLayout<ClassicCache>.size + 15) & ~15 }

    /// Where the three lists start, in the order of ``SlabListKind``.
    static let listOffset = MemoryLayout<ClassicCache>.offset(of: \.full)!

    /// Bytes of a cache's node.
    static func nodeSize(_ limits: ArrayLimits, cpus: UInt32) -> Int {
        arrayOffset + ArrayCache.size(limit: limits.limit) * Int(cpus)
            + ArrayCache.size(limit: limits.sharedLimit)
    }

    fileprivate func offset(ofArray index: UInt32) -> Int { Self.arrayOffset + stride * Int(index) }
}

extension UnsafeMutablePointer<ClassicCache> {
    /// The objects that a CPU has at hand.
    @inline(__always)
    func array(_ cpu: UInt32) -> UnsafeMutablePointer<ArrayCache> {
        precondition(cpu <= pointee.cpuCount)
        return (UnsafeMutableRawPointer(self) + pointee.offset(ofArray: cpu))
            .assumingMemoryBound(to: ArrayCache.self)
    }

    /// The objects that all CPUs have at hand; `nil` if each has only its own.
    var shared: UnsafeMutablePointer<ArrayCache>? {
        pointee.limits.sharedBatches == 0 ? nil : array(pointee.cpuCount)
    }
}

extension UnsafePointer<ClassicCache> {
    /// The objects that a CPU has at hand.
    func array(_ cpu: UInt32) -> UnsafePointer<ArrayCache> {
        (UnsafeRawPointer(self) + pointee.offset(ofArray: cpu))
            .assumingMemoryBound(to: ArrayCache.self)
    }

    /// The objects that all CPUs have at hand; `nil` if each has only its own.
    var shared: UnsafePointer<ArrayCache>? {
        pointee.limits.sharedBatches == 0 ? nil : array(pointee.cpuCount)
    }
}

extension Core {
    /// A cache of a machine with array caches.
    @inline(__always)
    func classicCache(_ number: UInt32) -> UnsafeMutablePointer<ClassicCache> {
        caches.writable(number).assumingMemoryBound(to: ClassicCache.self)
    }

    /// The same for reading.
    func readClassicCache(_ number: UInt32) -> UnsafePointer<ClassicCache> {
        caches.readable(number).assumingMemoryBound(to: ClassicCache.self)
    }
}
