/// A cache of objects at a moment: what both slab allocators have.
public struct CacheSnapshot: Sendable {
    /// Names the cache in this machine as long as it exists.
    public let number: UInt32
    /// Its own name.
    public let name: String
    /// Names that were asked for and got this cache, oldest first.
    public let aliases: [String]
    /// Where its `struct kmem_cache` stands.
    public let address: VirtualAddress
    /// Bytes of an object that its owner may use. `object_size`.
    public let objectSize: UInt32
    /// Bytes from one object to the next. `size`.
    public let size: UInt32
    /// Alignment of an object. `align`.
    public let align: UInt32
    /// What it is.
    public let flags: CacheFlags
    /// What new objects are filled with.
    public let constructor: Constructor
    /// Who uses it: 1, and one for each alias; below 0 for those that the kernel never shares.
    public let users: Int
    /// Base-2 logarithm of a slab's pages, when they can be had.
    public let order: UInt32
    /// Objects in such a slab.
    public let objectsPerSlab: UInt32
    /// Slabs that it has.
    public let slabCount: UInt32
    /// Pages of its slabs.
    public let pageCount: UInt32
    /// Objects in its slabs, free or not.
    public let objectCount: UInt32
    /// Slabs that `/proc/slabinfo` counts as used: all of SLUB's, of the classic allocator's those
    /// that are not on its list of empty ones.
    public let activeSlabCount: UInt32
    /// Objects that the kernel counts as used: a CPU's own free ones are among them.
    public let activeCount: UInt32
    /// Objects that somebody owns.
    public let liveCount: UInt32
    /// Those of them that a shrinker may free; `nil` without a shrinker.
    public let unusedCount: Int?
    /// Bytes that the owners asked for.
    public let requestedBytes: UInt64
    /// What `/proc/slabinfo` prints as tunables and shared objects; zero for SLUB.
    public let tunables: Tunables

    /// The settings of the classic allocator's arrays.
    public struct Tunables: Hashable, Sendable {
        /// Objects that a CPU's array may hold.
        public var limit: UInt32 = 0
        /// Objects that are moved at a time.
        public var batchCount: UInt32 = 0
        /// How many batches the array that all CPUs share may hold.
        public var sharedFactor: UInt32 = 0
        /// Objects in that array.
        public var sharedAvailable: UInt32 = 0

        /// No arrays.
        public init() {}

        init(_ cache: UnsafePointer<ClassicCache>) {
            limit = cache.pointee.limits.limit
            batchCount = cache.pointee.limits.batchCount
            sharedFactor = cache.pointee.limits.sharedBatches
            sharedAvailable = cache.shared?.pointee.count ?? 0
        }
    }
}

/// Where the bytes of a cache's slabs go; together they are all of its pages.
extension CacheSnapshot {
    /// Bytes of the objects that somebody owns, with the rounding.
    public var allocatedBytes: UInt64 { UInt64(liveCount) * UInt64(size) }
    /// Bytes that owners have without having asked for them: internal fragmentation.
    public var roundingBytes: UInt64 { allocatedBytes - min(allocatedBytes, requestedBytes) }
    /// Bytes of objects that nobody owns.
    public var freeBytes: UInt64 {
        UInt64(objectCount - min(objectCount, liveCount)) * UInt64(size)
    }
    /// Bytes of its pages that are too few for one more object.
    public var tailBytes: UInt64 {
        let objects = UInt64(objectCount) * UInt64(size)
        return slabBytes - min(slabBytes, objects)
    }
    /// Bytes of all its pages.
    public var slabBytes: UInt64 { UInt64(pageCount) * UInt64(Page.sizeInBytes) }
}

extension Machine {
    /// All caches, newest first as in `/proc/slabinfo`.
    ///
    /// - Complexity: O(caches + objects of all slabs).
    public var caches: [CacheSnapshot] {
        core.cacheSnapshots(core.cold.registry.order.reversed())
    }

    /// The number of the cache of a name, its own or one that it goes by; the newest if several
    /// have it.
    ///
    /// - Complexity: O(caches).
    public func cacheNumber(named name: String) -> UInt32? {
        core.cold.registry.number(named: name)
    }

