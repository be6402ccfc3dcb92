/// A stretch of frames that are alike, or one block.
public struct FrameRun: Hashable, Sendable {
    /// What the frames are.
    public enum State: String, Sendable {
        /// Kept by the kernel, the firmware, or not memory at all.
        case reserved
        /// In use since before the first step, by the kernel that was recorded.
        case kernel
        /// A block that a caller owns.
        case allocated
        /// A block on a buddy list.
        case free
        /// A block on a CPU's list.
        case perCPU = "per_cpu"
        /// Nobody's: the rest of a block that was freed with too small an order, or a block that
        /// the kernel gave up because it looked wrong.
        case lost
        /// Frame numbers that name no frame.
        case absent
    }

    /// First frame.
    public let start: PageFrameNumber
    /// Frames in the run.
    public let count: UInt32
    /// What they are.
    public let state: State
    /// Order of the block; `nil` for a stretch.
    public let order: Int?
    /// The migrate type of the list that a free block is on.
    public let migrateType: MigrateType?
    /// For an allocated block the step that allocated it, otherwise the step that freed it; 0 if
    /// it never was.
    public let step: UInt32
    /// The kernel's reference count of the first frame.
    public let referenceCount: Int
    /// Whether it is a compound page.
    public let isCompound: Bool
    /// Whether another allocated block covers some of these frames too.
    public let isShared: Bool
}

extension Machine {
    /// The runs that make up a range of frame numbers, in order.
    ///
    /// A run is not cut at the range's ends: the first one starts where its block does.
    ///
    /// - Parameter limit: the most runs to return; the rest begins where the last one ends.
    /// - Complexity: O(blocks).
    public func frameRuns(from start: UInt32, to end: UInt32, limit: Int) -> [FrameRun] {
        var runs: [FrameRun] = []
        let end = min(end, core.shape.frameEnd)
        var pfn = start < end ? block(covering: PageFrameNumber(start)).start.rawValue : end
        while pfn < end, runs.count < limit {
            let run = core.run(at: pfn)
            runs.append(run)
            pfn = run.start.rawValue + run.count
        }
        return runs
    }

    /// The run that starts at one frame: the block it heads, or the stretch that it begins.
    public func frameRun(at pfn: PageFrameNumber) -> FrameRun { core.run(at: pfn.rawValue) }

    /// The block that a caller owns and that covers a frame; `nil` if there is none.
    public func liveBlock(covering pfn: PageFrameNumber) -> FrameRun? {
        core.liveBlock(covering: pfn.rawValue).map { core.run(at: $0.pfn) }
    }

    /// The block that covers a frame: owned, free, on a CPU's list; or the stretch it is in.
    public func block(covering pfn: PageFrameNumber) -> FrameRun {
        if let live = liveBlock(covering: pfn) { return live }
        for order in 0...Order.largest {
            let head = pfn.rawValue & ~((1 << order) - 1)
            let run = core.run(at: head)
            if run.order == Int(order) { return run }
        }
        return core.run(at: pfn.rawValue)
    }

    /// The blocks that callers own, lowest frame first.
    ///
    /// - Complexity: O(frames that were ever touched).
    public func forEachLiveBlock(_ body: (FrameRun) -> Void) {
        var pfn: UInt32 = 0
        while pfn < core.shape.frameEnd {
            if core.frames.isUntouched(pfn) {
                pfn = (pfn | 0xff) + 1
                continue
            }
            if core.frames.readable(pfn).pointee.has(Frame.live) { body(core.run(at: pfn)) }
            pfn += 1
        }
    }
}

extension Core {
    fileprivate func run(at pfn: UInt32) -> FrameRun {
        let frame = frames.readable(pfn).pointee
        if !shape.hasFrame(pfn) { return stretch(from: pfn, .absent) }
        if pfn == 0 || frame.has(Frame.reserved) { return stretch(from: pfn, .reserved) }
        let state: FrameRun.State? =
            frame.has(Frame.live)
            ? .allocated
            : frame.has(Frame.buddy) ? .free : (frame.has(Frame.perCPU) ? .perCPU : nil)
        guard let state else { return stretch(from: pfn, self.state(of: pfn) ?? .lost) }
        let type = MigrateType(rawValue: UInt8(frame.migrateType))
        return FrameRun(
            start: PageFrameNumber(pfn), count: 1 << frame.order, state: state,
            order: Int(frame.order), migrateType: state == .allocated ? nil : type,
            step: frame.step, referenceCount: Int(frame.referenceCount),
            isCompound: frame.has(Frame.head),
            isShared: state == .allocated && isShared(pfn, order: frame.order))
    }

    private func stretch(from start: UInt32, _ state: FrameRun.State) -> FrameRun {
        var end = start + 1
        while end < shape.frameEnd, self.state(of: end) == state { end += 1 }
        let frame = frames.readable(start).pointee
        return FrameRun(
            start: PageFrameNumber(start), count: end - start, state: state, order: nil,
            migrateType: nil, step: frame.step, referenceCount: Int(frame.referenceCount),
            isCompound: false, isShared: false)
    }

    private func state(of pfn: UInt32) -> FrameRun.State? {
        if !shape.hasFrame(pfn) { return .absent }
        let frame = frames.readable(pfn).pointee
        if frame.has(Frame.reserved) { return .reserved }
        if frame.has(Frame.live | Frame.buddy | Frame.perCPU) { return nil }
        return frame.referenceCount > 0 ? .kernel : .lost
    }

    /// Whether another live block begins inside this one or reaches into it.
    private func isShared(_ pfn: UInt32, order: UInt32) -> Bool {
        guard isCorrupted else { return false }
        let inside = (pfn + 1)..<(pfn + (1 << order))
        if inside.contains(where: { frames.readable($0).pointee.has(Frame.live) }) { return true }
        guard pfn > 0, let before = liveBlock(covering: pfn - 1) else { return false }
        return before.pfn + (1 << before.order) > pfn
    }
}
