/// Frees that break a rule, as the simulator knows them, and the checked ways of debug kernels.
extension Core {
    /// An object that is free already.
    func noteDoubleFree(_ address: UInt64, _ record: ObjectRecord) {
        noteMisuse(
            .objectFreedTwice, pfn: nil, order: 0, allocatedAtStep: record.allocated,
            freedAtStep: record.freed)
        markCorrupted()
    }

    /// An address that no object starts at.
    func noteWildFree(_ address: UInt64, _ slab: UInt32) {
        noteMisuse(.freeInsideObject, pfn: nil, order: 0)
        markCorrupted()
    }

    /// An object of another cache.
    func noteWrongCache(_ address: UInt64, _ cache: UInt32, _ slab: UInt32) {
        noteMisuse(.wrongCache, pfn: nil, order: 0)
    }

    /// Allocates from a cache that checks every call: straight from a slab, never from a CPU's list.
    ///
    /// The corresponding kernel functions are `alloc_single_from_partial` and
    /// `alloc_single_from_new_slab` (mm/slub.c, 6.1).
    func allocateChecked(_ cache: UInt32, _ gfp: GFPFlags, requested: UInt32) -> UInt64 {
        let owner = slubCache(cache)
        var number = owner.pointee.partial.first
        if number == NodeTable.none {
            number = makeSlab(cache, gfp)
            if number == NodeTable.none { return 0 }
            addPartial(cache, number, toHead: true)
        }
        let object = slabHead(number)
        setSlabHead(number, freePointer(of: object, owner))
        slab(number).pointee.inuse &+= 1
        if slab(number).pointee.inuse == slab(number).pointee.objects {
            removePartial(cache, number)
        }
        noteOwner(cache, object, requested: requested)
        if gfp.contains(.zero) { clearObject(object, owner.pointee.geometry.objectSize) }
        return object
    }

    /// Frees to a cache that checks every call.
    ///
    /// The corresponding kernel function is `free_to_partial_list` (mm/slub.c, 6.1).
    func freeChecked(_ number: UInt32, _ address: UInt64) {
        let slab = slab(number)
        let cache = slab.pointee.cache
        let owner = slubCache(cache)
        let prior = slabHead(number)
        setFreePointer(of: address, to: prior, owner)
        setSlabHead(number, address)
        let wasFull = slab.pointee.inuse == slab.pointee.objects
        slab.pointee.inuse &-= 1
        if wasFull { addPartial(cache, number) }
        if slab.pointee.inuse == 0,
            owner.pointee.partial.count > owner.pointee.geometry.minPartial
        {
            removePartial(cache, number)
            discardSlab(cache, number)
        }
    }
}
