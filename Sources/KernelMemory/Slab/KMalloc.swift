/// Bytes by size: from a cache of objects, or from the page allocator when they are many.
extension Core {
    /// Allocates bytes.
    ///
    /// - Returns: their address; ``KMallocSizes/zeroSizePointer`` for 0 bytes; 0 if there is no
    ///   memory.
    /// - Complexity: O(1) in the usual case.
    ///
    /// The corresponding kernel function is `__kmalloc` (mm/slab_common.c, 6.1).
    @inline(never)
    func kmalloc(_ size: UInt64, _ gfp: GFPFlags) -> UInt64 {
        if size > KMallocSizes.largest { return kmallocLarge(size, gfp) }
        if size == 0 {
            explain(
                .kmallocOfNothing, ["returned": VirtualAddress(KMallocSizes.zeroSizePointer)])
            return KMallocSizes.zeroSizePointer
        }
        let size = UInt32(truncatingIfNeeded: size)
        let cache = kmallocCache(size, gfp)
        explain(
            .kmallocSize,
            [
                "size_bytes": size, "cache": cold.registry.name(cache),
                "object_bytes": readCache(cache).pointee.geometry.objectSize,
                "waste_bytes": readCache(cache).pointee.geometry.objectSize - size,
            ])
        return allocateObject(cache, gfp, requested: size)
    }

    /// The usual case: the CPU has an object at hand that need not be cleared.
    ///
    /// - Returns: 0 if it is not the usual case, and then nothing has changed.
    @inline(__always)
    func kmallocAtHand(_ size: UInt64, _ gfp: GFPFlags) -> UInt64 {
        guard _fastPath(gfp.isDisjoint(with: [.dma, .reclaimable, .zero])) else { return 0 }
        let small = (size &- 1) &>> 3
        if small < atHandSmall {
            return takeObject(smallCaches[Int(small)], UInt32(truncatingIfNeeded: size))
        }
        guard small < atHandLarge else { return 0 }
        let index = 32 &- UInt32(truncatingIfNeeded: size &- 1).leadingZeroBitCount
        return takeObject(kmallocCaches[index], UInt32(truncatingIfNeeded: size))
    }

    /// The cache for a size of 1...8,192 bytes. `kmalloc_slab`.
    func kmallocCache(_ size: UInt32, _ gfp: GFPFlags) -> UInt32 {
        let family = KMallocFamily(gfp)
        let index = KMallocSizes.index(size, least: leastKMallocSize)
        return kmallocCaches[family.rawValue &* KMallocSizes.count &+ index]
    }

    /// Fills the table of the small sizes from that of all.
    func indexSmallSizes() {
        for small in 0..<KMallocSizes.smallCount {
            let size = UInt32(small + 1) * 8
            smallCaches[small] =
                kmallocCaches[
                    KMallocSizes.index(size, least: leastKMallocSize)]
        }
    }

    /// Frees what kmalloc or a cache gave; does nothing for NULL and for 0 bytes' pointer.
    ///
    /// The corresponding kernel function is `kfree` (mm/slab_common.c, 6.1).
    @inline(__always)
    func kfree(_ address: UInt64) {
        if _slowPath(isExplained) { explainedFree(address) } else { kfreeAtHand(address) }
    }

    /// The same for a call that need not be explained.
    @inline(__always)
    func kfreeAtHand(_ address: UInt64) {
        // NULL and 0 bytes' pointer are behind no slab's frame: they need no test here.
        let pfn = frameNumber(behind: VirtualAddress(address))
        if pfn < UInt64(frames.limit) {
            let frame = frames.readable(known: pfn)
            if frame.pointee.has(Frame.slab) { return freeObject(frame.pointee.next, address) }
        }
        kfreeLarge(address, pfn)
    }

    /// The same as a call of its own, of a machine that may have stopped.
    @inline(never)
    func kfreeUnlessStopped(_ address: UInt64) -> Outcome {
        if control.pointee.state & Control.stopped != 0 { return Outcome(.halted) }
        control.pointee.step &+= 1
        kfree(address)
        return Outcome(.void)
    }

    @inline(never)
    private func explainedFree(_ address: UInt64) {
        let pfn = frameNumber(behind: VirtualAddress(address))
        guard pfn < UInt64(frames.limit), frames.readable(known: pfn).pointee.has(Frame.slab) else {
            return kfreeLarge(address, pfn)
        }
        let slab = frames.readable(known: pfn).pointee.next
        if slabs.pointee.contains(slab) { explainObject(address, in: slab, UInt32(pfn)) }
        freeObjectSlowly(slab, address)
    }

    /// The bytes that an allocation really has. `ksize`.
    func ksize(_ address: UInt64) -> UInt64 {
        if address <= KMallocSizes.zeroSizePointer { return 0 }
        guard let pfn = directFrame(address), shape.hasFrame(pfn) else {
            if isBeyondDirectMap(address) { return 0 }
            noteMisuse(.wildPointer, at: address)
            oopsOnAccess(
                to: compoundHeadAddress(frameNumber(behind: VirtualAddress(address))),
                isWrite: false, in: "__ksize")
            return 0
        }
        if let slab = slabNumber(of: pfn) { return usableSize(readSlab(slab).pointee.cache) }
        return largeKSize(address, pfn)
    }

    /// The bytes that an owner of one of a cache's objects may use. `slab_ksize`.
    func usableSize(_ cache: UInt32) -> UInt64 {
        let geometry = readCache(cache).pointee.geometry
        if hasArrayCaches { return UInt64(geometry.objectSize) }
        if !geometry.flags.isDisjoint(with: [.redZone, .poison]) {
            return UInt64(geometry.objectSize)
        }
        if !geometry.flags.isDisjoint(with: [.typesafeByRCU, .storeUser]) {
            return UInt64(geometry.inuse)
        }
        return UInt64(geometry.size)
    }

    /// Moves an allocation to one of another size; keeps it where it is if it has the room.
    ///
    /// - Returns: the address from now on; 0 if there is no memory, and then the old one stays.
    ///
    /// The corresponding kernel function is `krealloc` (mm/slab_common.c, 6.1).
    func krealloc(_ address: UInt64, _ size: UInt64, _ gfp: GFPFlags) -> UInt64 {
        if size == 0 {
            kfree(address)
            return KMallocSizes.zeroSizePointer
        }
        let old = ksize(address)
        if isHalted { return 0 }
        if old >= size {
            noteNewSize(address, size)
            return address
        }
        let moved = kmalloc(size, gfp)
        if moved == 0 || isHalted { return 0 }
        if old > 0 { copyBytes(from: address, to: moved, count: Int(old)) }
        kfree(address)
        return moved
    }

    private func noteNewSize(_ address: UInt64, _ size: UInt64) {
        guard let place = objectPlace(of: address) else { return noteNewLargeSize(address, size) }
        let record = slab(place.slab).record(place.index)
        guard record.pointee.isLive else {
            return noteMisuse(
                wasReclaimed(place) ? .usedAfterReclaim : .resizedAfterFree, at: address, place)
        }
        // More than kmalloc has objects for is all of an object of some cache.
        let requested = size > KMallocSizes.largest ? 0 : UInt32(size)
        record.pointee.own(requested: requested, step: record.pointee.allocated)
    }
}
