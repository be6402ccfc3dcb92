/// The slab allocator's functions, as calls of a machine.
extension Machine {
    /// The corresponding kernel function is `kmalloc` (include/linux/slab.h, 6.1).
    @usableFromInline
    mutating func kmalloc(_ size: UInt64, _ gfp: GFPFlags) -> Outcome {
        if beginUsualCall() {
            let object = core.kmallocAtHand(size, gfp)
            if _fastPath(object != 0) { return Outcome(.address(VirtualAddress(object))) }
        } else {
            guard beginCall() else { return Outcome(.halted) }
        }
        return .pointer(core.kmalloc(size, gfp))
    }

    /// The corresponding kernel function is `kfree` (mm/slab_common.c, 6.1).
    @usableFromInline
    mutating func kfree(_ address: VirtualAddress) -> Outcome {
        guard beginUnexplainedCall() else { return core.kfreeUnlessStopped(address.rawValue) }
        core.kfreeAtHand(address.rawValue)
        return Outcome(.void)
    }

    /// The corresponding kernel function is `krealloc` (mm/slab_common.c, 6.1).
    @usableFromInline
    mutating func krealloc(
        _ address: VirtualAddress, _ size: UInt32, _ gfp: GFPFlags
    ) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return .pointer(core.krealloc(address.rawValue, UInt64(size), gfp))
    }

    /// The corresponding kernel function is `ksize` (mm/slab_common.c, 6.1).
    @usableFromInline
    mutating func ksize(_ address: VirtualAddress) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return Outcome(.number(core.ksize(address.rawValue)))
    }

    /// The corresponding kernel function is `kmem_cache_create` (mm/slab_common.c, 6.1).
    @usableFromInline
    mutating func createCache(_ request: CacheRequest) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return .pointer(core.createCache(request))
    }

    /// The corresponding kernel function is `kmem_cache_alloc` (mm/slub.c, 6.1).
    @usableFromInline
    mutating func allocateObject(_ cache: VirtualAddress, _ gfp: GFPFlags) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return .pointer(core.allocateObject(fromCacheAt: cache.rawValue, gfp))
    }

    /// The corresponding kernel function is `kmem_cache_free` (mm/slub.c, 6.1).
    @usableFromInline
    mutating func freeObject(_ cache: VirtualAddress, _ object: VirtualAddress) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.freeObject(object.rawValue, toCacheAt: cache.rawValue)
        return Outcome(.void)
    }

    /// The corresponding kernel function is `kmem_cache_shrink` (mm/slab_common.c, 6.1).
    @usableFromInline
    mutating func shrinkCache(_ cache: VirtualAddress) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return Outcome(.number(core.shrinkCache(at: cache.rawValue)))
    }

    /// The corresponding kernel function is `kmem_cache_destroy` (mm/slab_common.c, 6.1).
    @usableFromInline
    mutating func destroyCache(_ cache: VirtualAddress) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.destroyCache(at: cache.rawValue)
        return Outcome(.void)
    }
}

extension Outcome {
    /// A pointer, NULL if it is 0.
    @inline(__always)
    static func pointer(_ address: UInt64) -> Outcome {
        if _slowPath(address == 0) { return Outcome(.null) }
        return Outcome(.address(VirtualAddress(address)))
    }
}
