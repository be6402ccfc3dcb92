/// Giving a cache up, and what it keeps for later.
extension Core {
    /// Gives up one user of a cache, and the cache with the last one.
    ///
    /// A cache with objects in use stays behind as a ruin: the kernel complains, and nobody can use
    /// or remove it any more.
    ///
    /// The corresponding kernel function is `kmem_cache_destroy` (mm/slab_common.c, 6.1).
    func destroyCache(at address: UInt64) {
        if address == 0 { return }
        guard let cache = knownCache(at: address) else { return }
        let owner = objectCache(cache)
        owner.pointee.users -= 1
        if owner.pointee.users != 0 { return cold.registry.removeAlias(of: cache) }
        if !shutDown(cache) || isHalted { return }
        release(cache, at: address)
    }

    /// Frees what a cache without slabs is made of. `slab_kmem_cache_release`.
    func release(_ cache: UInt32, at address: UInt64) {
        if hasArrayCaches { freeNode(of: cache) }
        let name = cold.registry.nameAddress(of: address)
        cold.registry.remove(cache, address: address)
        if !hasStraySlabs(cache) { caches.pointee.remove(cache) }
        cold.reclaim.remove(cache)
        kfree(name)
        if slabNumber(at: address) != nil { kfree(address) }
    }

    /// Whether slabs say that they are a cache's although it has none: frees to a wrong cache can
    /// have moved them there. For their sake its node stays.
    private func hasStraySlabs(_ cache: UInt32) -> Bool {
        var found = false
        if isCorrupted {
            slabs.pointee.forEach { if readSlab($0).pointee.cache == cache { found = true } }
        }
        return found
    }

    /// Takes back all of a cache's slabs.
    ///
    /// - Returns: whether that could be done.
    ///
    /// The corresponding kernel function is `__kmem_cache_shutdown` (mm/slub.c, 6.1).
    private func shutDown(_ cache: UInt32) -> Bool {
        let isEmpty = hasArrayCaches ? !shrinkClassic(cache) : shutDownSlub(cache)
        // A running kernel always has objects of its own in kmalloc's caches.
        let isKMalloc = readCache(cache).pointee.geometry.flags.contains(.kmalloc)
        if isEmpty, !isKMalloc { return true }
        if !isHalted { complainOfObjects(cache) }
        return false
    }

    private func shutDownSlub(_ cache: UInt32) -> Bool {
        flushCPUs(cache)
        if isHalted { return false }
        var number = slubCache(cache).pointee.partial.first
        var empty: [UInt32] = []
        var hasObjects = false
        while number != NodeTable.none {
            let slab = readSlab(number).pointee
            if slab.inuse == 0 { empty.append(number) } else { hasObjects = true }
            number = slab.next
        }
        for slab in empty { removePartial(cache, slab) }
        for slab in empty.reversed() { discardSlab(cache, slab) }
        return !hasObjects && slubCache(cache).pointee.slabCount == 0
    }

    private func complainOfObjects(_ cache: UInt32) {
        let name = cold.registry.name(cache)
        noteMisuse(.destroyedCacheInUse, pfn: nil, order: 0)
        printk("kmem_cache_destroy \(name): Slab cache still has objects when called from init")
    }

    /// Gives a cache's empty slabs back.
    ///
    /// - Returns: 0 if it has no slab left, 1 if it has.
    ///
    /// The corresponding kernel function is `kmem_cache_shrink` (mm/slab_common.c, 6.1).
    func shrinkCache(at address: UInt64) -> UInt64 {
        guard let cache = knownCache(at: address) else { return 0 }
        return (hasArrayCaches ? shrinkClassic(cache) : shrinkSlub(cache)) ? 1 : 0
    }

    /// Allocates an object of a cache by its `struct kmem_cache`. `kmem_cache_alloc`.
    func allocateObject(fromCacheAt address: UInt64, _ gfp: GFPFlags) -> UInt64 {
        guard let cache = knownCache(at: address) else { return 0 }
        return allocateObject(cache, gfp, requested: 0)
    }

    /// Frees an object that the caller says is of a certain cache; its slab knows better.
    ///
    /// The corresponding kernel function is `kmem_cache_free` (mm/slub.c, 6.1).
    func freeObject(_ object: UInt64, toCacheAt address: UInt64) {
        guard let cache = knownCache(at: address) else { return }
        if hasArrayCaches { return freeObject(object, toArrayOf: cache) }
        guard let pfn = directFrame(object), let number = slabNumber(of: pfn) else {
            return kfreeLarge(object, frameNumber(behind: VirtualAddress(object)))
        }
        if readSlab(number).pointee.cache != cache { noteWrongCache(object, cache, number) }
        freeObject(number, object)
    }

    /// The cache at an address; what is none makes the kernel follow a wild pointer.
    private func knownCache(at address: UInt64) -> UInt32? {
        if let cache = cold.registry.number(at: address) { return cache }
        noteMisuse(.wildPointer, pfn: nil, order: 0)
        oopsOnAccess(to: address, isWrite: false)
        return nil
    }
}
