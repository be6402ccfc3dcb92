/// A new slab for a cache.
extension Core {
    /// Cuts fresh pages into objects, all of them free, in ascending order.
    ///
    /// - Returns: the slab's number, on no list yet; ``NodeTable/none`` if there is no memory.
    /// - Complexity: O(objects).
    ///
    /// The corresponding kernel function is `cache_grow_begin` (mm/slab.c, 6.1).
    func growCache(_ cache: UInt32, _ gfp: GFPFlags) -> UInt32 {
        let owner = classicCache(cache)
        let layout = owner.pointee.layout
        let geometry = owner.pointee.common.geometry
        let gfp = withoutForeignZones(gfp)
        warnIfZeroing(geometry, gfp, at: "mm/slab.c:2559", in: "cache_grow_begin")
        let flags = gfp.intersection(.slabMask).subtracting(.noFail)
        let number = slabs.pointee.insert(size: Slab.nodeSize(objects: layout.objects))
        explain(
            .slabNewWanted,
            [
                "cache": cold.registry.name(cache), "order": layout.order,
                "objects": layout.objects,
            ])
        let pfn = allocateSlabPages(
            flags.union(geometry.allocationFlags), order: layout.order, slab: number)
        if pfn == noFrame {
            slabs.pointee.remove(number)
            return NodeTable.none
        }
        let start = directAddress(pfn)
        let slab = slab(number)
        slab.initialize(
            to: Slab(
                base: start + UInt64(nextColour(owner)), pfn: pfn, cache: cache,
                next: NodeTable.none, previous: NodeTable.none, chainLength: cache, head: 0,
                inuse: 0, objects: UInt16(layout.objects), order: UInt8(layout.order),
                isFrozen: false, size: geometry.size,
                reciprocal: geometry.reciprocal))
        guard let list = placeFreeList(of: slab, layout, flags) else {
            slabs.pointee.remove(number)
            freeSlabPages(pfn, order: layout.order)
            return NodeTable.none
        }
        slab.pointee.freeList = list
        for index in 0..<slab.pointee.objects { slab.record(index).pointee.link = index }
        construct(number, geometry)
        explain(.slabNew, slabFields(number))
        explain(
            .slabColour,
            ["offset_bytes": slab.pointee.base - start, "colours": layout.colours])
        return number
    }

    /// Bytes before the first object of the next slab: slabs of a cache begin at different places,
    /// so that equal fields of their objects do not all fall into one line of the processor's cache.
    private func nextColour(_ owner: UnsafeMutablePointer<ClassicCache>) -> UInt32 {
        owner.pointee.colourNext += 1
        if owner.pointee.colourNext >= owner.pointee.layout.colours {
            owner.pointee.colourNext = 0
        }
        return owner.pointee.colourNext * owner.pointee.layout.colourStep
    }

    /// Where a new slab's list of free objects stands; `nil` if there is no memory for it.
    ///
    /// The corresponding kernel function is `alloc_slabmgmt` (mm/slab.c, 6.1).
    private func placeFreeList(
        of slab: UnsafeMutablePointer<Slab>, _ layout: SlabLayout, _ flags: GFPFlags
    ) -> UInt64? {
        switch layout.freeListPlace {
        case .inFreeObject:
            return slab.pointee.base + UInt64((layout.objects - 1) * layout.size)
        case .endOfSlab:
            let end = directAddress(slab.pointee.pfn) + 4096 << UInt64(layout.order)
            return end - UInt64(layout.freeListSize)
        case .offSlab:
            let gfp = flags.subtracting([.hardwall, .thisNode])
            let list = kmallocForKernel(UInt64(layout.freeListSize), gfp)
            return list == 0 ? nil : list
        }
    }

    /// Puts a new slab onto one of the cache's lists.
    ///
    /// The corresponding kernel function is `cache_grow_end` (mm/slab.c, 6.1).
    func addGrown(_ number: UInt32, to cache: UInt32) {
        let owner = classicCache(cache)
        let slab = slab(number)
        // Frees to a wrong cache leave the counts of both wrong, and they may go round.
        owner.pointee.common.slabCount &+= 1
        owner.pointee.common.objectCount &+= UInt32(slab.pointee.objects)
        if slab.pointee.inuse == 0 {
            link(number, to: .free, of: cache, atTail: true)
        } else {
            sort(number, into: cache)
        }
        owner.pointee.freeObjects &+= UInt32(slab.pointee.objects - slab.pointee.inuse)
    }
}