    /// The number of the cache whose `struct kmem_cache` stands at an address.
    public func cacheNumber(at address: VirtualAddress) -> UInt32? {
        core.cold.registry.number(at: address.rawValue)
    }

    /// The address of the `struct kmem_cache` of a name.
    ///
    /// - Complexity: O(caches).
    public func cacheAddress(named name: String) -> VirtualAddress? {
        cacheNumber(named: name).map { cacheAddress($0) }
    }

    /// The address of the `struct kmem_cache` of a cache by its number.
    public func cacheAddress(_ number: UInt32) -> VirtualAddress {
        VirtualAddress(core.cacheAddress(number))
    }

    /// The name of a cache by its number.
    public func cacheName(_ number: UInt32) -> String { core.cold.registry.name(number) }

    /// Every name that a cache can be found by.
    public var cacheNames: [String] {
        core.cold.registry.order.map { core.cold.registry.name($0) }
            + core.cold.registry.aliases.map(\.name)
    }

    /// A cache by its number.
    ///
    /// - Complexity: O(objects of all slabs).
    public func cache(_ number: UInt32) -> CacheSnapshot { core.cacheSnapshots([number])[0] }
}

/// Slabs of a cache, and their pages. A recorded machine may have more: full ones are on no list, and
/// so in no dump.
private struct KnownSlabs {
    var count: UInt32 = 0
    var pages: UInt32 = 0
}

extension Core {
    /// The address of a cache's `struct kmem_cache`.
    func cacheAddress(_ number: UInt32) -> UInt64 { readCache(number).pointee.address }

    /// Each cache's slabs.
    private var slabsByCache: [UInt32: KnownSlabs] {
        var known: [UInt32: KnownSlabs] = [:]
        slabs.pointee.forEach { number in
            let slab = readSlab(number).pointee
            known[slab.cache, default: KnownSlabs()].count += 1
            known[slab.cache, default: KnownSlabs()].pages += 1 << UInt32(slab.order)
        }
        return known
    }

    fileprivate func cacheSnapshots(_ numbers: [UInt32]) -> [CacheSnapshot] {
        let slabs = slabsByCache
        let use = cacheUse()
        return numbers.map {
            cacheSnapshot($0, slabs[$0] ?? KnownSlabs(), use[$0] ?? CacheUse())
        }
    }

    private func cacheSnapshot(
        _ number: UInt32, _ known: KnownSlabs, _ use: CacheUse
    ) -> CacheSnapshot {
        let cache = readCache(number).pointee
        let geometry = cache.geometry
        let registry = cold.registry
        let classic = hasArrayCaches ? readClassicCache(number) : nil
        let unused = classic?.pointee.freeObjects ?? freeOnPartialList(number)
        return CacheSnapshot(
            number: number, name: registry.name(number),
            aliases: registry.aliases.filter { $0.cache == number }.map(\.name),
            address: VirtualAddress(cache.address), objectSize: geometry.objectSize,
            size: geometry.size, align: geometry.align, flags: geometry.flags,
            constructor: geometry.constructor, users: Int(cache.users), order: geometry.order,
            objectsPerSlab: geometry.objects, slabCount: cache.slabCount,
            pageCount: known.pages
                + (cache.slabCount - min(cache.slabCount, known.count)) << geometry.order,
            objectCount: cache.objectCount,
            activeSlabCount: cache.slabCount
                - min(cache.slabCount, classic?.pointee.free.count ?? 0),
            activeCount: cache.objectCount &- unused,
            liveCount: UInt32(use.objects),
            unusedCount: cold.reclaim.index(of: number).map {
                cold.reclaim.shrinkers[$0].unused.count
            },
            requestedBytes: use.requestedBytes,
            tunables: classic.map { CacheSnapshot.Tunables($0) } ?? CacheSnapshot.Tunables())
    }

    /// Free objects on the slabs of the cache's list; those that CPUs keep do not count.
    ///
    /// The corresponding kernel function is `count_partial` (mm/slub.c, 6.1).
    private func freeOnPartialList(_ number: UInt32) -> UInt32 {
        partialSlabs(number).reduce(0) { total, number in
            let slab = readSlab(number).pointee
            return total + UInt32(slab.objects - min(slab.objects, slab.inuse))
        }
    }
}
