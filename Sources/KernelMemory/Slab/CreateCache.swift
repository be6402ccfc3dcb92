/// Making caches and giving them up.
extension Core {
    /// Makes a cache of objects, or shares one whose objects are alike.
    ///
    /// - Returns: the address of its `struct kmem_cache`; 0 if it cannot be made.
    ///
    /// The corresponding kernel function is `kmem_cache_create` (mm/slab_common.c, 6.1).
    func createCache(_ request: CacheRequest) -> UInt64 {
        mightSleep(.mutex)
        if shape.debug, isInInterrupt {
            printk("kmem_cache_create(\(request.name)) integrity check failed")
            return failToCreate(request, error: -22)
        }
        let flags = request.flags.intersection(hasArrayCaches ? .classic : .permitted)
        guard request.size > 0, request.size <= 4 << 20, request.align <= 1 << 20,
            request.align & (request.align &- 1) == 0
        else {
            return failToCreate(request, error: -22)
        }
        let align = CacheGeometry.alignment(
            flags, request.align, size: request.size, on: shape.architecture)
        if let cache = findMergeable(request, flags) {
            return share(cache, with: request)
        }
        let name = kmallocForKernel(UInt64(request.name.utf8.count + 1), .kernel)
        let address = allocateForKernel(descriptorCache)
        guard name != 0, address != 0 else {
            kfree(name)
            return failToCreate(request, error: -12)
        }
        let number = addCache(request, flags, align: align, address: address, users: 1)
        guard let number else {
            kfree(address)
            kfree(name)
            return failToCreate(request, error: -22)
        }
        cold.registry.noteName(at: name, of: address)
        if !allocateNode(of: number) {
            release(number, at: address)
            return failToCreate(request, error: hasArrayCaches ? -12 : -22)
        }
        return address
    }

    /// Adds a cache whose `struct kmem_cache` has its place already.
    ///
    /// - Returns: its number; `nil` if its objects are too large for any slab.
    ///
    /// The corresponding kernel function is `__kmem_cache_create` (mm/slub.c and mm/slab.c, 6.1).
    func addCache(
        _ request: CacheRequest, _ flags: CacheFlags, align: UInt32, address: UInt64, users: Int32
    ) -> UInt32? {
        if hasArrayCaches {
            return addClassicCache(request, flags, align: align, address: address, users: users)
        }
        guard
            let geometry = CacheGeometry(
                objectSize: request.size, align: align, flags: flags.union(debuggingFlags),
                constructor: request.constructor, on: shape)
        else { return nil }
        let number = caches.pointee.insert(size: MemoryLayout<SlubCache>.stride)
        slubCache(number).initialize(to: SlubCache(geometry, address: address, users: users))
        cold.registry.add(number, name: request.name, address: address)
        return number
    }

    /// What the machine's boot options add to every cache. `kmem_cache_flags`.
    ///
    /// The classic allocator has its checks only when it is built with them, and here it is not.
    var debuggingFlags: CacheFlags { shape.checksObjects ? .fullDebugging : [] }

    /// A cache that can serve a request as well: none wastes a word or more for it.
    ///
    /// The corresponding kernel function is `find_mergeable` (mm/slab_common.c, 6.1).
    func findMergeable(_ request: CacheRequest, _ flags: CacheFlags) -> UInt32? {
        guard !shape.keepsCachesApart, request.constructor == .none,
            flags.union(debuggingFlags).isDisjoint(with: .neverMerge)
        else { return nil }
        let word = shape.architecture.pointerSize
        let rounded = request.size.roundedUp(to: word)
        let align = CacheGeometry.alignment(
            flags, request.align, size: rounded, on: shape.architecture)
        let size = rounded.roundedUp(to: align)
        return cold.registry.order.last { number in
            let cache = readCache(number).pointee
            let other = cache.geometry
            return cache.users >= 1 && other.constructor == .none && !cache.isForUserCopies
                && other.flags.isDisjoint(with: .neverMerge) && size <= other.size
                && flags.intersection(.mergeSame) == other.flags.intersection(.mergeSame)
                && other.size & ~(align - 1) == other.size && other.size - size < word
                && (!hasArrayCaches || other.align.isMultiple(of: align))
        }
    }

    /// The corresponding kernel function is `__kmem_cache_alias` (mm/slub.c, 6.1).
    func share(_ cache: UInt32, with request: CacheRequest) -> UInt64 {
        let owner = objectCache(cache)
        owner.pointee.users += 1
        let word = shape.architecture.pointerSize
        owner.pointee.geometry.objectSize = max(owner.pointee.geometry.objectSize, request.size)
        owner.pointee.geometry.inuse = max(
            owner.pointee.geometry.inuse, request.size.roundedUp(to: word))
        cold.registry.addAlias(request.name, of: cache)
        return owner.pointee.address
    }

    private func failToCreate(_ request: CacheRequest, error: Int) -> UInt64 {
        printk("kmem_cache_create_usercopy(\(request.name)) failed with error \(error)")
        return 0
    }
}

// MARK: - The kernel's own objects

extension Core {
    /// The cache that `struct kmem_cache` comes from: the first one.
    var descriptorCache: UInt32 { 0 }

    /// Allocates an object that no caller of the machine owns.
    func allocateForKernel(_ cache: UInt32, _ gfp: GFPFlags = .kernel) -> UInt64 {
        let object = takeForKernel(cache, gfp, 0)
        return object != 0 ? object : markKernels(allocateObject(cache, gfp, requested: 0))
    }

    /// Allocates bytes that no caller of the machine owns.
    func kmallocForKernel(_ size: UInt64, _ gfp: GFPFlags) -> UInt64 {
        if size > 0, size <= KMallocSizes.largest {
            let size = UInt32(truncatingIfNeeded: size)
            let object = takeForKernel(kmallocCache(size, gfp), gfp, size)
            if object != 0 { return object }
        }
        return markKernels(kmalloc(size, gfp))
    }

    private func markKernels(_ address: UInt64) -> UInt64 {
        if let place = objectPlace(of: address) {
            slab(place.slab).record(place.index).pointee.markKernels()
        }
        return address
    }
}
