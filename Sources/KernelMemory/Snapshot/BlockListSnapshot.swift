/// One list of free blocks at a moment.
public struct BlockListSnapshot: Sendable {
    /// Base-2 logarithm of each block's pages.
    public let order: Int
    /// The migrate type that the list serves.
    public let migrateType: MigrateType
    /// Blocks on the list.
    public let count: Int
    /// Their first frames, head of the list first, as many as were asked for.
    public let pfns: [PageFrameNumber]
}

extension Machine {
    /// The buddy lists of one zone: by order, and by migrate type within.
    ///
    /// - Parameters:
    ///   - zone: a zone's index.
    ///   - limit: the most frames to name for each list.
    public func freeLists(zone: Int, limit: Int) -> [BlockListSnapshot] {
        (0...Order.largest).flatMap { order in
            MigrateType.allCases.map { type in
                core.snapshot(
                    core.freeList(zone, order, Int(type.rawValue)), order: Int(order),
                    type: type, limit: limit)
            }
        }
    }

    /// One CPU's lists of one zone: by order 0...3, and by migrate type within.
    public func perCPULists(cpu: Int, zone: Int, limit: Int) -> [BlockListSnapshot] {
        let local = core.perCPU + (cpu * MachineShape.zoneCount + zone)
        return (0..<MachineShape.perCPUListCount).map { index in
            let type = MigrateType(rawValue: UInt8(index % MigrateType.perCPUTypeCount))!
            return core.snapshot(
                local.list(index), order: index / MigrateType.perCPUTypeCount, type: type,
                limit: limit)
        }
    }

    /// The migrate type of each page block of a zone, from its first block upwards.
    ///
    /// - Returns: the number of the first frame of each page block, and its type.
    public func pageBlocks(zone: Int) -> [(pfn: PageFrameNumber, type: MigrateType)] {
        let zone = core.zones[zone]
        guard zone.isPopulated else { return [] }
        let last = (zone.end - 1) >> core.pageBlockOrder
        return (zone.firstPageBlock...last).map { block in
            let index = Int(zone.pageBlockBase) + Int(block)
            return (
                PageFrameNumber(block << core.pageBlockOrder),
                MigrateType(rawValue: core.pageBlockTypes[index])!
            )
        }
    }
}

extension Core {
    fileprivate func snapshot(
        _ list: UnsafeMutablePointer<BlockList>, order: Int, type: MigrateType, limit: Int
    ) -> BlockListSnapshot {
        var pfns: [PageFrameNumber] = []
        pfns.reserveCapacity(min(Int(list.pointee.count), limit))
        forEach(in: list, limit: limit) { pfns.append(PageFrameNumber($0)) }
        return BlockListSnapshot(
            order: order, migrateType: type, count: Int(list.pointee.count), pfns: pfns)
    }
}
