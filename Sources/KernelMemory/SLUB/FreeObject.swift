/// Giving an object back to its cache.
extension Core {
    /// Frees an object of a slab.
    ///
    /// The kernel trusts its caller: a second free links the object twice. The simulator records it.
    ///
    /// - Parameters:
    ///   - number: the slab, as found by the object's page.
    ///   - address: what the caller passed; need not be the start of an object.
    ///
    /// The corresponding kernel function is `do_slab_free` (mm/slub.c, 6.1).
    @inline(__always)
    func freeObject(_ number: UInt32, _ address: UInt64) {
        if hasArrayCaches { return freeToArray(readSlab(number).pointee.cache, address) }
        let slab = slab(number)
        let owner = slubCache(slab.pointee.cache)
        let offset = address &- slab.pointee.base
        let index = owner.pointee.geometry.index(ofOffset: offset & 0xffff_ffff)
        if index < UInt64(slab.pointee.objects),
            index &* UInt64(owner.pointee.geometry.size) == offset
        {
            let record = slab.record(UInt16(truncatingIfNeeded: index))
            let cpu = owner.cpu(control.pointee.cpu)
            if record.pointee.isLive, cpu.pointee.slab == number,
                cpu.pointee.head != ObjectIndex.stray
            {
                owner.pointee.liveCount &-= 1
                owner.pointee.requestedBytes &-= UInt64(record.pointee.requested)
                record.pointee.disown(step: control.pointee.step)
                record.pointee.link = cpu.pointee.head
                cpu.pointee.head = UInt16(truncatingIfNeeded: index)
                return
            }
        }
        freeObjectSlowly(number, address)
    }

    @inline(never)
    private func freeObjectSlowly(_ number: UInt32, _ address: UInt64) {
        let cache = slab(number).pointee.cache
        if let place = objectPlace(of: address, in: number) {
            let record = slab(number).record(place.index).pointee
            if record.isLive { forgetObject(place) } else { noteDoubleFree(address, record) }
        } else {
            noteWildFree(address, number)
        }
        let owner = slubCache(cache)
        if owner.pointee.geometry.flags.isDebugging {
            return freeChecked(number, address)
        }
        if owner.cpu(control.pointee.cpu).pointee.slab == number {
            setFreePointer(of: address, to: cpuHead(cache), owner)
            setCPUHead(cache, address)
        } else {
            freeToSlab(number, address)
        }
    }

    /// Gives an object back to a slab that is not the CPU's own.
    ///
    /// A slab that was full is kept by the CPU from now on; one that became empty goes back to
    /// the page allocator if the cache has enough of them.
    ///
    /// The corresponding kernel function is `__slab_free` (mm/slub.c, 6.1).
    private func freeToSlab(_ number: UInt32, _ address: UInt64) {
        let slab = slab(number)
        let cache = slab.pointee.cache
        let owner = slubCache(cache)
        let prior = slabHead(number)
        let wasFrozen = slab.pointee.isFrozen
        setFreePointer(of: address, to: prior, owner)
        setSlabHead(number, address)
        slab.pointee.inuse &-= 1
        if wasFrozen { return }
        if prior == 0 {
            slab.pointee.isFrozen = true
            putCPUPartial(cache, number, mayDrain: true)
        } else if slab.pointee.inuse == 0,
            owner.pointee.partial.count >= owner.pointee.geometry.minPartial
        {
            removePartial(cache, number)
            discardSlab(cache, number)
        }
    }
}
