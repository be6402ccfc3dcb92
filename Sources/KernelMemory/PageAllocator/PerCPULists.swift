/// Pages that one CPU keeps for itself, so that most small requests need no lock.
///
/// A zone has twelve lists on every CPU: orders 0 to 3 for each of three migrate types. Frees go to
/// a list's head and requests take from it, so the page handed out is the one still in the cache.
extension Core {
    /// Takes a block from this CPU's list, refilling the list from the buddy lists if it is empty.
    ///
    /// - Returns: `nil` if the zone has no block either.
    ///
    /// The corresponding kernel function is `rmqueue_pcplist` (mm/page_alloc.c, 6.1).
    @inline(__always)
    func removeLocal(
        _ zone: Int, order: UInt32, type: Int, _ flags: AllocationFlags
    ) -> Block? {
        localPages(zone).pointee.freeFactor >>= 1
        return takeLocal(zone, order: order, type: type, flags)
    }

    /// The same, as part of a longer request.
    ///
    /// The corresponding kernel function is `__rmqueue_pcplist` (mm/page_alloc.c, 6.1).
    @inline(__always)
    func takeLocal(
        _ zone: Int, order: UInt32, type: Int, _ flags: AllocationFlags
    ) -> Block? {
        let local = localPages(zone)
        let list = local.list(3 &* Int(order) &+ type)
        if list.pointee.count == 0 {
            refill(zone, list, order: order, type: type, flags)
            if list.pointee.count == 0 { return nil }
        }
        guard
            let block = isWatched
                ? takeWatchedLocal(list, zone, order: order, fromTail: false) : popFirst(list)
        else { return nil }
        local.pointee.count &-= 1 &<< Int32(bitPattern: order)
        return block
    }

    /// Moves a batch of blocks from the buddy lists to the tail of a CPU's list.
    ///
    /// The corresponding kernel function is `rmqueue_bulk` (mm/page_alloc.c, 6.1).
    @inline(never)
    private func refill(
        _ zone: Int, _ list: UnsafeMutablePointer<BlockList>, order: UInt32, type: Int,
        _ flags: AllocationFlags
    ) {
        let local = localPages(zone)
        var batch = local.pointee.batch
        if batch > 1 { batch = max(batch >> Int32(order), 2) }
        explain(
            .pcpEmpty,
            [
                "cpu": control.pointee.cpu, "zone": zoneName(zone), "order": order,
                "migratetype": typeName(type), "batch": local.pointee.batch, "blocks": batch,
            ])
        explainRounds(of: .buddyTake)
        var taken: Int32 = 0
        var kept: Int32 = 0
        while taken < batch, let block = removeBlock(zone, order: order, type: type, flags) {
            taken += 1
            if isCorrupted, isBadBlock(block.pfn, order: order) { continue }
            block.frame.pointee.flags =
                Frame.perCPU | Frame.block(order, type)
            append(block.pfn, block.frame, to: list)
            kept += 1
        }
        endExplainedRounds()
        addFreePages(zone, -(taken << Int32(order)))
        local.pointee.count &+= kept << Int32(order)
        explain(
            .pcpRefill,
            [
                "cpu": control.pointee.cpu, "zone": zoneName(zone), "blocks": kept, "order": order,
                "count": local.pointee.count,
            ])
    }

    /// Puts a freed block of order 0...3 at the head of this CPU's list, and drains the lists if
    /// they hold too much.
    ///
    /// Blocks of the highatomic reserve go to the movable list, but remember where they belong.
    ///
    /// - Parameter word: what the frame's word keeps: its reference count, and no flag.
    ///
    /// The corresponding kernel function is `free_unref_page_commit` (mm/page_alloc.c, 6.1).
    @inline(__always)
    func freeLocal(
        _ zone: Int, _ pfn: UInt32, _ frame: UnsafeMutablePointer<Frame>, word: UInt32,
        order: UInt32
    ) {
        let local = localPages(zone)
        let type = local.pageBlockType(pfn &>> pageBlockOrder)
        let listType = type < MigrateType.perCPUTypeCount ? type : 1
        let index = 3 &* Int(order) &+ listType
        frame.pointee.word = word | UInt32(Frame.perCPU | Frame.block(order, type))
        push(pfn, frame, onto: local.list(index))
        local.pointee.count &+= 1 &<< Int32(bitPattern: order)
        let drainsAll = local.pointee.freeFactor != 0 && order != 0
        if drainsAll || local.pointee.count >= local.pointee.drainMark {
            drainAfterFree(zone, local, index, drainsAll: drainsAll)
        }
    }

    /// The corresponding kernel functions are `nr_pcp_high` and `nr_pcp_free` (mm/page_alloc.c, 6.1).
    @inline(never)
    private func drainAfterFree(
        _ zone: Int, _ local: UnsafeMutablePointer<PerCPUPages>, _ index: Int, drainsAll: Bool
    ) {
        let high = local.pointee.drainMark
        let batch = local.pointee.batch
        if drainsAll {
            explain(
                .pcpDrainAll,
                [
                    "zone": zoneName(zone), "count": local.pointee.count,
                    "free_factor": local.pointee.freeFactor,
                ])
            return drain(zone, local, pages: local.pointee.count, from: index)
        }
        explain(
            .pcpFull,
            [
                "zone": zoneName(zone), "count": local.pointee.count, "high": high, "batch": batch,
                "free_factor": local.pointee.freeFactor,
            ])
        if high < batch { return drain(zone, local, pages: 1, from: index) }
        let most = high - batch
        let wanted = batch << local.pointee.freeFactor
        if wanted < most, local.pointee.freeFactor < 5 { local.pointee.freeFactor += 1 }
        drain(zone, local, pages: min(max(wanted, batch), most), from: index)
    }

    /// Gives blocks from the tails of a CPU's lists back to the buddy lists.
    ///
    /// Empties the first list before going on to the next, around and around.
    ///
    /// - Parameter pages: how many pages to give back; more than there are means all.
    ///
    /// The corresponding kernel function is `free_pcppages_bulk` (mm/page_alloc.c, 6.1).
    func drain(
        _ zone: Int, _ local: UnsafeMutablePointer<PerCPUPages>, pages: Int32, from index: Int
    ) {
        var left = min(local.pointee.count, pages)
        var lowest = 0
        var highest = MachineShape.perCPUListCount - 1
        var index = index - 1
        explainRounds(of: .pcpDrain)
        defer { endExplainedRounds() }
        while left > 0 {
            repeat {
                index += 1
                if index > highest { index = lowest }
                if local.list(index).pointee.count != 0 { break }
                if index == highest { highest -= 1 }
                if index == lowest { lowest += 1 }
            } while lowest <= highest
            let list = local.list(index)
            let order = UInt32(index / MigrateType.perCPUTypeCount)
            let size = Int32(1) << Int32(order)
            while left > 0, list.pointee.count != 0 {
                guard
                    let block = isWatched
                        ? takeWatchedLocal(list, zone, order: order, fromTail: true)
                        : popLast(list)
                else { return }
                left -= size
                local.pointee.count &-= size
                let type = block.frame.pointee.migrateType
                block.frame.pointee.flags = 0
                if isCorrupted, isBadToFree(block.pfn) { continue }
                freeOneBlock(zone, block, order: order, type: type)
            }
            if lowest > highest { return }
        }
    }
}
