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
        /// The pages of a slab.
        case slab
        /// Behind pages of the vmalloc area.
        case vmalloc
        /// Page tables that the kernel took from the page allocator.
        case pageTable = "page_table"
        /// A block on a buddy list.
        case free
        /// A block on a CPU's list.
        case perCPU = "per_cpu"
        /// A block on a buddy list that is no longer marked as free: the kernel cleared the mark
        /// when it reported the page, and the list hands the block out all the same.
        case unmarked
        /// Nobody's, and on no list: the rest of a block that was freed with too small an order,
        /// or a block that the kernel gave up because it looked wrong.
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
    /// Whether kmalloc took the block for an allocation larger than any of its caches serves.
    public var isLargeKMalloc = false
    /// For frames behind the vmalloc area, the address that was mapped to the first of them; the
    /// others follow it.
    public var mappedAddress: VirtualAddress?
}

extension Machine {
    /// The runs that make up a range of frame numbers, in order.
    ///
    /// A run is not cut at the range's ends: the first one starts where its block does.
    ///
    /// - Parameter limit: the most runs to return; the rest begins where the last one ends.
    /// - Complexity: O(blocks).
    public func frameRuns(from start: UInt32, to end: UInt32, limit: Int) -> [FrameRun] {
        let map = FrameMap(core)
        var runs: [FrameRun] = []
        let end = min(end, core.shape.frameEnd)
        var pfn = start < end ? block(covering: PageFrameNumber(start)).start.rawValue : end
        while pfn < end, runs.count < limit {
            let run = map.run(at: pfn)
            runs.append(run)
            pfn = run.start.rawValue + run.count
        }
        return runs
    }

    /// The run that starts at one frame: the block it heads, or the stretch that it begins.
    public func frameRun(at pfn: PageFrameNumber) -> FrameRun {
        FrameMap(core).run(at: pfn.rawValue)
    }

    /// The block that a caller owns and that covers a frame; `nil` if there is none.
    public func liveBlock(covering pfn: PageFrameNumber) -> FrameRun? {
        core.liveBlock(covering: pfn.rawValue).map { FrameMap(core).run(at: $0.pfn) }
    }

    /// The block that covers a frame: owned, free, on a CPU's list; or the stretch it is in.
    public func block(covering pfn: PageFrameNumber) -> FrameRun {
        if let live = liveBlock(covering: pfn) { return live }
        let map = FrameMap(core)
        for order in 0...Order.largest {
            let head = pfn.rawValue & ~((1 << order) - 1)
            let run = map.run(at: head)
            if run.order == Int(order) { return run }
        }
        return map.run(at: pfn.rawValue)
    }

    /// The blocks that callers own, lowest frame first.
    ///
    /// - Complexity: O(frames that were ever touched).
    public func forEachLiveBlock(_ body: (FrameRun) -> Void) {
        let map = FrameMap(core)
        core.forEachLiveFrame { body(map.run(at: $0)) }
    }
}

extension Core {
    /// Calls a closure with each frame that begins a block which callers own, chunk by chunk.
    ///
    /// - Complexity: O(frames in chunks that were ever written).
    func forEachLiveFrame(_ body: (UInt32) -> Void) {
        var start: UInt32 = 0
        while start < shape.frameEnd {
            let end = min(start + FrameDirectory.framesPerChunk, shape.frameEnd)
            if !frames.isUntouched(start) {
                let chunk = frames.readable(start)
                for index in 0..<Int(end - start) where chunk[index].has(Frame.live) {
                    body(start + UInt32(index))
                }
            }
            start = end
        }
    }
}
