/// Freeing: a block grows for as long as its buddy is free, too.
///
/// Nearly every merge is the simple one: the block's whole surroundings belong to its zone, the buddy
/// is in memory that may be written, and heads its list. ``MergingBlock`` does these without a
/// call; whatever else comes up, ``Core/mergeAnywhere(_:_:order:type:toTail:)`` can do.
extension Core {
    /// Frees a block, merging it with its buddy for as long as that is free too.
    ///
    /// The result joins its list at the head, or at the tail if the next larger block is likely
    /// to become whole soon, so that it is split last.
    ///
    /// - Parameter toTail: to the tail in any case, as while booting. `FPI_TO_TAIL`
    /// - Complexity: O(orders).
    ///
    /// The corresponding kernel function is `__free_one_page` (mm/page_alloc.c, 6.1).
    @inline(never)
    func freeOneBlock(
        _ zone: Int, _ block: Block, order: UInt32, type: Int, toTail: Bool = false
    ) {
        freeOneBlockHere(zone, block, order: order, type: type, toTail: toTail)
    }

    /// ``freeOneBlock(_:_:order:type:toTail:)`` as part of the caller's own code.
    @inline(__always)
    func freeOneBlockHere(
        _ zone: Int, _ block: Block, order: UInt32, type: Int, toTail: Bool = false
    ) {
        let table = zones + zone
        addFreePages(table, localPages(zone), Int32(bitPattern: 1 &<< order))
        let first = block.pfn & ~(Order.largestPageCount - 1)
        guard !isWatched, first >= table.pointee.start,
            table.pointee.end &- first >= Order.largestPageCount
        else { return mergeAnywhere(zone, block, order: order, type: type, toTail: toTail) }
        var merging = MergingBlock(block, order: order, area: freeArea(zone, order))
        if order < FrameDirectory.chunkShift { merging.mergeInChunk(below: chunkMergeEnd) }
        if merging.isBuddyFree, merging.mark >= Frame.buddyMark(FrameDirectory.chunkShift) {
            merging.mergeChunks(frames.chunks(around: merging.pfn), below: branchMergeEnd)
        }
        let whole = Block(pfn: merging.pfn, frame: merging.frame)
        if !merging.isBuddyFree || merging.order == Order.largest {
            link(zone, whole, order: merging.order, type: type, toTail: toTail)
        } else {
            mergeAnywhere(zone, whole, order: merging.order, type: type, toTail: toTail)
        }
    }

    /// Merges a block with whatever buddies it has, and puts the result on its list.
    @inline(never)
    private func mergeAnywhere(
        _ zone: Int, _ block: Block, order: UInt32, type: Int, toTail: Bool
    ) {
        var order = order
        var block = block
        while order < Order.largest, let buddy = freeBuddy(zone, block.pfn, order, type) {
            let area = freeArea(zone, order)
            remove(buddy.pfn, buddy.frame, from: area.list(of: buddy.frame.pointee.word))
            buddy.frame.pointee.word &= ~UInt32(Frame.buddy)
            area.pointee.count &-= 1
            explain(
                .buddyMerge,
                [
                    "pfn": block.pfn, "order": order, "buddy_pfn": buddy.pfn,
                    "merged_pfn": min(block.pfn, buddy.pfn), "merged_order": order + 1,
                ])
            if buddy.pfn < block.pfn { block = buddy }
            order &+= 1
        }
        link(zone, block, order: order, type: type, toTail: toTail)
        if isExplained { explainFreeBlock(zone, block.pfn, order: order, type: type) }
    }

    /// The buddy of a block if it is free as a whole and the two may be merged.
    @inline(__always)
    private func freeBuddy(_ zone: Int, _ pfn: UInt32, _ order: UInt32, _ type: Int) -> Block? {
        let buddy = pfn ^ (1 &<< order)
        guard isBuddy(zone, buddy, order),
            order < pageBlockOrder || canMerge(zone, buddy, type)
        else { return nil }
        return Block(pfn: buddy, frame: frames.writable(buddy))
    }

    /// Blocks of a page block or more keep clear of the highatomic reserve.
    private func canMerge(_ zone: Int, _ buddy: UInt32, _ type: Int) -> Bool {
        let other = pageBlockType(zone, buddy)
        let highAtomic = Int(MigrateType.highAtomic.rawValue)
        return type == other || (type != highAtomic && other != highAtomic)
    }

