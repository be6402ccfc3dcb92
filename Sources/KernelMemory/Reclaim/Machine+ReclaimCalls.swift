/// Memory that can be taken back and memory that cannot, as calls of a machine.
extension Machine {
    /// The corresponding kernel function is `register_shrinker` (mm/vmscan.c, 6.1).
    @usableFromInline
    mutating func registerShrinker(_ cache: VirtualAddress) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.registerShrinker(at: cache.rawValue)
        return Outcome(.number(0))
    }

    /// The corresponding kernel function is `unregister_shrinker` (mm/vmscan.c, 6.1).
    @usableFromInline
    mutating func unregisterShrinker(_ cache: VirtualAddress) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.unregisterShrinker(at: cache.rawValue)
        return Outcome(.void)
    }

    /// The corresponding kernel function is `list_lru_add` (mm/list_lru.c, 6.1).
    @usableFromInline
    mutating func markUnused(_ cache: VirtualAddress, _ object: VirtualAddress) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return Outcome(.number(core.markUnused(object.rawValue, ofCacheAt: cache.rawValue) ? 1 : 0))
    }

    /// The corresponding kernel function is `list_lru_del` (mm/list_lru.c, 6.1).
    @usableFromInline
    mutating func markUsed(_ cache: VirtualAddress, _ object: VirtualAddress) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return Outcome(.number(core.markUsed(object.rawValue, ofCacheAt: cache.rawValue) ? 1 : 0))
    }

    /// The corresponding kernel function is `drop_slab` (mm/vmscan.c, 6.1).
    @usableFromInline
    mutating func dropSlab() -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return Outcome(.number(UInt64(core.dropSlab())))
    }

    @usableFromInline
    mutating func createFreeList(_ request: CacheRequest) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        let list = core.createFreeList(request.name, size: request.size)
        return Outcome(list == 0 ? .null : .number(UInt64(list)))
    }

    @usableFromInline
    mutating func getFromFreeList(_ list: UInt32, _ gfp: GFPFlags) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        let object = core.getFromFreeList(list, gfp)
        return Outcome(object == 0 ? .null : .address(VirtualAddress(object)))
    }

    @usableFromInline
    mutating func putOnFreeList(_ list: UInt32, _ object: VirtualAddress) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.putOnFreeList(list, object.rawValue)
        return Outcome(.void)
    }
}
