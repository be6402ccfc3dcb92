/// Taking an object from a cache: from the CPU's own list without a lock, or along the slow path.
extension Core {
    /// Allocates an object.
    ///
    /// - Parameters:
    ///   - cache: the cache's number.
    ///   - requested: bytes that the caller asked for, at most 8,192; 0 for all of the object.
    /// - Returns: the object's address; 0 if there was no memory for a new slab, and then nothing
    ///   has changed.
    /// - Complexity: O(1) from the CPU's list; a new slab costs O(its objects).
    ///
    /// The corresponding kernel function is `slab_alloc_node` (mm/slub.c, 6.1).
    func allocateObject(_ cache: UInt32, _ gfp: GFPFlags, requested: UInt32) -> UInt64 {
        mightAllocate(gfp, .allocation)
        if hasArrayCaches { return allocateFromArray(cache, gfp, requested: requested) }
        // Once a rule was broken, what is at hand may be no object of the slab any more.
        guard !isWatched, let free = takeFree(cache, requested) else {
            return allocateObjectSlowly(cache, gfp, requested: requested)
        }
        let object = free.slab.pointee.base &+ UInt64(free.index) &* UInt64(free.slab.pointee.size)
        if gfp.contains(.zero) { clear(free, object, cache) }
        return object
    }

    /// Takes the first of the CPU's own free objects, without a lock.
    ///
    /// - Returns: 0 if it has none or anything about it is unusual; then nothing has changed.
    @inline(__always)
    func takeObject(_ cache: UInt32, _ requested: UInt32) -> UInt64 {
        guard let free = takeFree(cache, requested) else { return 0 }
        return free.slab.pointee.base &+ UInt64(free.index) &* UInt64(free.slab.pointee.size)
    }

    /// The same, as its slab and its place in it.
    @inline(__always)
    private func takeFree(_ cache: UInt32, _ requested: UInt32) -> FreeObject? {
        let owner = caches.readable(known: cache).assumingMemoryBound(to: SlubCache.self)
        guard let slab = ownSlab(owner.cpu(control.pointee.cpu).pointee.slab) else { return nil }
        let index = slab.pointee.cpuHead
        guard _fastPath(index < ObjectIndex.stray) else { return nil }
        let record = slab.record(index)
        let next = record.pointee.link
        guard _fastPath(next != ObjectIndex.stray), _fastPath(!record.pointee.isLive) else {
            return nil
        }
        slab.pointee.cpuHead = next
        record.pointee.own(requested: requested, step: control.pointee.step)
        return FreeObject(slab: slab, index: index)
    }

    /// Takes an object for the kernel itself, cleared if that is asked for.
    ///
    /// - Returns: 0 if it is not the usual case; then nothing has changed.
    func takeForKernel(_ cache: UInt32, _ gfp: GFPFlags, _ requested: UInt32) -> UInt64 {
        if hasArrayCaches || isWatched { return 0 }
        guard let free = takeFree(cache, requested) else { return 0 }
        free.slab.record(free.index).pointee.markKernels()
        let object = free.slab.pointee.base &+ UInt64(free.index) &* UInt64(free.slab.pointee.size)
        if gfp.contains(.zero) { clear(free, object, cache) }
        return object
    }

    private struct FreeObject {
        var slab: UnsafeMutablePointer<Slab>
        var index: UInt16
    }

    /// Makes the bytes of an object zero that was just taken.
    private func clear(_ taken: FreeObject, _ object: UInt64, _ cache: UInt32) {
        let size = readCache(cache).pointee.geometry.objectSize
        let offset = Int(object & 4095)
        guard offset + Int(size) <= Page.sizeInBytes, let pfn = directFrame(object) else {
            return clearObject(object, size)
        }
        // From now on the slot is bytes like all others: zeroes.
        taken.slab.record(taken.index).pointee.link = ObjectIndex.stray
        if !contents.isZero(pfn) {
            (contents.writable(pfn) + offset)
                .initializeMemory(as: UInt8.self, repeating: 0, count: Int(size))
        }
    }

    @inline(never)
    private func allocateObjectSlowly(
        _ cache: UInt32, _ gfp: GFPFlags, requested: UInt32
    ) -> UInt64 {
        let owner = slubCache(cache)
        if owner.pointee.geometry.flags.isDebugging {
            return allocateChecked(cache, gfp, requested: requested)
        }
        if cpuHead(cache) == 0, !refill(cache, gfp) { return 0 }
        let address = popObject(cache)
        if address == 0 || isHalted { return 0 }
        noteOwner(cache, address, requested: requested)
        if gfp.contains(.zero) {
            explain(.objectCleared, ["bytes": owner.pointee.geometry.objectSize])
            clearObject(address, owner.pointee.geometry.objectSize)
        }
        return address
    }

    /// Takes the object at the head of the CPU's list, which is not empty.
    private func popObject(_ cache: UInt32) -> UInt64 {
        let owner = slubCache(cache)
        let address = cpuHead(cache)
        let next = freePointer(of: address, owner)
        if isHalted { return 0 }
        explain(
            .slabCPUFreelist,
            [
                "cache": cold.registry.name(cache), "cpu": control.pointee.cpu,
                "object": VirtualAddress(address), "next": VirtualAddress(next),
            ])
        setCPUHead(cache, next)
        return address
    }
}

