/// What the page allocator decides by: the numbers as it reads them.
extension Core {
    /// What a request asks for.
    @inline(never)
    func explainRequest(_ gfp: GFPFlags, order: UInt32, preferred: Int, type: Int) {
        explain(
            .pageRequest,
            [
                "gfp": gfp.description, "order": order, "pages": UInt32(1) << order,
                "zone": preferred >= 0 ? zoneName(preferred) : "none",
                "migratetype": typeName(type),
            ])
    }

    /// Whether a zone may serve a request, by how many pages have to stay free in it.
    @inline(never)
    func explainWatermark(
        _ zone: Int, order: UInt32, highest: Int, _ flags: AllocationFlags, isAbove: Bool
    ) {
        let table = zones[zone]
        let mark = table.watermark[flags.watermark] &+ table.boost
        let pages = countedPages(zone, order: order, mark: mark, flags)
        let reserve = table.lowmemReserve[highest]
        let code: Decision.Code =
            isAbove
            ? .zonePassed
            : pages.free > pages.least + reserve ? .zoneWithoutBlock : .zoneBelowWatermark
        explain(
            code,
            [
                "zone": zoneName(zone), "order": order, "nr_free_pages": table.freePages,
                "counted_pages": pages.free,
                "watermark": flags.watermark == Watermark.min ? "min" : "low",
                "watermark_pages": table.watermark[flags.watermark], "boost": table.boost,
                "required_pages": pages.least, "lowmem_reserve": reserve,
            ])
    }

    /// What a request may do that the first attempt could not meet.
    @inline(never)
    func explainSlowPath(_ gfp: GFPFlags, _ flags: AllocationFlags) {
        explain(.slowPath, ["rights": flags.rights])
        if flags.contains(.kswapd) { explain(.kswapdWoken, [:]) }
    }

    /// Where a block ended that was freed.
    @inline(never)
    func explainFreeBlock(_ zone: Int, _ pfn: UInt32, order: UInt32, type: Int) {
        if order < Order.largest {
            explain(.buddyInUse, ["pfn": pfn, "order": order, "buddy_pfn": pfn ^ (1 << order)])
        }
        let isFirst = freeList(zone, order, type).pointee.first == pfn
        explain(
            isFirst ? .buddyToHead : .buddyToTail,
            [
                "zone": zoneName(zone), "order": order, "migratetype": typeName(type), "pfn": pfn,
            ])
    }
}

extension AllocationFlags {
    /// The kernel's names of the rights to go below the `min` watermark.
    fileprivate var rights: String {
        let names: [(AllocationFlags, String)] = [
            (.minReserve, "ALLOC_MIN_RESERVE"), (.nonBlocking, "ALLOC_NON_BLOCK"),
            (.highAtomic, "ALLOC_HIGHATOMIC"),
        ]
        let held = names.filter { contains($0.0) }.map(\.1)
        return held.isEmpty ? "none" : held.joined(separator: "|")
    }
}
