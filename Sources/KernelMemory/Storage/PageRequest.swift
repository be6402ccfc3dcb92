/// Which zone and which lists can serve a request: the zone and mobility bits of a gfp mask, looked
/// up in a table of 32 entries, and turned into distances in memory there.
struct PageRequest {
    /// From the first zone to the highest that has frames and may be used.
    var zoneOffset: UInt16 = 0
    /// From the CPU's pages of the first zone to those of that zone.
    var localOffset: UInt16 = 0
    /// From there to the list of the request's migrate type for order 0.
    var listOffset: UInt16 = 0
    /// The highest zone that the mask allows, with frames or not.
    var highest: UInt8 = 0
    /// The migrate type, 0...2; ``unusual`` if there is no zone or both mobility bits are set.
    var type: UInt8 = 0

    static let unusual: UInt8 = 0xff
}

extension PageRequest {
    /// What the five lowest bits of a gfp mask ask for.
    ///
    /// The corresponding kernel functions are `gfp_zone` and `gfp_migratetype`
    /// (include/linux/gfp.h, 6.1).
    init(_ gfp: UInt32, _ shape: MachineShape) {
        let table = shape.architecture.highestZoneTable
        let allowed = Int(table >> (UInt64(gfp & 0xf) * 4) & 0xf)
        highest = UInt8(allowed)
        let wanted = Int(gfp >> 3 & 3)
        guard wanted < MigrateType.perCPUTypeCount, let zone = shape.preferredZone(allowed) else {
            type = Self.unusual
            return
        }
        let type = shape.groupsByMobility ? wanted : Int(MigrateType.unmovable.rawValue)
        self.type = UInt8(type)
        zoneOffset = UInt16(zone * MemoryLayout<Zone>.stride)
        localOffset = UInt16(zone * MemoryLayout<PerCPUPages>.stride)
        listOffset = UInt16(PerCPUPages.listOffset + type * MemoryLayout<BlockList>.stride)
    }

    /// The index of the zone to try first.
    var preferred: Int { Int(zoneOffset) / MemoryLayout<Zone>.stride }
}

extension Core {
    /// The zone to try first.
    @inline(__always)
    func zone(_ request: PageRequest) -> UnsafeMutablePointer<Zone> {
        (UnsafeMutableRawPointer(zones) + Int(request.zoneOffset))
            .assumingMemoryBound(to: Zone.self)
    }

    /// That zone's pages on the CPU that the call runs on.
    @inline(__always)
    func localPages(_ request: PageRequest) -> UnsafeMutablePointer<PerCPUPages> {
        let offset = Int(control.pointee.localOffset) &+ Int(request.localOffset)
        return (UnsafeMutableRawPointer(perCPU) + offset)
            .assumingMemoryBound(to: PerCPUPages.self)
    }
}