    /// Puts a block that has no free buddy on the list of its order and type.
    @inline(never)
    private func link(_ zone: Int, _ block: Block, order: UInt32, type: Int, toTail: Bool) {
        let area = freeArea(zone, order)
        block.frame.pointee.makeBuddy(Frame.buddyMark(order, type))
        area.pointee.count &+= 1
        if toTail || isMergeLikely(zone, block.pfn, order) {
            append(block.pfn, block.frame, to: area.list(type))
        } else {
            push(block.pfn, block.frame, onto: area.list(type))
        }
    }

    /// Whether the buddy of the block that this one and its buddy would make is free already.
    ///
    /// The corresponding kernel function is `buddy_merge_likely` (mm/page_alloc.c, 6.1).
    @inline(__always)
    private func isMergeLikely(_ zone: Int, _ pfn: UInt32, _ order: UInt32) -> Bool {
        guard order < Order.largest - 1 else { return false }
        let whole = pfn & ~(1 &<< order)
        return isBuddy(zone, whole ^ (2 &<< order), order &+ 1)
    }
}

/// A block that is being freed and grows, in the middle of a zone of a machine in good order.
private struct MergingBlock {
    /// Its first frame's number, a multiple of its size.
    private(set) var pfn: UInt32
    /// Its first frame.
    private(set) var frame: UnsafeMutablePointer<Frame>
    /// What the frame of a free buddy says of itself: its order with the buddy flag.
    private(set) var mark: UInt32
    /// The free blocks of that order.
    private var area: UnsafeMutablePointer<FreeArea>
    /// Whether its buddy was free when it was last looked at; then it may be merged further.
    private(set) var isBuddyFree = true

    @inline(__always)
    init(_ block: Block, order: UInt32, area: UnsafeMutablePointer<FreeArea>) {
        pfn = block.pfn
        frame = block.frame
        mark = Frame.buddyMark(order)
        self.area = area
    }

    var order: UInt32 { @inline(__always) get { mark & UInt32(Frame.orderMask) } }

    /// The number of the buddy's first frame. A shift takes the lowest five bits of the mark,
    /// which are the order.
    private var buddy: UInt32 { @inline(__always) get { pfn ^ (1 &<< mark) } }

    /// Merges with buddies in the same chunk of the frame directory, up to a mark.
    @inline(__always)
    mutating func mergeInChunk(below end: UInt32) {
        let chunk = frame - FrameDirectory.indexInChunk(pfn)
        while mark < end {
            let other = chunk + FrameDirectory.indexInChunk(buddy)
            isBuddyFree = other.pointee.isBuddy(mark: mark)
            guard isBuddyFree, absorb(other) else { break }
        }
        frame = chunk + FrameDirectory.indexInChunk(pfn)
    }

    /// Merges with buddies in other chunks of the same branch, up to a mark.
    ///
    /// Blocks of that size start with a chunk.
    @inline(__always)
    mutating func mergeChunks(_ chunks: UnsafePointer<NodeWord>, below end: UInt32) {
        while mark < end {
            let chunk = chunks[FrameDirectory.chunkInBranch(buddy)]
            let other = chunk.node.assumingMemoryBound(to: Frame.self)
            isBuddyFree = other.pointee.isBuddy(mark: mark)
            guard isBuddyFree, chunk.isOwned, absorb(other) else { break }
        }
        frame = chunks[FrameDirectory.chunkInBranch(pfn)].node
            .assumingMemoryBound(to: Frame.self)
    }

    /// Takes the buddy off its list and makes it part of this block, if it heads its list.
    @inline(__always)
    private mutating func absorb(_ other: UnsafeMutablePointer<Frame>) -> Bool {
        let list = area.list(of: other.pointee.word)
        guard list.pointee.first == buddy else { return false }
        list.pointee.first = other.pointee.next
        list.pointee.count &-= 1
        area.pointee.count &-= 1
        other.pointee.word &= ~UInt32(Frame.buddy)
        pfn &= buddy
        area += 1
        mark &+= 1
        return true
    }
}
