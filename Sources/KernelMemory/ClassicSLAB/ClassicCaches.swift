/// Making classic caches.
extension Core {
    /// Adds a cache whose `struct kmem_cache` has its place already.
    ///
    /// - Returns: its number; `nil` if its objects are too large for any slab.
    ///
    /// The corresponding kernel function is `__kmem_cache_create` (mm/slab.c, 6.1).
    func addClassicCache(
        _ request: CacheRequest, _ flags: CacheFlags, align: UInt32, address: UInt64, users: Int32
    ) -> UInt32? {
        guard
            let layout = SlabLayout(
                objectSize: request.size, align: align, flags: flags,
                hasConstructor: request.constructor != .none, largestOrder: slabOrderLimit,
                on: shape.architecture)
        else { return nil }
        let geometry = CacheGeometry(
            layout, objectSize: request.size, align: align, flags: flags, request.constructor)
        return addClassicCache(
            request.name, geometry, layout, ArrayLimits(size: layout.size, cpus: shape.cpuCount),
            address: address, users: users)
    }

    /// Adds a cache of known sizes.
    func addClassicCache(
        _ name: String, _ geometry: CacheGeometry, _ layout: SlabLayout, _ limits: ArrayLimits,
        address: UInt64, users: Int32
    ) -> UInt32 {
        let cpus = UInt32(shape.cpuCount)
        let number = caches.pointee.insert(size: ClassicCache.nodeSize(limits, cpus: cpus))
        let owner = classicCache(number)
        owner.initialize(
            to: ClassicCache(
                common: ObjectCache(geometry, address: address, users: users), layout: layout,
                limits: limits, cpuCount: cpus, freeLimit: 0))
        limitFreeObjects(of: number, cpus: shape.cpuCount)
        for cpu in 0..<cpus {
            owner.array(cpu).initialize(
                to: ArrayCache(limit: limits.limit, batchCount: limits.batchCount))
        }
        owner.shared?.initialize(
            to: ArrayCache(
                limit: limits.sharedLimit, batchCount: ArrayCache.unusedBatchCount))
        cold.registry.add(number, name: name, address: address)
        return number
    }

    /// Sets how many free objects a cache keeps in its slabs.
    ///
    /// - Parameter cpus: those that were online when the cache was made.
    ///
    /// The corresponding kernel function is `init_cache_node` (mm/slab.c, 6.1).
    func limitFreeObjects(of cache: UInt32, cpus: Int) {
        let owner = classicCache(cache)
        owner.pointee.freeLimit =
            (1 + UInt32(cpus)) * owner.pointee.limits.batchCount + owner.pointee.layout.objects
    }
}

extension CacheGeometry {
    /// The sizes of a classic cache, in the terms that both allocators share.
    init(
        _ layout: SlabLayout, objectSize: UInt32, align: UInt32, flags: CacheFlags,
        _ constructor: Constructor
    ) {
        self.init(
            objectSize: objectSize, size: layout.size, align: align, freePointerOffset: 0,
            inuse: layout.size, redLeftPad: 0, order: layout.order, objects: layout.objects,
            minOrder: layout.order, minObjects: layout.objects, minPartial: 0, cpuPartial: 0,
            cpuPartialSlabs: 0, flags: flags,
            allocationFlags: flags.allocationFlags.union(.comp), constructor: constructor,
            reciprocal: (1 << 48) / UInt64(layout.size) + 1)
    }
}

extension CacheFlags {
    /// What the classic allocator makes of a request: it has no checks. `CACHE_CREATE_MASK`.
    static let classic: CacheFlags = [
        .hardwareCacheAlign, .cacheDMA, .panic, .typesafeByRCU, .reclaimAccount, .account,
    ]
    /// Those that its caches have, without the bits that say where lists of free objects stand.
    package static let knownToClassic: CacheFlags = classic.union(.kmalloc)
}

extension KMallocSizes {
    /// The smallest size that kmalloc has a cache for. `KMALLOC_MIN_SIZE`.
    static let leastOfClassic: UInt32 = 32
}
