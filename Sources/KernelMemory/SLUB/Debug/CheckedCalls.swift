/// Allocating from and freeing to a cache that checks every call: straight from a slab, never from
/// a CPU's list.
extension Core {
    /// Allocates an object.
    ///
    /// The corresponding kernel functions are `get_partial_node`, `alloc_single_from_partial` and
    /// `alloc_single_from_new_slab` (mm/slub.c, 6.1).
    func allocateChecked(_ cache: UInt32, _ gfp: GFPFlags, requested: UInt32) -> UInt64 {
        var object = takeFromPartial(cache, requested: requested)
        // A new slab fails only if somebody else writes to its pages.
        for _ in 0..<Self.newSlabAttempts where object == 0 && !isHalted {
            let number = makeSlab(cache, gfp)
            if number == NodeTable.none { return 0 }
            object = takeObject(cache, number, requested: requested)
            if object == 0 { continue }
            if slab(number).pointee.inuse == slab(number).pointee.objects {
                addFull(cache, number)
            } else {
                addPartial(cache, number, toHead: true)
            }
        }
        if object == 0 || isHalted { return 0 }
        writeTrack(.allocation, object, slubCache(cache).pointee.geometry)
        noteOwner(cache, object, requested: requested)
        if gfp.contains(.zero) { clearObject(object, slubCache(cache).pointee.geometry.objectSize) }
        return isHalted ? 0 : object
    }

    private static let newSlabAttempts = 3

    private func takeFromPartial(_ cache: UInt32, requested: UInt32) -> UInt64 {
        var number = slubCache(cache).pointee.partial.first
        while number != NodeTable.none, !isHalted {
            let next = slab(number).pointee.next
            let object = takeObject(cache, number, requested: requested)
            if isHalted { return 0 }
            if object == 0 {
                if frames.readable(slab(number).pointee.pfn).pointee.has(Frame.slab) {
                    removePartial(cache, number)
                }
            } else {
                if slab(number).pointee.inuse == slab(number).pointee.objects {
                    removePartial(cache, number)
                    addFull(cache, number)
                }
                return object
            }
            number = next
        }
        return 0
    }

    /// Takes the first free object of a slab, if it and the slab are sound.
    ///
    /// The corresponding kernel function is `alloc_debug_processing` (mm/slub.c, 6.1).
    private func takeObject(_ cache: UInt32, _ number: UInt32, requested: UInt32) -> UInt64 {
        let owner = slubCache(cache)
        let geometry = owner.pointee.geometry
        let object = slabHead(number)
        if object == 0 {
            let slot = UInt64(geometry.freePointerOffset)
            oopsOnAccess(to: slot, isWrite: false, in: "___slab_alloc", locks: 2)
            return 0
        }
        let next = freePointer(of: object, owner)
        if isHalted { return 0 }
        explain(.slabChecked, slabFields(number))
        setSlabHead(number, next)
        slab(number).pointee.inuse &+= 1
        if geometry.flags.contains(.consistencyChecks),
            !isSoundToTake(cache, number, object)
        {
            if isHalted { return 0 }
            if frames.readable(slab(number).pointee.pfn).pointee.has(Frame.slab) {
                reportFix(cache, "Marking all objects used")
                slab(number).pointee.inuse = slab(number).pointee.objects
                setSlabHead(number, 0)
                slab(number).pointee.isFrozen = true
            }
            return 0
        }
        writeSize(requested == 0 ? geometry.objectSize : requested, object, geometry)
        initializeObject(object, geometry, PoisonByte.redActive)
        return isHalted ? 0 : object
    }

    /// The corresponding kernel function is `alloc_consistency_checks` (mm/slub.c, 6.1).
    private func isSoundToTake(_ cache: UInt32, _ number: UInt32, _ object: UInt64) -> Bool {
        let trace = ["alloc_debug_processing", "___slab_alloc"]
        guard checkSlab(cache, number, from: trace) else { return false }
        guard isValidPointer(object, cache, number) else {
            reportObject(cache, number, object, "Freelist Pointer check fails", from: trace)
            return false
        }
        return checkObject(cache, number, object, PoisonByte.redInactive, from: trace)
    }
}

// MARK: - Freeing

extension Core {
    /// Frees an object, if it and its slab are sound; otherwise it is never handed out again.
    ///
    /// The corresponding kernel functions are `slab_free_freelist_hook` and `free_to_partial_list`
    /// (mm/slub.c, 6.1).
    func freeChecked(_ cache: UInt32, _ number: UInt32, _ address: UInt64) {
        let owner = slubCache(cache)
        // Before any check, the hook for freed objects ends the list of those to free with NULL: an
        // object that is free already loses those behind it.
        setFreePointer(of: address, to: 0, owner)
        if isHalted { return }
        guard isSoundToFree(cache, number, address) else { return }
        let slab = slab(number)
        let prior = slabHead(number)
        slab.pointee.inuse &-= 1
        explain(.slabFreeChecked, slabFields(number))
        setFreePointer(of: address, to: prior, owner)
        if isHalted { return }
        setSlabHead(number, address)
        let isUnwanted =
            slab.pointee.inuse == 0
            && owner.pointee.partial.count >= owner.pointee.geometry.minPartial
        if prior == 0 {
            removeFull(cache, number)
            if !isUnwanted, !isHalted { addPartial(cache, number) }
        } else if isUnwanted {
            removePartial(cache, number)
        }
        if isUnwanted, !isHalted { discardSlab(cache, number) }
    }

    /// The corresponding kernel function is `free_debug_processing` (mm/slub.c, 6.1).
    private func isSoundToFree(_ cache: UInt32, _ number: UInt32, _ address: UInt64) -> Bool {
        let geometry = slubCache(cache).pointee.geometry
        let trace = ["free_to_partial_list", "__slab_free"]
        var isSound = true
        if geometry.flags.contains(.consistencyChecks) {
            isSound = checkSlab(cache, number, from: trace)
        }
        if isSound, readSlab(number).pointee.inuse < 1 {
            reportSlab(
                cache, number, "Slab has 0 allocated objects but 1 are to be freed", from: trace)
            isSound = false
        }
        if isSound, geometry.flags.contains(.consistencyChecks) {
            isSound = isObjectSoundToFree(cache, number, address, from: trace)
        }
        if isHalted { return false }
        if !isSound {
            reportFix(cache, "Object at \(pointerText(address)) not freed")
            return false
        }
        writeTrack(.free, address, geometry)
        initializeObject(address, geometry, PoisonByte.redInactive)
        return !isHalted
    }

    /// The corresponding kernel function is `free_consistency_checks` (mm/slub.c, 6.1).
    private func isObjectSoundToFree(
        _ cache: UInt32, _ number: UInt32, _ address: UInt64, from functions: [String]
    ) -> Bool {
        if !isValidPointer(address, cache, number) {
            reportSlab(
                cache, number, "Invalid object pointer \(pointerText(address))", from: functions)
            return false
        }
        if isOnFreeList(cache, number, address, from: functions) {
            reportObject(cache, number, address, "Object already free", from: functions)
            return false
        }
        if isHalted { return false }
        return checkObject(cache, number, address, PoisonByte.redActive, from: functions)
    }
}
