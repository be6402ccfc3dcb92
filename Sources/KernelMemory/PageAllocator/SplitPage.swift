extension Core {
    /// Makes the pages of a block independent: each has one reference and is freed by itself.
    ///
    /// Nothing in the allocator changes. Compound pages must not be split.
    ///
    /// The corresponding kernel function is `split_page` (mm/page_alloc.c, 6.1).
    func splitPage(_ page: PagePointer, order: UInt32) -> Outcome {
        guard let pfn = frame(of: page) else {
            noteMisuse(.wildPointer, pfn: nil, order: order)
            oopsOnAccess(to: page.rawValue, isWrite: true)
            return Outcome(.void)
        }
        let first = frames.readable(pfn).pointee
        let isOwned = first.has(Frame.live) && first.order == order && !first.has(Frame.head)
        if !isOwned {
            noteMisuse(
                .wrongSplit, pfn: pfn, order: order,
                expectedOrder: first.has(Frame.live) ? first.order : nil)
            markCorrupted()
        }
        let end = min(UInt64(pfn) + (1 << UInt64(min(order, 32))), UInt64(shape.frameEnd))
        for current in pfn..<UInt32(end) {
            let frame = frames.writable(current)
            if current != pfn { frame.pointee.referenceCount = 1 }
            guard isOwned else { continue }
            frame.pointee.flags =
                frame.pointee.flags & ~Frame.orderMask | Frame.live
            frame.pointee.step = first.step
        }
        if isOwned, first.has(Frame.kmapped) { divideMark(of: pfn, order: order) }
        return Outcome(.void)
    }
}
