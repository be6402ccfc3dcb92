import KernelMemory

/// Caches and slabs.
extension JSONWriter {
    /// Writes the members that every slab allocator's caches have.
    mutating func cache(_ cache: CacheSnapshot) {
        member("name", cache.name)
        array("aliases") { json in cache.aliases.forEach { json.text($0) } }
        member("address", address: cache.address.rawValue)
        member("object_size", cache.objectSize)
        member("size", cache.size)
        member("align", cache.align)
        array("flags") { json in cache.flags.knownNames.forEach { json.text($0) } }
        constructor(cache.constructor)
        member("refcount", cache.users)
        member("order", cache.order)
        member("objects_per_slab", cache.objectsPerSlab)
        member("nr_slabs", cache.slabCount)
        member("pages", cache.pageCount)
        member("total_objects", cache.objectCount)
        member("active_objects", cache.activeCount)
        member("live_objects", cache.liveCount)
        if let count = cache.unusedCount { member("unused_objects", count) }
        member("bytes_requested", cache.requestedBytes)
        member("bytes_allocated", cache.allocatedBytes)
        object("waste") { json in
            json.member("rounding_bytes", cache.roundingBytes)
            json.member("free_object_bytes", cache.freeBytes)
            json.member("slab_tail_bytes", cache.tailBytes)
        }
    }

    private mutating func constructor(_ constructor: Constructor) {
        key("ctor")
        switch constructor {
        case .none: null()
        case .unknown: text("unknown")
        case .fill(let byte): address(UInt64(byte))
        }
    }

    /// Writes what SLUB keeps of a cache.
    mutating func slub(_ slub: SlubSnapshot) {
        member("offset", slub.freePointerOffset)
        member("inuse", slub.inuse)
        member("red_left_pad", slub.redLeftPad)
        member("min_order", slub.minOrder)
        member("min_objects", slub.minObjects)
        member("min_partial", slub.minPartial)
        member("cpu_partial", slub.cpuPartial)
        member("cpu_partial_slabs", slub.cpuPartialSlabs)
        frames("partial", slub.partial, truncated: "partial_truncated")
        array("per_cpu") { json in
            for cpu in slub.cpus {
                json.object { json in
                    json.member("cpu", cpu.cpu)
                    json.member("slab", orNull: cpu.slab?.rawValue)
                    json.freeList(cpu.freeList)
                    json.frames("partial", cpu.partial, truncated: "partial_truncated")
                }
            }
        }
    }

    /// Slabs that are named of one list.
    private static let frameLimit = 1_000

    /// Writes the first frames of a list of slabs, and a further member if there are more.
    private mutating func frames(
        _ name: StaticString, _ pfns: [PageFrameNumber], truncated: StaticString
    ) {
        array(name) { json in
            pfns.prefix(Self.frameLimit).forEach { json.number($0.rawValue) }
        }
        if pfns.count > Self.frameLimit { member(truncated, true) }
    }

    /// Writes what the classic allocator keeps of a cache.
    mutating func classicSlab(_ classic: ClassicSnapshot, _ cache: CacheSnapshot) {
        member("limit", cache.tunables.limit)
        member("batchcount", cache.tunables.batchCount)
        member("shared_factor", cache.tunables.sharedFactor)
        member("colour", classic.colours)
        member("colour_off", classic.colourStep)
        member("colour_next", classic.colourNext)
        member("freelist_place", classic.freeListPlace.rawValue)
        member("free_objects", classic.freeObjects)
        member("free_limit", classic.freeLimit)
        array("per_cpu") { json in
            for (cpu, array) in classic.cpus.enumerated() {
                json.object { json in
                    json.member("cpu", cpu)
                    json.arrayCache(array)
                }
            }
        }
        key("shared")
        if let shared = classic.shared {
            object { json in json.arrayCache(shared) }
        } else {
            null()
        }
        let lists = classic.lists
        frames("slabs_partial", lists.partial, truncated: "slabs_partial_truncated")
        frames("slabs_free", lists.free, truncated: "slabs_free_truncated")
        frames("slabs_full", lists.full, truncated: "slabs_full_truncated")
    }

    private mutating func arrayCache(_ cache: ClassicSnapshot.Array) {
        member("avail", cache.objects.count)
        member("limit", cache.limit)
        member("touched", cache.isTouched)
        array("entries") { json in cache.objects.forEach { json.address($0.rawValue) } }
    }

    /// Writes `freelist` and, for a list that does not end as it should, `freelist_fault`.
    private mutating func freeList(_ list: FreeList) {
        array("freelist") { json in list.objects.forEach { json.number($0) } }
        switch list.fault {
        case nil: break
        case .loop(let index): member("freelist_fault", "goes round: back to object \(index)")
        case .stray(let address):
            member(
                "freelist_fault",
                "goes astray: on to \(address), which is no object of the slab")
        }
    }

    /// Writes the members of a slab.
    mutating func slab(_ slab: SlabSnapshot) {
        member("pfn", slab.pfn.rawValue)
        member("order", slab.order)
        member("address", address: slab.address.rawValue)
        member("objects", slab.objectCount)
        member("inuse", slab.inuse)
        member("live_objects", slab.owners.count { $0 != .nobody })
        member("frozen", slab.isFrozen)
        member("list", slab.list.rawValue)
        member("cpu", orNull: slab.cpu)
        freeList(slab.freeList)
        key("map")
        string { json in slab.owners.forEach { json.raw($0.letter) } }
    }
}

extension SlabSnapshot.Owner {
    /// How a map of a slab shows an object.
    fileprivate var letter: UInt8 {
        switch self {
        case .nobody: UInt8(ascii: ".")
        case .caller: UInt8(ascii: "#")
        case .unused: UInt8(ascii: "u")
        case .kernel: UInt8(ascii: "k")
        }
    }
}
