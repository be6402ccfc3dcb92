/// How fragmented a zone's free memory is, judged from its free blocks alone.
///
/// Both indices are in thousandths, as the kernel computes them.
public struct Fragmentation: Sendable {
    private let freePages: UInt64
    private let blockCount: UInt64
    /// By order: the blocks of that order which the free blocks would make.
    private let suitableBlocks: InlineArray<11, UInt64>

    /// Takes the number of free blocks of each order, from order 0 on.
    ///
    /// The corresponding kernel function is `fill_contig_page_info` (mm/vmstat.c, 6.1).
    public init(freeBlocks: InlineArray<11, Int32>) {
        var suitable = InlineArray<11, UInt64>(repeating: 0)
        var larger: UInt64 = 0
        var count: UInt64 = 0
        for order in suitable.indices.reversed() {
            let blocks = UInt64(max(freeBlocks[order], 0))
            count += blocks
            larger = larger * 2 + blocks
            suitable[order] = larger
        }
        blockCount = count
        freePages = larger
        suitableBlocks = suitable
    }

    /// The share of free memory that is of no use to a request: 0 when all of it is in blocks that
    /// are large enough, 1,000 when none is, or nothing is free.
    ///
    /// The corresponding kernel function is `unusable_free_index` (mm/vmstat.c, 6.1).
    public func unusableFreeIndex(order: Int) -> Int {
        guard freePages > 0 else { return 1_000 }
        return Int((freePages - suitableBlocks[order] << order) * 1_000 / freePages)
    }

    /// Why a request would fail: towards 0 for lack of memory, towards 1,000 because of
    /// fragmentation; -1,000 when it would not fail.
    ///
    /// The corresponding kernel function is `__fragmentation_index` (mm/vmstat.c, 6.1).
    public func fragmentationIndex(order: Int) -> Int {
        guard blockCount > 0 else { return 0 }
        guard suitableBlocks[order] == 0 else { return -1_000 }
        return 1_000 - Int((1_000 + freePages * 1_000 >> order) / blockCount)
    }
}
