/// The buddy allocator proper: free blocks of every order, split on demand and merged on free.
///
/// A block of order n starts at a multiple of 2^n frames. Its buddy is the other half of the
/// block of order n + 1: the frame numbers differ in bit n only.
extension Core {
    /// Takes the smallest free block of one migrate type that is large enough, and halves it
    /// until it has the order asked for.
    ///
    /// - Returns: the first frame, with no flag left but the lasting ones; `nil` if the type has
    ///   no free block that large, and then nothing has changed.
    /// - Complexity: O(orders).
    ///
    /// The corresponding kernel function is `__rmqueue_smallest` (mm/page_alloc.c, 6.1).
    @inline(never)
    func removeSmallest(
        _ zone: Int, order: UInt32, type: Int
    ) -> Block? {
        var current = order
        var area = freeArea(zone, current)
        while area.list(type).pointee.count == 0 {
            current &+= 1
            if current > Order.largest { return nil }
            area += 1
        }
        let list = area.list(type)
        guard
            let block = isCorrupted
                ? takeChecked(list, zone, order: current, type: type) : popFirst(list)
        else { return nil }
        area.pointee.count &-= 1
        block.frame.pointee.flags &= Frame.lasting
        while current > order {
            current &-= 1
            area -= 1
            giveBackHalf(block, current, type, area)
        }
        return block
    }

    /// Makes the upper half of a block a free block of its own, of order `order`.
    ///
    /// The corresponding kernel function is `expand` (mm/page_alloc.c, 6.1).
    @inline(__always)
    private func giveBackHalf(
        _ block: Block, _ order: UInt32, _ type: Int, _ area: UnsafeMutablePointer<FreeArea>
    ) {
        let half = block.pfn &+ (1 &<< order)
        let frame = frames.writable(half, near: block)
        frame.pointee.makeBuddy(order, type)
        push(half, frame, onto: area.list(type))
        area.pointee.count &+= 1
    }

    /// Frees a block, merging it with its buddy for as long as that is free too.
    ///
    /// The result joins its list at the head, or at the tail if the next larger block is likely
    /// to become whole soon, so that it is split last.
    ///
    /// - Parameter toTail: to the tail in any case, as while booting. `FPI_TO_TAIL`
    /// - Complexity: O(orders).
    ///
    /// The corresponding kernel function is `__free_one_page` (mm/page_alloc.c, 6.1).
    func freeOneBlock(
        _ zone: Int, _ pfn: UInt32, order: UInt32, type: Int, toTail: Bool = false
    ) {
        addFreePages(zone, Int32(bitPattern: 1 &<< order))
        var order = order
        var block = Block(pfn: pfn, frame: frames.writable(pfn))
        var area = freeArea(zone, order)
        var buddy: UInt32 = 0
        let (start, end) = (zones[zone].start, zones[zone].end)
        while order < Order.largest {
            buddy = block.pfn ^ (1 &<< order)
            guard buddy >= start, buddy < end,
                let other = buddyFrame(buddy, order, near: block),
                order < pageBlockOrder || canMerge(zone, buddy, type)
            else { break }
            remove(buddy, other, from: area.list(other.pointee.migrateType))
            other.pointee.word &= ~UInt32(Frame.buddy)
            area.pointee.count &-= 1
            if buddy < block.pfn { block = Block(pfn: buddy, frame: other) }
            order &+= 1
            area += 1
        }
        block.frame.pointee.makeBuddy(order, type)
        if toTail || isMergeLikely(zone, block.pfn, buddy: buddy, order) {
            append(block.pfn, block.frame, to: area.list(type))
        } else {
            push(block.pfn, block.frame, onto: area.list(type))
        }
        area.pointee.count &+= 1
    }

    /// A frame for writing if it heads a free block of this order, `nil` if not.
    @inline(__always)
    private func buddyFrame(
        _ buddy: UInt32, _ order: UInt32, near block: Block
    ) -> UnsafeMutablePointer<Frame>? {
        if (buddy ^ block.pfn) < UInt32(FrameDirectory.framesPerChunk) {
            let other = block.frame + Int(Int32(bitPattern: buddy &- block.pfn))
            return other.pointee.isBuddy(order) ? other : nil
        }
        return frames.readable(buddy).pointee.isBuddy(order) ? frames.writable(buddy) : nil
    }

    /// Blocks of a page block or more keep clear of the highatomic reserve.
    private func canMerge(_ zone: Int, _ buddy: UInt32, _ type: Int) -> Bool {
        let other = pageBlockType(zone, buddy)
        let highAtomic = Int(MigrateType.highAtomic.rawValue)
        return type == other || (type != highAtomic && other != highAtomic)
    }

    /// Whether the buddy of the block that this one and its buddy would make is free already.
    ///
    /// The corresponding kernel function is `buddy_merge_likely` (mm/page_alloc.c, 6.1).
    @inline(__always)
    private func isMergeLikely(
        _ zone: Int, _ pfn: UInt32, buddy: UInt32, _ order: UInt32
    ) -> Bool {
        guard order < Order.largest - 1 else { return false }
        let whole = pfn & buddy
        return isBuddy(zone, whole ^ (1 << (order + 1)), order + 1)
    }

    /// Counts pages that became free, on this CPU until there are enough of them to tell others.
    ///
    /// The corresponding kernel function is `__mod_zone_page_state` (mm/vmstat.c, 6.1).
    @inline(__always)
    func addFreePages(_ zone: Int, _ pages: Int32) {
        let local = localPages(zone)
        var delta = local.pointee.freeDelta &+ pages
        let threshold = local.pointee.statThreshold
        if delta > threshold || delta < -threshold {
            zones[zone].freePages &+= delta
            delta = 0
        }
        local.pointee.freeDelta = delta
    }
}
