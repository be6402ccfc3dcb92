/// The way of a request through the zones: the heart of the page allocator.
extension Core {
    /// Allocates a block of 2^order frames that are physically contiguous.
    ///
    /// Tries the zones from the highest that the mask allows downwards, first leaving the `low`
    /// watermark alone, then down to `min` and into the reserves that the mask gives a right to.
    ///
    /// - Parameter order: base-2 logarithm of the block's size in pages; above 10 is a caller's
    ///   mistake that the kernel warns of once.
    /// - Returns: the first frame, or ``noFrame``; then nothing has changed but counters.
    ///
    /// The corresponding kernel function is `__alloc_pages` (mm/page_alloc.c, 6.1).
    @inline(__always)
    func allocateBlock(_ gfp: GFPFlags, order: UInt32) -> UInt32 {
        // Single pages are most of all requests: with a constant order the compiler leaves out
        // half of the work.
        order == 0 ? allocateOf(gfp, order: 0) : allocateLarger(gfp, order: order)
    }

    @inline(never)
    private func allocateLarger(_ gfp: GFPFlags, order: UInt32) -> UInt32 {
        allocateOf(gfp, order: order)
    }

    @inline(__always)
    private func allocateOf(_ gfp: GFPFlags, order: UInt32) -> UInt32 {
        let request = requests[Int(gfp.rawValue & 0x1f)]
        if request.type != PageRequest.unusual,
            let block = takeAtHand(request, order: order)
        {
            return prepareNew(block.pfn, block.frame, gfp, order: order)
        }
        return allocateAnywhere(gfp, order: order)
    }

    /// The usual case: the preferred zone has plenty, and this CPU's list has a block or, for
    /// larger orders, the buddy list of the right type.
    ///
    /// - Returns: `nil` if it is not the usual case, and then nothing has changed.
    @inline(__always)
    private func takeAtHand(_ request: PageRequest, order: UInt32) -> Block? {
        if order > Order.costly { return takeFromBuddy(request, order: order) }
        let local = localPages(request)
        let list =
            (UnsafeMutableRawPointer(local) + Int(request.listOffset))
            .assumingMemoryBound(to: BlockList.self) + 3 &* Int(order)
        guard list.pointee.count != 0 else { return nil }
        let zone = zone(request)
        let mark = zone.pointee.watermark[Watermark.low] &+ zone.pointee.boost
        guard isAboveWatermark(request, order: order, mark: mark) else { return nil }
        local.pointee.freeFactor &>>= 1
        local.pointee.count &-= 1 &<< Int32(bitPattern: order)
        zone.pointee.flags &= ~Zone.boostedWatermark
        return popFirst(list)
    }

    /// Whether the zone to try first has enough pages free; the quick test for single pages.
    @inline(__always)
    private func isAboveWatermark(_ request: PageRequest, order: UInt32, mark: Int32) -> Bool {
        let zone = zone(request)
        if order == 0 {
            let free = zone.pointee.freePages &- zone.pointee.reservedHighAtomic
            return free > mark &+ zone.reserve(for: Int(request.highest)).pointee
        }
        return isAboveWatermark(
            request.preferred, order: order, mark: mark, highest: Int(request.highest), .low)
    }

    @inline(__always)
    private func takeFromBuddy(_ request: PageRequest, order: UInt32) -> Block? {
        guard order <= Order.largest else { return nil }
        let zone = request.preferred
        let highest = Int(request.highest)
        let mark = zones[zone].watermark[Watermark.low] &+ zones[zone].boost
        // The block that is about to be found is the proof that there is one large enough.
        guard hasFreePages(zone, order: order, mark: mark, highest: highest, .low),
            let block = removeSmallestHere(zone, order: order, type: Int(request.type))
        else { return nil }
        addFreePages(zone, -(1 &<< Int32(bitPattern: order)))
        zones[zone].flags &= ~Zone.boostedWatermark
        return block
    }

    /// The highest populated zone at or below an index. `first_zones_zonelist`.
    @inline(__always)
    func preferredZone(_ highest: Int) -> Int {
        var zone = min(highest, MachineShape.zoneCount - 1)
        while zone >= 0, !zones[zone].isPopulated { zone &-= 1 }
        return zone
    }

    /// The corresponding kernel function is `alloc_flags_nofragment` (mm/page_alloc.c, 6.1).
    @inline(__always)
    private func avoidsFragmentation(_ preferred: Int) -> Bool {
        preferred == 2 && shape.architecture == .x86_64
    }

    /// Takes a block from one zone, from the CPU's list for small orders.
    ///
    /// The corresponding kernel function is `rmqueue` (mm/page_alloc.c, 6.1).
    @inline(__always)
    private func removeFromZone(
        _ zone: Int, order: UInt32, type: Int, _ flags: AllocationFlags
    ) -> Block? {
        var block: Block?
        if order <= Order.costly {
            block = removeLocal(zone, order: order, type: type, flags)
        } else {
            explain(.pcpBypassed, ["order": order, "highest_order": Order.costly])
        }
        if block == nil, !isHalted {
            block = removeFromBuddy(zone, order: order, type: type, flags)
        }
        zones[zone].flags &= ~Zone.boostedWatermark
        return block
    }

