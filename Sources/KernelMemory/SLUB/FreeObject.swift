/// Giving an object back to its cache.
extension Core {
    /// Frees an object of a slab.
    ///
    /// The kernel trusts its caller: a second free links the object twice. The simulator records it.
    ///
    /// - Parameters:
    ///   - number: the slab, as the object's page says; once a rule was broken it may be wrong.
    ///   - address: what the caller passed; need not be the start of an object.
    ///
    /// The corresponding kernel function is `do_slab_free` (mm/slub.c, 6.1).
    @inline(__always)
    func freeObject(_ number: UInt32, _ address: UInt64) {
        guard let slab = ownSlab(number) else { return freeObjectSlowly(number, address) }
        let offset = address &- slab.pointee.base
        let index = slab.pointee.index(ofOffset: offset)
        let record = slab.record(UInt16(truncatingIfNeeded: index))
        guard _fastPath(index < UInt64(slab.pointee.objects)),
            _fastPath(index &* UInt64(slab.pointee.size) == offset),
            UInt32(slab.pointee.cpu) == control.pointee.cpu, _fastPath(record.pointee.isLive),
            _fastPath(slab.pointee.cpuHead != ObjectIndex.stray)
        else { return freeObjectSlowly(number, address) }
        record.pointee.disown(step: control.pointee.step)
        record.pointee.link = slab.pointee.cpuHead
        slab.pointee.cpuHead = UInt16(truncatingIfNeeded: index)
    }

    @inline(never)
    func freeObjectSlowly(_ number: UInt32, _ address: UInt64) {
        if isTooWide(address) { return }
        if isCorrupted, slabNumber(at: address) != number {
            return kfreeLarge(address, frameNumber(behind: VirtualAddress(address)))
        }
        if hasArrayCaches { return freeToArray(readSlab(number).pointee.cache, address) }
        let cache = slab(number).pointee.cache
        noteFree(number, address, isChecked: slubCache(cache).pointee.geometry.flags.isDebugging)
        freeObject(cache, number, address)
    }

    /// Frees an object through a cache, which need not be the one that it is from.
    func freeObject(_ cache: UInt32, _ number: UInt32, _ address: UInt64) {
        let owner = slubCache(cache)
        if owner.pointee.geometry.flags.isDebugging { return freeChecked(cache, number, address) }
        if owner.cpu(control.pointee.cpu).pointee.slab == number {
            explain(.slabFreeToCPU, slabFields(number))
            setFreePointer(of: address, to: cpuHead(cache), owner)
            if !isHalted { setCPUHead(cache, address) }
        } else {
            freeToSlab(cache, number, address)
        }
    }

    /// Gives an object back to a slab that is not the CPU's own.
    ///
    /// A slab that was full is kept by the CPU from now on; one that became empty goes back to
    /// the page allocator if the cache has enough of them.
    ///
    /// The corresponding kernel function is `__slab_free` (mm/slub.c, 6.1).
    private func freeToSlab(_ cache: UInt32, _ number: UInt32, _ address: UInt64) {
        let slab = slab(number)
        let owner = slubCache(cache)
        let wasFull = slab.pointee.head == ObjectIndex.none
        push(address, onto: number, owner)
        if isHalted { return }
        slab.pointee.inuse &-= 1
        explain(.slabFreeToSlab, slabFields(number))
        if slab.pointee.isFrozen { return }
        if wasFull {
            slab.pointee.isFrozen = true
            explain(.slabKeptByCPU, slabFields(number))
            putCPUPartial(cache, number, mayDrain: true)
        } else if slab.pointee.inuse == 0,
            owner.pointee.partial.count >= owner.pointee.geometry.minPartial
        {
            removePartial(cache, number)
            if !isHalted { discardSlab(cache, number) }
        } else if slab.pointee.inuse == 0 {
            explain(.slabEmptyKept, slabFields(number))
        }
    }

    /// Makes an object the first on a slab's list.
    ///
    /// Between objects of the slab the link is a number; through another cache, after a stray pointer
    /// or for what is no object it is a pointer in memory.
    private func push(_ address: UInt64, onto number: UInt32, _ owner: UnsafePointer<SlubCache>) {
        let slab = slab(number)
        if slab.pointee.head != ObjectIndex.stray,
            let place = linkedPlace(of: address, owner), place.slab == number
        {
            slab.record(place.index).pointee.link = slab.pointee.head
            slab.pointee.head = place.index
            return
        }
        setFreePointer(of: address, to: slabHead(number), owner)
        if !isHalted { setSlabHead(number, address) }
    }
}
