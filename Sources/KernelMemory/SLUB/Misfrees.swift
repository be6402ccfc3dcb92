/// Frees that break a rule, as the simulator knows them.
extension Core {
    /// Takes note of a free: the object's owner gives it up, or there is none.
    ///
    /// - Parameter isChecked: the kernel will look for itself and not be led astray.
    func noteFree(_ number: UInt32, _ address: UInt64, isChecked: Bool) {
        if let place = objectPlace(of: address, in: number) {
            if slab(number).record(place.index).pointee.isLive { return forgetObject(place) }
            noteMisuse(
                wasReclaimed(place) ? .usedAfterReclaim : .objectFreedTwice, at: address, place)
        } else {
            noteMisuse(.freeInsideObject, at: address, nearestObject(to: address, in: number))
        }
        if !isChecked { markCorrupted() }
    }

    /// The object of a slab whose place in memory covers an address.
    func nearestObject(to address: UInt64, in number: UInt32) -> ObjectPlace? {
        let slab = readSlab(number)
        let geometry = readCache(slab.pointee.cache).pointee.geometry
        let start = slab.pointee.base - UInt64(geometry.redLeftPad)
        guard address >= start else { return nil }
        let index = (address - start) / UInt64(geometry.size)
        guard index < UInt64(slab.pointee.objects) else { return nil }
        return ObjectPlace(slab: number, index: UInt16(index))
    }
}

// MARK: - kmem_cache_free

extension Core {
    /// Frees an object that the caller says is of a certain cache.
    ///
    /// A checking kernel finds out where it is from and frees it to there. A plain one believes its
    /// caller: the free pointer is written where the named cache has it, and the slab can end up
    /// on that cache's lists.
    ///
    /// The corresponding kernel functions are `kmem_cache_free` (mm/slub.c) and `cache_from_obj`
    /// (mm/slab.h, 6.1).
    func freeObject(_ object: UInt64, toCacheAt address: UInt64) {
        guard let cache = knownCache(at: address) else { return }
        if hasArrayCaches { return freeObject(object, toArrayOf: cache) }
        if isTooWide(object) || isBeyondDirectMap(object) { return }
        let checks = readCache(cache).pointee.geometry.flags.contains(.consistencyChecks)
        guard let page = pageToFree(object) else { return }
        guard let number = slabNumber(of: page) else {
            return freeForeign(object, page, to: cache, isChecked: checks)
        }
        let own = readSlab(number).pointee.cache
        if isExplained, own == cache {
            explainObject(object, in: number, page)
            return freeObjectSlowly(number, object)
        }
        if own == cache { return freeObject(number, object) }
        noteMisuse(
            .wrongCache, at: object, nearestObject(to: object, in: number),
            cache: cold.registry.name(cache))
        if checks {
            warnOfWrongCache(object, named: cache, own: own)
            return freeObject(number, object)
        }
        markCorrupted()
        noteFree(number, object, isChecked: false)
        freeObject(cache, number, object)
    }

    /// The page behind an address; `nil` if the kernel faulted on its `struct page`.
    private func pageToFree(_ object: UInt64) -> UInt32? {
        let pfn = frameNumber(behind: VirtualAddress(object))
        if pfn < UInt64(shape.frameEnd), shape.hasFrame(UInt32(pfn)) { return UInt32(pfn) }
        noteMisuse(.wildPointer, at: object)
        oopsOnAccess(to: compoundHeadAddress(pfn), isWrite: false, in: "kmem_cache_free")
        return nil
    }

    /// An object that is in no slab at all.
    private func freeForeign(_ object: UInt64, _ pfn: UInt32, to cache: UInt32, isChecked: Bool) {
        noteMisuse(
            .wrongCache, pfn: pfn, at: object, allocatedAtStep: liveBlock(covering: pfn)?.step,
            cache: cold.registry.name(cache))
        if isChecked {
            if cold.warnedOnce.insert(.noSlabPage).inserted {
                beginWarning()
                printk("virt_to_cache: Object is not a Slab page!")
                finishWarning(at: "mm/slab.h:630", in: "kmem_cache_free")
            }
            return
        }
        markCorrupted()
        let owner = slubCache(cache)
        setFreePointer(of: object, to: 0, owner)
        // With no slab of its own the CPU takes NULL for its slab and forgets the object again.
        if isHalted || owner.cpu(control.pointee.cpu).pointee.slab == NodeTable.none { return }
        oopsOnAccess(
            to: UInt64(shape.architecture.pointerSize) * 4, isWrite: false, in: "__slab_free")
    }

    private func warnOfWrongCache(_ object: UInt64, named cache: UInt32, own: UInt32) {
        beginWarning()
        printk(
            "cache_from_obj: Wrong slab cache. \(cold.registry.name(cache)) "
                + "but object is from \(cold.registry.name(own))")
        finishWarning(at: "mm/slab.h:665", in: "kmem_cache_free")
        printTracking(own, object)
    }
}

// MARK: - Pointers that lead nowhere

extension Core {
    /// With debugging on, an address outside of the direct map ends the task before it is followed.
    ///
    /// - Returns: whether it did.
    ///
    /// The corresponding kernel function is `__phys_addr` (arch/x86/mm/physaddr.c, 6.1).
    func isBeyondDirectMap(_ address: UInt64) -> Bool {
        guard shape.debug, directFrame(address) == nil else { return false }
        noteMisuse(.wildPointer, at: address)
        bug(at: "arch/x86/mm/physaddr.c:\(physicalAddressCheck(address))", in: "__phys_addr")
        return true
    }

    /// No pointer of this machine has so many bits: whoever follows it faults.
    ///
    /// - Returns: whether it is one.
    func isTooWide(_ address: UInt64) -> Bool {
        guard address > pointerMask else { return false }
        noteMisuse(.wildPointer, at: address)
        oopsOnAccess(to: address, isWrite: false)
        return true
    }

    /// The line of the check that fails.
    private func physicalAddressCheck(_ address: UInt64) -> Int {
        if shape.architecture == .x86_64 { return address >= 0xffff_ffff_8000_0000 ? 23 : 28 }
        if address < layout.pageOffset { return 76 }
        return (layout.vmallocStart..<layout.vmallocEnd).contains(address) ? 77 : 80
    }

    /// The word of a `struct page` that says where its compound page starts; the first that
    /// `virt_to_folio` reads.
    func compoundHeadAddress(_ pfn: UInt64) -> UInt64 {
        (pagePointer(pfn) &+ UInt64(shape.architecture.pointerSize)) & pointerMask
    }
}
