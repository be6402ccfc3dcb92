/// The buddy allocator proper: free blocks of every order, split on demand and merged on free.
///
/// A block of order n starts at a multiple of 2^n frames. Its buddy is the other half of the
/// block of order n + 1: the frame numbers differ in bit n only.
extension Core {
    /// Takes the smallest free block of one migrate type that is large enough, and halves it
    /// until it has the order asked for.
    ///
    /// - Returns: the first frame, with no flag left; `nil` if the type has
    ///   no free block that large, and then nothing has changed.
    /// - Complexity: O(orders).
    ///
    /// The corresponding kernel function is `__rmqueue_smallest` (mm/page_alloc.c, 6.1).
    @inline(never)
    func removeSmallest(_ zone: Int, order: UInt32, type: Int) -> Block? {
        removeSmallestHere(zone, order: order, type: type)
    }

    /// ``removeSmallest(_:order:type:)`` as part of the caller's own code.
    @inline(__always)
    func removeSmallestHere(_ zone: Int, order: UInt32, type: Int) -> Block? {
        var current = order
        var area = freeArea(zone, current)
        while area.list(type).pointee.count == 0 {
            current &+= 1
            if current > Order.largest {
                explain(
                    .buddyEmpty,
                    ["zone": zoneName(zone), "migratetype": typeName(type), "order": order])
                return nil
            }
            area += 1
        }
        let list = area.list(type)
        guard
            let block = _slowPath(isWatched)
                ? takeWatched(list, zone, order: current, type: type, wanted: order)
                : popFirst(list)
        else { return nil }
        area.pointee.count &-= 1
        block.frame.pointee.flags = 0
        giveBackHalves(block, from: current, downTo: order, type, area)
        return block
    }

    /// Halves a block until it has the order asked for; each upper half becomes a free block.
    ///
    /// The lists of these orders are empty, or a smaller block would have been taken: every half
    /// is the only block of its list.
    ///
    /// The corresponding kernel function is `expand` (mm/page_alloc.c, 6.1).
    @inline(__always)
    private func giveBackHalves(
        _ block: Block, from largest: UInt32, downTo order: UInt32, _ type: Int,
        _ area: UnsafeMutablePointer<FreeArea>
    ) {
        if _slowPath(isWatched) {
            return giveBackWatchedHalves(block, from: largest, downTo: order, type, area)
        }
        var current = largest
        var area = area
        let near = max(order, FrameDirectory.chunkShift)
        while current > near {
            current &-= 1
            area -= 1
            giveBackHalf(block, of: current, type, area)
        }
        // The rest of the block is in one chunk.
        var mark = Frame.buddyMark(current, type)
        var size = 1 &<< Int(current)
        while current > order {
            current &-= 1
            area -= 1
            mark &-= 1
            size &>>= 1
            let half = block.pfn &+ UInt32(truncatingIfNeeded: size)
            giveBack(half, block.frame + size, mark, type, area)
        }
    }

    /// The same on a machine that is out of order, or for a call that is to be explained.
    @inline(never)
    private func giveBackWatchedHalves(
        _ block: Block, from largest: UInt32, downTo order: UInt32, _ type: Int,
        _ area: UnsafeMutablePointer<FreeArea>
    ) {
        for current in (order..<largest).reversed() {
            explain(
                .buddySplit,
                [
                    "pfn": block.pfn, "order": current + 1, "half_order": current,
                    "buddy_pfn": block.pfn + (1 << current),
                ])
            giveBackHalf(block, of: current, type, area - Int(largest - current))
        }
    }

    /// The upper half of a block of the next larger order becomes a free block.
    @inline(__always)
    private func giveBackHalf(
        _ block: Block, of order: UInt32, _ type: Int, _ area: UnsafeMutablePointer<FreeArea>
    ) {
        let half = block.pfn &+ (1 &<< order)
        giveBack(half, frames.writable(half), Frame.buddyMark(order, type), type, area)
    }

    @inline(__always)
    private func giveBack(
        _ pfn: UInt32, _ frame: UnsafeMutablePointer<Frame>, _ mark: UInt32, _ type: Int,
        _ area: UnsafeMutablePointer<FreeArea>
    ) {
        frame.pointee.makeBuddy(mark)
        area.list(type).pointee = BlockList(first: pfn, last: pfn, count: 1)
        area.pointee.count &+= 1
    }

    /// Counts pages that became free, on this CPU until there are enough of them to tell others.
    ///
    /// The corresponding kernel function is `__mod_zone_page_state` (mm/vmstat.c, 6.1).
    @inline(__always)
    func addFreePages(_ zone: Int, _ pages: Int32) {
        addFreePages(zones + zone, localPages(zone), pages)
    }

    /// The same of a zone whose tables are at hand.
    @inline(__always)
    func addFreePages(
        _ zone: UnsafeMutablePointer<Zone>, _ local: UnsafeMutablePointer<PerCPUPages>,
        _ pages: Int32
    ) {
        var delta = local.pointee.freeDelta &+ pages
        let threshold = local.pointee.statThreshold
        if delta > threshold || delta < -threshold {
            zone.pointee.freePages &+= delta
            delta = 0
        }
        local.pointee.freeDelta = delta
    }
}
