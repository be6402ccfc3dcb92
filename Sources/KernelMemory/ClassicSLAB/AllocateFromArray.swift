/// Taking an object from a cache and giving it back: from and to the CPU's own array.
extension Core {
    /// Allocates an object.
    ///
    /// - Parameters:
    ///   - cache: the cache's number.
    ///   - requested: bytes that the caller asked for, at most 8,192; 0 for all of the object.
    /// - Returns: the object's address; 0 if there was no memory for a new slab.
    /// - Complexity: O(1) from the CPU's array; a refill costs O(batch), a new slab O(its objects).
    ///
    /// The corresponding kernel function is `____cache_alloc` (mm/slab.c, 6.1).
    @inline(never)
    func allocateFromArray(_ cache: UInt32, _ gfp: GFPFlags, requested: UInt32) -> UInt64 {
        let owner = classicCache(cache)
        let array = owner.array(control.pointee.cpu)
        if array.pointee.count == 0, !refillArray(cache, gfp) { return 0 }
        array.pointee.touched = 1
        let address = array.pop()
        explain(
            .arrayHit,
            [
                "cache": cold.registry.name(cache), "cpu": control.pointee.cpu,
                "object": VirtualAddress(address), "left": array.pointee.count,
            ])
        if let record = record(of: address, cache), !record.pointee.isLive {
            record.pointee.own(requested: requested, step: control.pointee.step)
        } else {
            noteOwner(cache, address, requested: requested)
        }
        if gfp.contains(.zero) {
            explain(.objectCleared, ["bytes": owner.pointee.common.geometry.objectSize])
            clear(address, owner.pointee.common.geometry.objectSize)
        }
        return isHalted ? 0 : address
    }

    /// Makes bytes zero; faults where nothing is mapped, for an array may have held anything.
    private func clear(_ address: UInt64, _ size: UInt32) {
        guard directFrame(address) != nil, directFrame(address + UInt64(size) - 1) != nil else {
            return oopsOnAccess(to: address, isWrite: true)
        }
        clearObject(address, size)
    }

    /// Frees an object, or whatever the caller says is one.
    ///
    /// The kernel trusts its caller: what is freed twice stands in the array twice. The simulator
    /// records it.
    ///
    /// - Parameters:
    ///   - cache: the cache to free to, which is the object's own unless the caller errs.
    ///   - address: what the caller passed; need not be the start of an object.
    ///
    /// The corresponding kernel function is `___cache_free` (mm/slab.c, 6.1).
    @inline(never)
    func freeToArray(_ cache: UInt32, _ address: UInt64) {
        let owner = classicCache(cache)
        if let record = record(of: address, cache), record.pointee.isLive {
            record.pointee.disown(step: control.pointee.step)
        } else {
            noteStrangeFree(address)
        }
        let array = owner.array(control.pointee.cpu)
        if array.pointee.count == array.pointee.limit {
            flushArray(cache)
            if isHalted { return }
        }
        explain(
            .arrayPut,
            [
                "cache": cold.registry.name(cache), "cpu": control.pointee.cpu,
                "object": VirtualAddress(address), "count": array.pointee.count + 1,
                "limit": array.pointee.limit,
            ])
        array.push(address)
    }

    /// Frees an object to the cache that the caller names, which the kernel believes.
    ///
    /// The corresponding kernel function is `kmem_cache_free` (mm/slab.c, 6.1).
    func freeObject(_ object: UInt64, toArrayOf cache: UInt32) {
        let slab = slabNumber(at: object)
        if slab.map({ readSlab($0).pointee.cache }) != cache {
            let block = slab == nil ? directFrame(object).flatMap { liveBlock(covering: $0) } : nil
            noteMisuse(
                .wrongCache, at: object, slab.flatMap { nearestObject(to: object, in: $0) },
                allocatedAtStep: block?.step, cache: cold.registry.name(cache))
            markCorrupted()
        }
        freeToArray(cache, object)
    }

    /// The record of an object that is really one of a cache's; `nil` of anything else.
    @inline(__always)
    private func record(
        of address: UInt64, _ cache: UInt32
    ) -> UnsafeMutablePointer<ObjectRecord>? {
        let pfn = frameNumber(behind: VirtualAddress(address))
        guard pfn < UInt64(frames.limit) else { return nil }
        guard let number = slabNumber(of: UInt32(pfn)) else { return nil }
        let slab = slab(number)
        guard slab.pointee.cache == cache else { return nil }
        let offset = address &- slab.pointee.base
        let index = slab.pointee.index(ofOffset: offset)
        guard index < UInt64(slab.pointee.objects), index &* UInt64(slab.pointee.size) == offset
        else { return nil }
        return slab.record(UInt16(truncatingIfNeeded: index))
    }

    /// A free that breaks a rule, or of another cache's object.
    private func noteStrangeFree(_ address: UInt64) {
        guard let number = slabNumber(at: address) else { return markCorrupted() }
        noteFree(number, address, isChecked: false)
    }
}