    /// The corresponding kernel function is `rmqueue_buddy` (mm/page_alloc.c, 6.1).
    @inline(never)
    private func removeFromBuddy(
        _ zone: Int, order: UInt32, type: Int, _ flags: AllocationFlags
    ) -> Block? {
        let reserve = Int(MigrateType.highAtomic.rawValue)
        while true {
            var block: Block?
            if flags.contains(.highAtomic) {
                block = removeSmallest(zone, order: order, type: reserve)
            }
            if block == nil {
                block = removeBlock(zone, order: order, type: type, flags)
                if block == nil, !isHalted, !flags.isDisjoint(with: [.oom, .nonBlocking]) {
                    block = removeSmallest(zone, order: order, type: reserve)
                }
            }
            guard let block else { return nil }
            addFreePages(zone, -(1 &<< Int32(bitPattern: order)))
            if isCorrupted, isBadBlock(block.pfn, order: order) { continue }
            return block
        }
    }

    /// Tries every zone, from the highest allowed down, then once more with fewer scruples.
    @inline(never)
    func allocateAnywhere(_ gfp: GFPFlags, order: UInt32) -> UInt32 {
        if order > Order.largest {
            explain(.orderTooLarge, ["order": order, "highest_order": Order.largest])
            return refuseOrder(gfp, order: order)
        }
        mightAllocate(gfp, .allocationOfPages)
        let highest = Int(highestZoneTable >> (UInt64(gfp.rawValue & 0xf) * 4) & 0xf)
        var type = Int(gfp.rawValue >> 3 & 3)
        if type >= MigrateType.perCPUTypeCount {
            noteMisuse(.conflictingMobility, pfn: nil, order: order)
            type = Int(MigrateType.unmovable.rawValue)
        }
        if !shape.groupsByMobility { type = Int(MigrateType.unmovable.rawValue) }
        var flags: AllocationFlags = .low
        if gfp.contains(.kswapdReclaim) { flags.insert(.kswapd) }
        let preferred = preferredZone(highest)
        explainRequest(gfp, order: order, preferred: preferred, type: type)
        if preferred >= 0, avoidsFragmentation(preferred) { flags.insert(.noFragment) }
        let pfn = allocate(gfp, order: order, highest: highest, type: type, flags)
        if pfn != noFrame { return pfn }
        return allocateSlowly(gfp, order: order, highest: highest, type: type)
    }

    /// One round over the zones with given rights.
    ///
    /// The corresponding kernel function is `get_page_from_freelist` (mm/page_alloc.c, 6.1).
    func allocate(
        _ gfp: GFPFlags, order: UInt32, highest: Int, type: Int, _ flags: AllocationFlags
    ) -> UInt32 {
        var flags = flags
        while true {
            var zone = preferredZone(highest)
            while zone >= 0, !isHalted {
                if mayUse(zone, gfp, order: order, highest: highest, flags),
                    let block = removeFromZone(zone, order: order, type: type, flags)
                {
                    if isCorrupted { noteOverlap(block.pfn, order: order) }
                    mapAllocatedPages(block.pfn, order: order)
                    let pfn = prepareNew(block.pfn, block.frame, gfp, order: order)
                    if flags.contains(.highAtomic) { reserveHighAtomic(zone, pfn) }
                    return pfn
                }
                zone = preferredZone(zone &- 1)
            }
            guard flags.contains(.noFragment), !isHalted else { return noFrame }
            explain(.mixingAllowed, [:])
            flags.remove(.noFragment)
        }
    }

    private func mayUse(
        _ zone: Int, _ gfp: GFPFlags, order: UInt32, highest: Int, _ flags: AllocationFlags
    ) -> Bool {
        if flags.contains(.noWatermarks) {
            explain(.zoneWithoutWatermark, ["zone": zoneName(zone)])
            return true
        }
        let mark = zones[zone].watermark[flags.watermark] &+ zones[zone].boost
        let isAbove = isAboveWatermarkFast(
            zone, order: order, mark: mark, highest: highest, flags,
            isAtomic: gfp.contains(.atomic))
        if isExplained {
            explainWatermark(zone, order: order, highest: highest, flags, isAbove: isAbove)
        }
        return isAbove
    }

    /// Makes a block its new owner's: one reference, and bytes cleared if asked for.
    ///
    /// The corresponding kernel function is `prep_new_page` (mm/page_alloc.c, 6.1).
    @inline(__always)
    private func prepareNew(
        _ pfn: UInt32, _ frame: UnsafeMutablePointer<Frame>, _ gfp: GFPFlags, order: UInt32
    ) -> UInt32 {
        frame.pointee.word = Frame.ownedWord(order: order)
        frame.pointee.step = control.pointee.step
        if !gfp.isDisjoint(with: [.zero, .comp]) { prepareSpecial(pfn, frame, gfp, order: order) }
        let taken = control.pointee.takenPages &+ (1 &<< Int32(bitPattern: order))
        control.pointee.takenPages = taken
        if taken > control.pointee.peakPages { control.pointee.peakPages = taken }
        return pfn
    }

    @inline(never)
    private func prepareSpecial(
        _ pfn: UInt32, _ frame: UnsafeMutablePointer<Frame>, _ gfp: GFPFlags, order: UInt32
    ) {
        if gfp.contains(.comp), order != 0 { frame.pointee.flags |= Frame.head }
        if gfp.contains(.zero) {
            explain(.pagesCleared, ["pfn": pfn, "pages": UInt32(1) << order])
            clearBytes(pfn, order: order)
        }
    }
}
