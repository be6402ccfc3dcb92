/// What the rest of a recorded kernel did between two calls of a trace, as far as one can tell.
extension Machine {
    /// Somebody else gives back a block that was in use when the recording began.
    ///
    /// - Returns: `false` if it is not such a block, and then nothing has changed.
    package mutating func freeForOther(_ pfn: PageFrameNumber, order: UInt32) -> Bool {
        let start = pfn.rawValue
        let pages: UInt32 = order < 11 ? 1 << order : 0
        guard pages > 0, start.isMultiple(of: pages), start < core.shape.frameEnd,
            (start..<(start + pages)).allSatisfy({ core.isOthers($0) }), beginCall()
        else { return false }
        let frame = core.frames.writable(start)
        frame.pointee.word = Frame.ownedWord(order: order)
        core.control.pointee.takenPages &+= Int32(pages)
        core.freeBlock(start, order: order, isUsual: core.control.pointee.state == 0)
        return true
    }
}

extension Core {
    /// Whether a frame was in use before the first call, by nobody whom this machine knows.
    fileprivate func isOthers(_ pfn: UInt32) -> Bool {
        guard pfn < shape.frameEnd, shape.hasFrame(pfn) else { return false }
        let frame = frames.readable(pfn).pointee
        return frame.referenceCount == 1 && frame.step == 0 && !frame.has(Frame.reserved)
            && !frame.has(Frame.live) && !frame.has(Frame.mapping) && !frame.has(Frame.slab)
    }
}
