/// What pages are used for that calls took from the page allocator.
///
/// Pages that the kernel had at boot are not among them.
public struct PageUse: Equatable, Sendable {
    /// Pages in blocks that callers own, those of large objects of kmalloc among them.
    public var blocks = 0
    /// Pages behind areas of vmalloc and of modules.
    public var areas = 0
    /// Pages of slabs.
    public var slabs = 0
    /// Pages that are page tables.
    public var tables = 0

    /// A use of pages, none of each kind that is not given.
    public init(blocks: Int = 0, areas: Int = 0, slabs: Int = 0, tables: Int = 0) {
        (self.blocks, self.areas, self.slabs, self.tables) = (blocks, areas, slabs, tables)
    }

    /// All of them.
    public var total: Int { blocks + areas + slabs + tables }

    /// So many pages of which the kernel uses some; after a misuse neither may be below 0.
    fileprivate init(_ taken: Int32, _ kernel: KernelPages) {
        areas = Int(max(0, kernel.areas))
        slabs = Int(max(0, kernel.slabs))
        tables = Int(max(0, kernel.tables))
        blocks = max(0, Int(taken) - areas - slabs - tables)
    }
}

extension Machine {
    /// What the pages that calls took are used for now.
    public var pageUse: PageUse {
        PageUse(core.control.pointee.takenPages, core.control.pointee.kernelPages)
    }

    /// What they were used for when there were most of them; the first time, if it was so more than once.
    public var peakUse: PageUse {
        let control = core.control.pointee
        return PageUse(
            control.peakPages,
            control.settledPeak == control.peakPages
                ? control.kernelPagesAtPeak : control.kernelPages)
    }
}

/// Pages that the kernel took for itself during calls.
struct KernelPages: Equatable {
    var areas: Int32 = 0
    var slabs: Int32 = 0
    var tables: Int32 = 0
}

// MARK: - Counting them

extension Core {
    /// Takes down how the highest peak so far is divided.
    ///
    /// It comes before every change of what the kernel uses. In between that does not change, so that a
    /// peak reached since is divided as things are now; and the page allocator has one number to raise.
    @inline(__always)
    func settlePeak() {
        guard control.pointee.settledPeak != control.pointee.peakPages else { return }
        control.pointee.settledPeak = control.pointee.peakPages
        control.pointee.kernelPagesAtPeak = control.pointee.kernelPages
    }

    /// Counts pages that were taken for an area past ``allocateBlock(_:order:)``; the peak is settled.
    @inline(__always)
    func countAreaPages(_ count: Int) {
        let count = Int32(truncatingIfNeeded: count)
        control.pointee.takenPages &+= count
        control.pointee.peakPages = max(control.pointee.peakPages, control.pointee.takenPages)
        control.pointee.kernelPages.areas &+= count
    }

    /// Counts pages of an area that went back past ``freeBlock(_:order:isUsual:)``.
    ///
    /// The page allocator has not counted them; for those that it did, or that were no area's any more,
    /// the counts were raised before.
    @inline(__always)
    func forgetAreaPages(_ count: Int) {
        settlePeak()
        let count = Int32(truncatingIfNeeded: count)
        control.pointee.takenPages &-= count
        control.pointee.kernelPages.areas &-= count
    }

    /// Makes good for a page that ``forgetAreaPages(_:)`` is going to count and that is no area's.
    func keepAreaPage() {
        settlePeak()
        control.pointee.takenPages &+= 1
        control.pointee.kernelPages.areas &+= 1
    }

    /// Counts pages of a slab as a block's that is about to be freed. Those of a slab that was there at
    /// boot were not taken by a call.
    func forgetSlabPages(_ pfn: UInt32, order: UInt32) {
        settlePeak()
        if frames.readable(pfn).pointee.step == 0 {
            control.pointee.takenPages &+= 1 << Int32(order)
        } else {
            control.pointee.kernelPages.slabs &-= 1 << Int32(order)
        }
    }
}
