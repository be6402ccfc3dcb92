/// How much of a zone must stay free.
extension Core {
    /// Whether a zone can give a block and stay above its watermark; the quick test for order 0.
    ///
    /// - Parameters:
    ///   - mark: pages that must stay free, boost included.
    ///   - highest: the highest zone that the request could have used; the zone keeps more for
    ///     those that could not.
    ///
    /// The corresponding kernel function is `zone_watermark_fast` (mm/page_alloc.c, 6.1).
    @inline(__always)
    func isAboveWatermarkFast(
        _ zone: Int, order: UInt32, mark: Int32, highest: Int, _ flags: AllocationFlags,
        isAtomic: Bool
    ) -> Bool {
        let table = zones + zone
        if order == 0 {
            var free = table.pointee.freePages
            if flags.isDisjoint(with: .reserves) { free &-= table.pointee.reservedHighAtomic }
            if free > mark &+ table.reserve(for: highest).pointee { return true }
        }
        return isAboveWatermarkSlow(
            zone, order: order, mark: mark, highest: highest, flags, isAtomic: isAtomic)
    }

    @inline(never)
    private func isAboveWatermarkSlow(
        _ zone: Int, order: UInt32, mark: Int32, highest: Int, _ flags: AllocationFlags,
        isAtomic: Bool
    ) -> Bool {
        if isAboveWatermark(zone, order: order, mark: mark, highest: highest, flags) {
            return true
        }
        // Urgent single pages ignore the boost, which is only there to make kswapd work.
        let table = zones[zone]
        guard order == 0, isAtomic, table.boost != 0, flags.watermark == Watermark.min else {
            return false
        }
        explain(.boostIgnored, ["zone": zoneName(zone), "boost": table.boost])
        let min = table.watermark[Watermark.min]
        return isAboveWatermark(zone, order: order, mark: min, highest: highest, flags)
    }

    /// Whether enough pages stay free, and one of the free blocks is large enough.
    ///
    /// The corresponding kernel function is `__zone_watermark_ok` (mm/page_alloc.c, 6.1).
    func isAboveWatermark(
        _ zone: Int, order: UInt32, mark: Int32, highest: Int, _ flags: AllocationFlags
    ) -> Bool {
        hasFreePages(zone, order: order, mark: mark, highest: highest, flags)
            && (order == 0 || hasBlock(zone, order: order, flags))
    }

    /// The part of it that only counts pages.
    @inline(__always)
    func hasFreePages(
        _ zone: Int, order: UInt32, mark: Int32, highest: Int, _ flags: AllocationFlags
    ) -> Bool {
        let pages = countedPages(zone, order: order, mark: mark, flags)
        return pages.free > pages.least &+ (zones + zone).reserve(for: highest).pointee
    }

    /// The free pages of a zone that count for a request, and how many of them have to stay.
    @inline(__always)
    func countedPages(
        _ zone: Int, order: UInt32, mark: Int32, _ flags: AllocationFlags
    ) -> (free: Int32, least: Int32) {
        let table = zones + zone
        var least = mark
        var free = max(table.pointee.freePages, 0) &- ((1 &<< Int32(order)) &- 1)
        if flags.isDisjoint(with: .reserves) {
            free &-= table.pointee.reservedHighAtomic
        } else {
            if flags.contains(.minReserve) {
                least -= least / 2
                if flags.contains(.nonBlocking) { least -= least / 4 }
            }
            if flags.contains(.oom) { least -= least / 2 }
        }
        return (free, least)
    }

    private func hasBlock(_ zone: Int, order: UInt32, _ flags: AllocationFlags) -> Bool {
        let types = flags.isDisjoint(with: [.highAtomic, .oom]) ? 3 : 4
        var area = freeArea(zone, order)
        for _ in order...Order.largest {
            defer { area += 1 }
            if area.pointee.count == 0 { continue }
            for type in 0..<types where area.list(type).pointee.count != 0 { return true }
        }
        return false
    }
}
