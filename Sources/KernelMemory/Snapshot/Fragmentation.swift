/// How fragmented a zone's free memory is, judged from its free blocks alone.
///
/// Both indices are in thousandths, as the kernel computes them.
public struct Fragmentation: Sendable {
    private let freeBlocks: [UInt64]
    private let freePages: UInt64
    private let blockCount: UInt64

    /// Takes the number of free blocks of each order, from order 0 on.
    public init(freeBlocks: [Int32]) {
        self.freeBlocks = freeBlocks.map { UInt64(max($0, 0)) }
        freePages = self.freeBlocks.enumerated().reduce(0) { $0 + $1.element << $1.offset }
        blockCount = self.freeBlocks.reduce(0, +)
    }

    /// The share of free memory that is of no use to a request: 0 when all of it is in blocks that
    /// are large enough, 1,000 when none is, or nothing is free.
    ///
    /// The corresponding kernel function is `unusable_free_index` (mm/vmstat.c, 6.1).
    public func unusableFreeIndex(order: Int) -> Int {
        guard freePages > 0 else { return 1_000 }
        return Int((freePages - suitableBlocks(order) << order) * 1_000 / freePages)
    }

    /// Why a request would fail: towards 0 for lack of memory, towards 1,000 because of
    /// fragmentation; -1,000 when it would not fail.
    ///
    /// The corresponding kernel function is `__fragmentation_index` (mm/vmstat.c, 6.1).
    public func fragmentationIndex(order: Int) -> Int {
        guard blockCount > 0 else { return 0 }
        guard suitableBlocks(order) == 0 else { return -1_000 }
        return 1_000 - Int((1_000 + freePages * 1_000 >> order) / blockCount)
    }

    /// Blocks of an order that the free blocks would make. `fill_contig_page_info`.
    private func suitableBlocks(_ order: Int) -> UInt64 {
        freeBlocks.indices.dropFirst(order).reduce(0) { $0 + freeBlocks[$1] << ($1 - order) }
    }
}
