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
    @inline(__always)
    func removeSmallest(
        _ zone: Int, order: UInt32, type: Int
    ) -> (pfn: UInt32, frame: UnsafeMutablePointer<Frame>)? {
        var current = order
        var list = freeList(zone, current, type)
        while list.pointee.count == 0 {
            current += 1
            if current > Order.largest { return nil }
            list += MachineShape.migrateTypeCount
        }
        let block = popFirst(list)
        freeCount(zone, current).pointee &-= 1
        block.frame.pointee.flags &= Frame.lasting
        if current > order { expand(zone, block.pfn, from: current, to: order, type: type) }
        return block
    }

    /// Gives back the upper halves of a block until its lower part has the wanted order.
    ///
    /// The corresponding kernel function is `expand` (mm/page_alloc.c, 6.1).
    @inline(__always)
    private func expand(
        _ zone: Int, _ pfn: UInt32, from high: UInt32, to low: UInt32, type: Int
    ) {
        var order = high
        var list = freeList(zone, order, type)
        var count = freeCount(zone, order)
        while order > low {
            order -= 1
            list -= MachineShape.migrateTypeCount
            count -= 1
            let half = pfn &+ (1 << order)
            let frame = frames.writable(half)
            frame.pointee.flags =
                frame.pointee.flags & ~(Frame.orderMask | Frame.migrateTypeMask)
                | Frame.buddy | Frame.block(order, type)
            push(half, frame, onto: list)
            count.pointee &+= 1
        }
    }

    /// Takes one particular free block off its list. `del_page_from_free_list`.
    @inline(__always)
    func removeFree(_ zone: Int, _ pfn: UInt32, _ frame: UnsafeMutablePointer<Frame>) {
        let order = frame.pointee.order
        remove(pfn, frame, from: freeList(zone, order, frame.pointee.migrateType))
        freeCount(zone, order).pointee &-= 1
        frame.pointee.flags &= ~Frame.buddy
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
        addFreePages(zone, Int32(bitPattern: 1 << order))
        var pfn = pfn
        var order = order
        var buddy: UInt32 = 0
        while order < Order.largest {
            buddy = pfn ^ (1 << order)
            guard isBuddy(zone, buddy, order) else { break }
            if order >= pageBlockOrder, !canMerge(zone, buddy, type) { break }
            removeFree(zone, buddy, frames.writable(buddy))
            pfn &= buddy
            order += 1
        }
        let frame = frames.writable(pfn)
        frame.pointee.flags =
            frame.pointee.flags & ~(Frame.orderMask | Frame.migrateTypeMask)
            | Frame.buddy | Frame.block(order, type)
        let list = freeList(zone, order, type)
        if toTail || isMergeLikely(zone, pfn, buddy: buddy, order) {
            append(pfn, frame, to: list)
        } else {
            push(pfn, frame, onto: list)
        }
        freeCount(zone, order).pointee &+= 1
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
