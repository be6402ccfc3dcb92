/// Slabs come from the page allocator and go back to it.
extension Core {
    /// Cuts fresh pages into objects, all of them free and linked in ascending order.
    ///
    /// Tries the cache's usual order without insisting, then the smallest that holds an object.
    ///
    /// - Returns: the slab's number; ``NodeTable/none`` if there are no pages.
    /// - Complexity: O(objects).
    ///
    /// The corresponding kernel functions are `new_slab` and `allocate_slab` (mm/slub.c, 6.1).
    func makeSlab(_ cache: UInt32, _ gfp: GFPFlags) -> UInt32 {
        let geometry = slubCache(cache).pointee.geometry
        let gfp = withoutForeignZones(gfp)
        warnIfZeroing(geometry, gfp, at: "mm/slub.c:2001", in: "new_slab")
        let flags = gfp.intersection(.slabMask).union(geometry.allocationFlags)
        var attempt = flags.union([.noWarn, .noRetry]).subtracting(.noFail)
        if attempt.contains(.directReclaim), geometry.order > geometry.minOrder {
            attempt = attempt.union(.noMemalloc).subtracting(.reclaim)
        }
        let size = Slab.nodeSize(objects: geometry.objects)
        let number = slabs.pointee.insert(size: size)
        var (order, objects) = (geometry.order, geometry.objects)
        explain(
            .slabNewWanted,
            ["cache": cold.registry.name(cache), "order": order, "objects": objects])
        var pfn = allocateSlabPages(attempt, order: order, slab: number)
        if pfn == noFrame, !isHalted {
            (order, objects) = (geometry.minOrder, geometry.minObjects)
            explain(
                .slabSmallerOrder,
                ["cache": cold.registry.name(cache), "order": order, "objects": objects])
            pfn = allocateSlabPages(flags, order: order, slab: number)
        }
        if pfn == noFrame {
            slabs.pointee.remove(number)
            return NodeTable.none
        }
        fill(number, cache, pfn, order: order, objects: objects)
        explain(.slabNew, slabFields(number))
        return number
    }

    private func fill(
        _ number: UInt32, _ cache: UInt32, _ pfn: UInt32, order: UInt32, objects: UInt32
    ) {
        let owner = slubCache(cache)
        let geometry = owner.pointee.geometry
        let slab = slab(number)
        slab.initialize(
            to: Slab(
                base: directAddress(pfn) + UInt64(geometry.redLeftPad), pfn: pfn, cache: cache,
                next: NodeTable.none, previous: NodeTable.none, chainLength: 0, head: 0, inuse: 0,
                objects: UInt16(objects), order: UInt8(order), isFrozen: false,
                size: geometry.size, reciprocal: geometry.reciprocal))
        for index in 0..<UInt16(objects) {
            slab.record(index).pointee.link =
                index + 1 < UInt16(objects) ? index + 1 : ObjectIndex.none
        }
        owner.pointee.slabCount &+= 1
        owner.pointee.objectCount &+= objects
        if geometry.flags.isDebugging { prepareForChecks(number, geometry) }
        construct(number, geometry)
    }

    /// Runs the cache's constructor over a slab's objects. `setup_object`.
    func construct(_ number: UInt32, _ geometry: CacheGeometry) {
        guard case .fill(let byte) = geometry.constructor else { return }
        let slab = readSlab(number)
        let count = Int(geometry.objectSize)
        for index in 0..<UInt64(slab.pointee.objects) {
            let address = slab.pointee.base + index * UInt64(geometry.size)
            fillBytes(byte, count: count, at: physical(address))
        }
    }

    /// Gives an empty slab's pages back.
    ///
    /// The corresponding kernel function is `discard_slab` (mm/slub.c, 6.1).
    func discardSlab(_ cache: UInt32, _ number: UInt32) {
        let owner = slubCache(cache)
        let slab = readSlab(number)
        let (pfn, order, objects) = (
            slab.pointee.pfn, UInt32(slab.pointee.order), slab.pointee.objects
        )
        explain(.slabDiscarded, slabFields(number))
        if isCorrupted { forgetObjects(of: number) }
        leaveFreePointers(of: number)
        if isCorrupted { takeFromCPUs(number) }
        unlinkSlub(number)
        owner.pointee.slabCount &-= 1
        owner.pointee.objectCount &-= UInt32(objects)
        slabs.pointee.remove(number)
        freeSlabPages(pfn, order: order)
    }

    /// A slab that a CPU still takes objects from, although the kernel gives its pages away: here the
    /// CPU loses it, where the kernel would go on with what is no longer its own.
    func takeFromCPUs(_ number: UInt32) {
        for cache in cold.registry.order {
            for cpu in 0..<UInt32(shape.cpuCount) {
                guard readSlubCache(cache).cpu(cpu).pointee.slab == number else { continue }
                slubCache(cache).cpu(cpu).pointee.slab = NodeTable.none
            }
        }
        slab(number).pointee.cpu = Slab.noCPU
        slab(number).pointee.cpuHead = ObjectIndex.none
    }

    /// A slab that was freed under the owners of its objects.
    func forgetObjects(of number: UInt32) {
        for index in 0..<readSlab(number).pointee.objects
        where readSlab(number).record(index).pointee.isLive {
            forgetObject(ObjectPlace(slab: number, index: index))
        }
    }
}

extension GFPFlags {
    /// What a cache's caller may decide about the pages of a new slab.
    ///
    /// The corresponding kernel constants are `GFP_RECLAIM_MASK` and `GFP_CONSTRAINT_MASK`.
    static let slabMask: GFPFlags = [
        .reclaim, .high, .io, .fs, .noWarn, .retryMayFail, .noFail, .noRetry, .memalloc,
        .noMemalloc, .atomic, .hardwall, .thisNode,
    ]
}
