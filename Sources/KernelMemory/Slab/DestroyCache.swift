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
        mightSleep(.cpusReadLock)
        guard let cache = knownCache(at: address) else { return }
        let owner = objectCache(cache)
        owner.pointee.users -= 1
        if owner.pointee.users != 0 { return cold.registry.removeAlias(of: cache) }
        if !shutDown(cache) || isHalted { return }
        release(cache, at: address)
    }

    /// Frees what a cache without slabs is made of. `slab_kmem_cache_release`.
    func release(_ cache: UInt32, at address: UInt64) {
        freeNode(of: cache)
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
        if hasArrayCaches ? !shrinkClassic(cache) && !isKernels(cache) : shutDownSlub(cache) {
            return true
        }
        if !isHalted { complainOfObjects(cache) }
        return false
    }

    private func shutDownSlub(_ cache: UInt32) -> Bool {
        flushCPUs(cache)
        if isHalted { return false }
        var number = slubCache(cache).pointee.partial.first
        var empty: [UInt32] = []
        while number != NodeTable.none, !isHalted {
            if readSlab(number).pointee.inuse == 0 {
                empty.append(number)
            } else {
                listObjects(cache, number)
            }
            number = readSlab(number).pointee.next
        }
        if isHalted { return false }
        for slab in empty { removePartial(cache, slab) }
        for slab in empty.reversed() { discardSlab(cache, slab) }
        let owner = slubCache(cache).pointee
        // A cache with slabs on its lists stays, whatever the kernel has counted.
        return owner.partial.count == 0 && owner.slabCount == 0
            && owner.partial.first == NodeTable.none && owner.full.first == NodeTable.none
            && !isKernels(cache)
    }

    /// The kernel has objects of its own in these, also where the model has none.
    private func isKernels(_ cache: UInt32) -> Bool {
        cache == descriptorCache || cache == vmap.pointee.cache
            || !hasArrayCaches && cache == nodeCache
            || readCache(cache).pointee.geometry.flags.contains(.kmalloc)
    }

    /// Prints what is left in a slab. `list_slab_objects`.
    private func listObjects(_ cache: UInt32, _ number: UInt32) {
        noteLeftObjects(cache)
        let name = cold.registry.name(cache)
        reportSlab(
            cache, number, "Objects remaining in \(name) on __kmem_cache_shutdown()",
            from: ["__kmem_cache_shutdown", "kmem_cache_destroy"])
        guard let free = freeObjects(of: number, through: cache) else { return }
        let start = directAddress(readSlab(number).pointee.pfn)
        let geometry = readCache(cache).pointee.geometry
        for index in 0..<UInt64(readSlab(number).pointee.objects) where !free.contains(index) {
            let object =
                start + UInt64(geometry.redLeftPad) + index * UInt64(geometry.size)
            printk("Object \(pointerText(object)) @offset=\(object - start)")
            printTracking(cache, object)
        }
    }

    /// The places of the objects on a slab's list; `nil` if it has no end. `__fill_map`.
    private func freeObjects(of number: UInt32, through cache: UInt32) -> Set<UInt64>? {
        let owner = slubCache(cache)
        let geometry = owner.pointee.geometry
        let start = directAddress(readSlab(number).pointee.pfn) + UInt64(geometry.redLeftPad)
        var places: Set<UInt64> = []
        var object = slabHead(number)
        for _ in 0..<UInt32(UInt16.max) {
            if object == 0 { return places }
            places.insert((object &- start) / UInt64(geometry.size))
            object = freePointer(of: object, owner)
            if isHalted { return nil }
        }
        hang(in: "list_slab_objects")
        return nil
    }

    private func noteLeftObjects(_ cache: UInt32) {
        let last = cold.misuses.last
        if last?.step == control.pointee.step, last?.code == .destroyedCacheInUse { return }
        noteMisuse(
            .destroyedCacheInUse, at: readCache(cache).pointee.address, firstLiveObject(of: cache),
            cache: cold.registry.name(cache),
            objectCount: UInt32(cacheUse()[cache]?.objects ?? 0))
    }

    private func firstLiveObject(of cache: UInt32) -> ObjectPlace? {
        var found: ObjectPlace?
        slabs.pointee.forEach { number in
            guard found == nil, readSlab(number).pointee.cache == cache else { return }
            for index in 0..<readSlab(number).pointee.objects
            where found == nil && readSlab(number).record(index).pointee.isLive {
                found = ObjectPlace(slab: number, index: index)
            }
        }
        return found
    }

    private func complainOfObjects(_ cache: UInt32) {
        let name = cold.registry.name(cache)
        noteLeftObjects(cache)
        beginWarning()
        printk(
            "kmem_cache_destroy \(name): Slab cache still has objects when called from "
                + "step_\(control.pointee.step)")
        finishWarning(at: "mm/slab_common.c:493", in: "kmem_cache_destroy")
    }

    /// Gives a cache's empty slabs back.
    ///
    /// - Returns: 0 if it has no slab left, 1 if it has.
    ///
    /// The corresponding kernel function is `kmem_cache_shrink` (mm/slab_common.c, 6.1).
    func shrinkCache(at address: UInt64) -> UInt64 {
        guard let cache = knownCache(at: address) else { return 0 }
        if !hasArrayCaches { mightSleep(.cpusReadLock) }
        return (hasArrayCaches ? shrinkClassic(cache) : shrinkSlub(cache)) ? 1 : 0
    }

    /// Allocates an object of a cache by its `struct kmem_cache`. `kmem_cache_alloc`.
    func allocateObject(fromCacheAt address: UInt64, _ gfp: GFPFlags) -> UInt64 {
        guard let cache = knownCache(at: address) else { return 0 }
        return allocateObject(cache, gfp, requested: 0)
    }

    /// The cache at an address; what is none makes the kernel follow a wild pointer.
    func knownCache(at address: UInt64) -> UInt32? {
        if let cache = cold.registry.number(at: address) { return cache }
        noteMisuse(.wildPointer, at: address)
        oopsOnAccess(to: address, isWrite: false)
        return nil
    }
}
