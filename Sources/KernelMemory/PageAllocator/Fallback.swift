/// What happens when a migrate type has no free block left: taking one from another type, and
/// with it as much of its page block as seems wise.
///
/// Pages of one mobility are kept together so that large blocks can become free again; a steal
/// breaks that, so the largest block is taken, in the hope that no more steals follow.
extension Core {
    /// Types to take from, in order of preference. `fallbacks` (mm/page_alloc.c, 6.1).
    private func fallbackTypes(of type: Int) -> (Int, Int)? {
        switch type {
        case 0: (2, 1)
        case 1: (2, 0)
        case 2: (0, 1)
        default: nil
        }
    }

    /// A block of the type asked for, after stealing from another type if need be.
    ///
    /// The corresponding kernel function is `__rmqueue` (mm/page_alloc.c, 6.1).
    @inline(__always)
    func removeBlock(
        _ zone: Int, order: UInt32, type: Int, _ flags: AllocationFlags
    ) -> Block? {
        if let block = removeSmallest(zone, order: order, type: type) { return block }
        return removeStolen(zone, order: order, type: type, flags)
    }

    /// Steals until there is a block of the type; one steal is enough, unless the lists are
    /// corrupted. Then the kernel may try for ever.
    @inline(never)
    private func removeStolen(
        _ zone: Int, order: UInt32, type: Int, _ flags: AllocationFlags
    ) -> Block? {
        for _ in 0..<64 {
            if isHalted || !fallBack(zone, order: order, type: type, flags) { return nil }
            if let block = removeSmallest(zone, order: order, type: type) { return block }
        }
        if !isHalted { hang(in: "__rmqueue_fallback") }
        return nil
    }

    /// Moves a free block of another type to this type's list, with its neighbours perhaps.
    ///
    /// - Returns: whether there was one.
    ///
    /// The corresponding kernel function is `__rmqueue_fallback` (mm/page_alloc.c, 6.1).
    @inline(never)
    private func fallBack(
        _ zone: Int, order: UInt32, type: Int, _ flags: AllocationFlags
    ) -> Bool {
        let avoidsMixing = order < pageBlockOrder && flags.contains(.noFragment)
        let smallest = avoidsMixing ? pageBlockOrder : order
        var current = Order.largest
        while current >= smallest {
            if var found = findFallback(zone, current, type) {
                let isMovable = type == Int(MigrateType.movable.rawValue)
                if !found.canSteal, isMovable, current > order {
                    (current, found) = smallestFallback(zone, from: order, type)
                }
                let pfn = freeList(zone, current, found.type).pointee.first
                if isCorrupted, !isLinkedFree(zone, pfn, order: current, type: found.type) {
                    hang(in: "steal_suitable_fallback")
                    return false
                }
                explain(
                    .fallbackSteal,
                    [
                        "zone": zoneName(zone), "migratetype": typeName(type),
                        "from_migratetype": typeName(found.type), "wanted_order": order,
                        "order": current, "pfn": pfn,
                    ])
                steal(zone, pfn, for: type, flags, wholeBlock: found.canSteal)
                return true
            }
            if current == 0 { break }
            current -= 1
        }
        explain(
            avoidsMixing ? .fallbackAvoided : .fallbackNone,
            ["zone": zoneName(zone), "migratetype": typeName(type), "lowest_order": smallest])
        return false
    }

    private func smallestFallback(
        _ zone: Int, from order: UInt32, _ type: Int
    ) -> (UInt32, (type: Int, canSteal: Bool)) {
        for current in order...Order.largest {
            if let found = findFallback(zone, current, type) { return (current, found) }
        }
        preconditionFailure("the block that was just found is gone")
    }

    /// The corresponding kernel function is `find_suitable_fallback` (mm/page_alloc.c, 6.1).
    private func findFallback(
        _ zone: Int, _ order: UInt32, _ type: Int
    ) -> (type: Int, canSteal: Bool)? {
        guard freeArea(zone, order).pointee.count != 0, let types = fallbackTypes(of: type) else {
            return nil
        }
        for candidate in [types.0, types.1]
        where freeList(zone, order, candidate).pointee.count != 0 {
            return (candidate, canSteal(order, for: type))
        }
        return nil
    }

    /// Whether to claim as much of the page block as possible, not only the free block.
    ///
    /// The corresponding kernel function is `can_steal_fallback` (mm/page_alloc.c, 6.1).
    private func canSteal(_ order: UInt32, for type: Int) -> Bool {
        order >= pageBlockOrder / 2 || type != Int(MigrateType.movable.rawValue)
            || !shape.groupsByMobility
    }

