/// Page blocks kept for urgent requests of more than one page.
extension Core {
    private var reserveType: Int { Int(MigrateType.highAtomic.rawValue) }
    private var pageBlockPages: Int32 { 1 << Int32(pageBlockOrder) }

    /// Keeps the page block around a frame for later requests of the same kind, up to about one
    /// hundredth of the zone.
    ///
    /// The corresponding kernel function is `reserve_highatomic_pageblock` (mm/page_alloc.c, 6.1).
    func reserveHighAtomic(_ zone: Int, _ pfn: UInt32) {
        let limit = Int32(zones[zone].managed / 100) + pageBlockPages
        guard zones[zone].reservedHighAtomic < limit, pageBlockType(zone, pfn) < reserveType else {
            return
        }
        zones[zone].reservedHighAtomic += pageBlockPages
        explain(
            .highAtomicReserved,
            [
                "zone": zoneName(zone), "pageblock_pfn": pfn & ~UInt32(pageBlockPages - 1),
                "nr_reserved_highatomic": zones[zone].reservedHighAtomic,
            ])
        setPageBlockType(zone, pfn, reserveType)
        movePageBlock(zone, pfn, to: reserveType)
    }

    /// Opens one reserved page block to everybody, when nothing else is left.
    ///
    /// - Parameter keepsLast: leave a zone its last reserved page block.
    /// - Returns: whether that made any page available.
    ///
    /// The corresponding kernel function is `unreserve_highatomic_pageblock` (mm/page_alloc.c,
    /// 6.1).
    func unreserveHighAtomic(highest: Int, type: Int, keepsLast: Bool = false) -> Bool {
        for zone in (0...min(highest, MachineShape.zoneCount - 1)).reversed() {
            if keepsLast, zones[zone].reservedHighAtomic <= pageBlockPages { continue }
            for order in 0...Order.largest {
                let list = freeList(zone, order, reserveType)
                guard list.pointee.count != 0 else { continue }
                let pfn = list.pointee.first
                if pageBlockType(zone, pfn) == reserveType {
                    zones[zone].reservedHighAtomic -= min(
                        pageBlockPages, zones[zone].reservedHighAtomic)
                }
                explain(
                    .highAtomicOpened,
                    [
                        "zone": zoneName(zone), "pageblock_pfn": pfn & ~UInt32(pageBlockPages - 1),
                        "migratetype": typeName(type),
                    ])
                setPageBlockType(zone, pfn, type)
                if movePageBlock(zone, pfn, to: type).free != 0 { return true }
            }
        }
        return false
    }
}