// MARK: - When the CPU's list is empty

extension Core {
    /// Finds free objects for the CPU: those that others gave back to its slab, then a slab that it
    /// keeps, then one from the cache's list, then a new one.
    ///
    /// - Returns: whether there are some now.
    ///
    /// The corresponding kernel function is `___slab_alloc` (mm/slub.c, 6.1).
    private func refill(_ cache: UInt32, _ gfp: GFPFlags) -> Bool {
        let owner = slubCache(cache)
        let cpu = owner.cpu(control.pointee.cpu)
        while true {
            if cpu.pointee.slab != NodeTable.none {
                if takeFreeList(cache, cpu.pointee.slab) {
                    explain(.slabFreeListTaken, slabFields(cpu.pointee.slab))
                    return true
                }
                explain(.slabFull, slabFields(cpu.pointee.slab))
                _ = releaseCPUSlab(cache)
            }
            if cpu.pointee.partial != NodeTable.none {
                let first = cpu.pointee.partial
                explain(.slabCPUPartial, slabFields(first))
                cpu.pointee.partial = slab(first).pointee.next
                slab(first).pointee.slubList = .none
                setCPUSlab(cache, first)
                continue
            }
            return takePartial(cache) || takeNewSlab(cache, gfp)
        }
    }

    /// Makes the free objects of the CPU's slab the CPU's own; a slab without any is let go.
    ///
    /// The corresponding kernel function is `get_freelist` (mm/slub.c, 6.1).
    private func takeFreeList(_ cache: UInt32, _ number: UInt32) -> Bool {
        let slab = slab(number)
        let head = slabHead(number)
        slab.pointee.inuse = slab.pointee.objects
        slab.pointee.isFrozen = head != 0
        if head == 0 { return false }
        setSlabHead(number, 0)
        setCPUHead(cache, head)
        return true
    }

    /// Takes slabs from the cache's list: the first for the CPU to use now, some more to keep.
    ///
    /// The corresponding kernel function is `get_partial_node` (mm/slub.c, 6.1).
    private func takePartial(_ cache: UInt32) -> Bool {
        let owner = slubCache(cache)
        let cpu = owner.cpu(control.pointee.cpu)
        var extra: UInt32 = 0
        while owner.pointee.partial.first != NodeTable.none {
            let number = owner.pointee.partial.first
            removePartial(cache, number)
            if isHalted { return false }
            let slab = slab(number)
            slab.pointee.isFrozen = true
            if cpu.pointee.slab == NodeTable.none {
                explain(.slabNodePartial, slabFields(number))
                setCPUSlab(cache, number)
            } else {
                explain(.slabKeptByCPU, slabFields(number))
                putCPUPartial(cache, number, mayDrain: false)
                extra += 1
            }
            if extra > owner.pointee.geometry.cpuPartialSlabs / 2 { break }
        }
        return cpu.pointee.slab != NodeTable.none && takeFreeList(cache, cpu.pointee.slab)
    }

    private func takeNewSlab(_ cache: UInt32, _ gfp: GFPFlags) -> Bool {
        let number = makeSlab(cache, gfp)
        if number == NodeTable.none { return false }
        setCPUSlab(cache, number)
        slab(number).pointee.isFrozen = true
        return takeFreeList(cache, number)
    }
}

// MARK: - The slab that a CPU takes from

extension Core {
    /// Makes a slab the one that the CPU takes objects from.
    private func setCPUSlab(_ cache: UInt32, _ number: UInt32) {
        if isCorrupted { takeFromCPUs(number) }
        slubCache(cache).cpu(control.pointee.cpu).pointee.slab = number
        // The fast paths know nothing of slabs that a caller's mistake brought to another cache.
        let isOwn = slab(number).pointee.cache == cache
        slab(number).pointee.cpu = isOwn ? UInt8(control.pointee.cpu) : Slab.noCPU
        slab(number).pointee.cpuHead = ObjectIndex.none
    }

    /// Leaves the CPU without a slab, and the slab without what the CPU had of it.
    ///
    /// - Returns: the slab that it had.
    func releaseCPUSlab(_ cache: UInt32) -> UInt32 {
        let cpu = slubCache(cache).cpu(control.pointee.cpu)
        let number = cpu.pointee.slab
        cpu.pointee.slab = NodeTable.none
        slab(number).pointee.cpu = Slab.noCPU
        slab(number).pointee.cpuHead = ObjectIndex.none
        return number
    }
}

// MARK: - Ownership, as the simulator knows it

extension Core {
    /// Notes who owns an object, and if somebody did already.
    func noteOwner(_ cache: UInt32, _ address: UInt64, requested: UInt32) {
        guard let place = objectPlace(of: address) else {
            return noteMisuse(.strayObject, at: address, cache: cold.registry.name(cache))
        }
        let record = slab(place.slab).record(place.index)
        if record.pointee.isLive {
            noteMisuse(.objectHandedOutTwice, at: address, place)
            forgetObject(place)
        }
        record.pointee.own(requested: requested, step: control.pointee.step)
    }

    /// Notes that nobody owns an object any more; it must have an owner.
    func forgetObject(_ place: ObjectPlace) {
        let record = slab(place.slab).record(place.index)
        record.pointee.disown(step: control.pointee.step)
    }
}