    /// The corresponding kernel function is `steal_suitable_fallback` (mm/page_alloc.c, 6.1).
    private func steal(
        _ zone: Int, _ pfn: UInt32, for type: Int, _ flags: AllocationFlags, wholeBlock: Bool
    ) {
        let order = frames.readable(pfn).pointee.order
        let oldType = pageBlockType(zone, pfn)
        if oldType == Int(MigrateType.highAtomic.rawValue) {
            return moveFree(zone, pfn, to: type)
        }
        if order >= pageBlockOrder {
            for index in 0..<UInt32(1) << (order - pageBlockOrder) {
                setPageBlockType(zone, pfn + (index << pageBlockOrder), type)
            }
            explain(.pageBlocksTaken, ["pfn": pfn, "order": order, "migratetype": typeName(type)])
            return moveFree(zone, pfn, to: type)
        }
        if boostWatermark(zone), flags.contains(.kswapd) {
            zones[zone].flags |= Zone.boostedWatermark
        }
        if wholeBlock {
            claimPageBlock(zone, pfn, for: type, from: oldType)
        } else {
            explain(.fallbackBlockOnly, ["pfn": pfn, "order": order])
            moveFree(zone, pfn, to: type)
        }
    }

    /// Moves every free block of the page block, and relabels it if half of it now suits.
    private func claimPageBlock(_ zone: Int, _ pfn: UInt32, for type: Int, from oldType: Int) {
        let movable = Int(MigrateType.movable.rawValue)
        let pages = Int32(1) << Int32(pageBlockOrder)
        let moved = movePageBlock(zone, pfn, to: type)
        guard moved.free != 0 else { return moveFree(zone, pfn, to: type) }
        let alike =
            type == movable
            ? moved.movable : (oldType == movable ? pages - (moved.free + moved.movable) : 0)
        let isClaimed = moved.free + alike >= pages / 2 || !shape.groupsByMobility
        explain(
            isClaimed ? .pageBlockClaimed : .pageBlockKept,
            [
                "pageblock_pfn": pfn & ~(UInt32(pages) - 1), "migratetype": typeName(type),
                "from_migratetype": typeName(oldType), "moved_pages": moved.free,
                "alike_pages": alike, "pages": pages,
            ])
        if isClaimed { setPageBlockType(zone, pfn, type) }
    }

    /// Moves one free block to the tail of another type's list. `move_to_free_list`.
    private func moveFree(_ zone: Int, _ pfn: UInt32, to type: Int) {
        let frame = frames.writable(pfn)
        let order = frame.pointee.order
        remove(pfn, frame, from: freeList(zone, order, frame.pointee.migrateType))
        frame.pointee.flags =
            frame.pointee.flags & ~Frame.migrateTypeMask | Frame.block(0, type)
        append(pfn, frame, to: freeList(zone, order, type))
    }

    /// Moves all free blocks of the page block around a frame to another type's lists.
    ///
    /// - Returns: pages moved, and pages that are in use but movable.
    ///
    /// The corresponding kernel function is `move_freepages_block` (mm/page_alloc.c, 6.1).
    @discardableResult
    func movePageBlock(
        _ zone: Int, _ pfn: UInt32, to type: Int
    ) -> (free: Int32, movable: Int32) {
        let size = UInt32(1) << pageBlockOrder
        var current = pfn & ~(size - 1)
        let end = current + size
        if current < zones[zone].start { current = pfn }
        guard end <= zones[zone].end else { return (0, 0) }
        var moved: (free: Int32, movable: Int32) = (0, 0)
        while current < end {
            let frame = frames.readable(current).pointee
            if frame.has(Frame.buddy) {
                moveFree(zone, current, to: type)
                moved.free &+= 1 << Int32(frame.order)
                current &+= 1 << frame.order
            } else {
                if frame.has(Frame.lruOrMovable) { moved.movable += 1 }
                current += 1
            }
        }
        return moved
    }

    /// Raises the zone's watermarks for a while, so that kswapd frees more.
    ///
    /// - Returns: whether the zone is large enough for that.
    ///
    /// The corresponding kernel function is `boost_watermark` (mm/page_alloc.c, 6.1).
    private func boostWatermark(_ zone: Int) -> Bool {
        let table = zones + zone
        let pages = Int32(1) << Int32(pageBlockOrder)
        if pages * 4 > Int32(bitPattern: table.pointee.managed) { return false }
        let high = Int64(table.pointee.watermark[Watermark.high])
        let largest = Int32(high * 15_000 / 10_000)
        guard largest != 0 else { return false }
        table.pointee.boost = min(table.pointee.boost + pages, max(pages, largest))
        explain(.watermarkBoost, ["zone": zoneName(zone), "boost": table.pointee.boost])
        return true
    }
}
