/// Many single pages at once.
extension Core {
    /// Takes single pages for an area of vmalloc, as many as can be had without trying hard.
    ///
    /// All of them come from one zone and from this CPU's list of it; where no zone has so many to
    /// spare, one page is tried for along the usual way.
    ///
    /// - Parameters:
    ///   - count: pages wanted, at least 1.
    ///   - pfns: where to put them.
    ///   - first: which page of the vmalloc area the first of them will be behind.
    /// - Returns: how many there are, 0...count.
    ///
    /// The corresponding kernel function is `__alloc_pages_bulk` (mm/page_alloc.c, 6.1).
    func allocateBulk(
        _ gfp: GFPFlags, count: Int, to pfns: UnsafeMutablePointer<UInt32>, first: UInt32
    ) -> Int {
        guard count > 1, let zone = zoneForBulk(gfp, count) else {
            if count > 1 { explain(.bulkWithoutZone, ["pages": count]) }
            return allocateSingle(gfp, to: pfns, first)
        }
        explain(.bulkZone, ["zone": zoneName(zone), "pages": count])
        settlePeak()
        let taken = takeBulk(zone, gfp, count: count, to: pfns, first: first)
        countAreaPages(taken)
        return taken > 0 || isHalted ? taken : allocateSingle(gfp, to: pfns, first)
    }

    /// Takes single pages from the CPU's list of one zone, and says how many there were.
    @inline(never)
    private func takeBulk(
        _ zone: Int, _ gfp: GFPFlags, count: Int, to pfns: UnsafeMutablePointer<UInt32>,
        first: UInt32
    ) -> Int {
        let type = Int(gfp.rawValue >> 3 & 3)
        let step = control.pointee.step
        let isZeroed = gfp.contains(.zero)
        for taken in 0..<count {
            guard let block = takeLocal(zone, order: 0, type: type, .low) else { return taken }
            if _slowPath(control.pointee.state != 0) {
                if isCorrupted { noteOverlap(block.pfn, order: 0) }
                mapAllocatedPages(block.pfn, order: 0)
            }
            block.frame.pointee.word = 1 << 16 | UInt32(Frame.mapping)
            block.frame.pointee.step = step
            block.frame.pointee.next = first &+ UInt32(truncatingIfNeeded: taken)
            if isZeroed { clearBytes(block.pfn, order: 0) }
            pfns[taken] = block.pfn
        }
        return count
    }

    private func allocateSingle(
        _ gfp: GFPFlags, to pfns: UnsafeMutablePointer<UInt32>, _ page: UInt32
    ) -> Int {
        let pfn = allocateForMapping(gfp, .vmallocPage(page))
        if pfn == noFrame { return 0 }
        pfns.pointee = pfn
        return 1
    }

    /// The first zone that stays above its low watermark when it gives so many pages.
    private func zoneForBulk(_ gfp: GFPFlags, _ count: Int) -> Int? {
        let preferred = preferredZone(
            Int(highestZoneTable >> (UInt64(gfp.rawValue & 0xf) * 4) & 0xf))
        var zone = preferred
        while zone >= 0 {
            let mark = zones[zone].watermark[Watermark.low] &+ zones[zone].boost
            if isAboveWatermarkFast(
                zone, order: 0, mark: mark &+ Int32(count), highest: preferred, .low,
                isAtomic: gfp.contains(.atomic))
            {
                return zone
            }
            zone = preferredZone(zone &- 1)
        }
        return nil
    }
}
