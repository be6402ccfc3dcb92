extension BootImage {
    /// A machine in exactly the state that a dump recorded.
    ///
    /// Frames that are on no list and not reserved were in use by somebody when the dump was made;
    /// they stay so. A dump does not say what its slabs hold, so the slab caches start empty.
    ///
    /// - Throws: ``RecordingError`` if the recording contradicts itself.
    /// - Complexity: O(frames).
    public init(recording: MachineRecording) throws(RecordingError) {
        try self.init(pagesOf: recording)
        core.makeBootCaches()
        core.makeVmapSpace()
    }

    /// The same without caches.
    init(pagesOf recording: MachineRecording) throws(RecordingError) {
        try recording.validate()
        let core = Core(zeroedFor: MachineShape(recording))
        var offset: UInt32 = 0
        for zone in recording.zones {
            core.layOut(zone, pageBlockOffset: offset)
            offset += UInt32(zone.pageBlockTypes.count)
            try core.link(zone)
        }
        core.control.pointee.cpu = UInt32(recording.cpu)
        core.makeBootTables()
        if core.shape.debug { core.unmapFreePages() }
        self.init(core: core)
    }
}

extension MachineShape {
    /// The shape of a recorded machine.
    init(_ recording: MachineRecording) {
        let starts = (1...2).map { index in
            recording.zones.first { $0.index == index }?.start ?? noFrame
        }
        let holes = recording.zones.flatMap(\.invalid)
        let hole = holes.first.map { $0.start..<($0.start &+ $0.count) }
        self.init(
            architecture: recording.architecture, cpuCount: recording.cpuCount,
            pageBlockOrder: recording.pageBlockOrder,
            frameEnd: recording.zones.map { $0.start + $0.spanned }.max() ?? 0,
            zoneStart: SIMD2(starts[0], starts[1]),
            groupsByMobility: recording.architecture.groupsByMobility(
                pageBlockOrder: recording.pageBlockOrder,
                recording.zones.map { ($0.index, $0.spanned, $0.present) }),
            pageBlockCount: recording.zones.reduce(0) { $0 + $1.pageBlockTypes.count },
            zonePopulation: recording.zones.reduce(0) { $0 | 1 << $1.index },
            hole: hole ?? 0..<0, layout: recording.layout,
            minFreeKilobytes: recording.minFreeKilobytes, debug: recording.debug,
            checksObjects: recording.debug && recording.slab == .slub, slab: recording.slab)
    }
}

extension Core {
    fileprivate func layOut(_ zone: MachineRecording.Zone, pageBlockOffset: UInt32) {
        zones[zone.index] = Zone(
            start: zone.start, end: zone.start + zone.spanned, present: zone.present,
            managed: zone.managed, firstPageBlock: zone.start >> pageBlockOrder,
            pageBlockBase: Int32(pageBlockOffset) - Int32(zone.start >> pageBlockOrder),
            watermark: zone.watermark, boost: zone.boost,
            freePages: zone.freePages, reservedHighAtomic: zone.reservedHighAtomic,
            flags: zone.flags, lowmemReserve: zone.lowmemReserve)
        let movable = Int8(MigrateType.movable.rawValue)
        for (index, type) in zone.pageBlockTypes.enumerated() {
            pageBlockTypes[Int(pageBlockOffset) + index] = UInt8(type < 0 ? movable : type)
        }
        for local in zone.perCPU {
            let table = perCPU + (local.cpu * MachineShape.zoneCount + zone.index)
            table.pointee = PerCPUPages(
                high: local.high, batch: local.batch, freeFactor: local.freeFactor,
                freeDelta: local.freeDelta, statThreshold: local.statThreshold)
            if zone.flags & Zone.reclaimActive != 0 {
                table.pointee.drainMark = min(local.batch << 2, local.high)
            }
        }
        placePageBlocks(zone.index)
    }

    /// Links every block of a zone to its list and marks all other frames as used.
    fileprivate func link(_ zone: MachineRecording.Zone) throws(RecordingError) {
        var taken = FrameSet(zone.start..<(zone.start + zone.spanned))
        for range in zone.invalid {
            try taken.insert(range.start, range.count, .init(.ranges(zone: zone.index, .invalid)))
        }
        let free = try linkFree(zone, &taken)
        let local = try linkPerCPU(zone, &taken)
        guard free + local <= Int64(zone.managed) else {
            throw RecordingError(
                .zone(zone.index), "/managed", value: "\(zone.managed)",
                expected: "at least the \(free + local) pages that are free")
        }
        try markUsed(zone, &taken)
    }

    private func markUsed(
        _ zone: MachineRecording.Zone, _ taken: inout FrameSet
    ) throws(RecordingError) {
        var movable = FrameSet(taken.frames)
        try forEachRange(zone, .lruOrMovable) { (range, place) throws(RecordingError) in
            try movable.insert(range.start, range.count, place)
            try taken.checkFree(range.start, range.count, place)
        }
        try forEachRange(zone, .reserved) { (range, place) throws(RecordingError) in
            try taken.insert(range.start, range.count, place)
            try movable.checkFree(range.start, range.count, place)
            mark(range, Frame.reserved)
        }
        for pfn in taken.rest { frames.writable(pfn).pointee.referenceCount = 1 }
        for range in zone.lruOrMovable { mark(range, Frame.lruOrMovable) }
    }

    private func forEachRange(
        _ zone: MachineRecording.Zone, _ kind: RecordingError.RangeKind,
        _ body: (MachineRecording.FrameRange, FrameSet.Place) throws(RecordingError) -> Void
    ) throws(RecordingError) {
        let ranges = kind == .reserved ? zone.reserved : zone.lruOrMovable
        for (index, range) in ranges.enumerated() {
            try body(range, .init(.ranges(zone: zone.index, kind), "/r", index))
        }
    }

    private func mark(_ range: MachineRecording.FrameRange, _ flag: UInt16) {
        for pfn in range.start..<(range.start + range.count) {
            frames.writable(pfn).pointee.flags |= flag
            frames.writable(pfn).pointee.referenceCount = 1
        }
    }

    /// - Returns: pages on the zone's buddy lists.
    private func linkFree(
        _ zone: MachineRecording.Zone, _ taken: inout FrameSet
    ) throws(RecordingError) -> Int64 {
        var pages: Int64 = 0
        for list in zone.freeLists {
            let record = RecordingError.Record.freeList(
                zone: zone.index, order: list.order, type: list.migrateType)
            let rule = RecordingRule(record: record)
            try rule.check("/order", list.order, in: 0...Int64(Order.largest))
            try rule.check("/mt", list.migrateType, in: 0...3)
            let head = freeList(zone.index, list.order, list.migrateType)
            try rule.check("", "a second one", head.pointee.count == 0, "one record for each list")
            for (index, pfn) in list.pfns.enumerated() {
                try taken.insert(block: pfn, order: list.order, .init(record, "/pfns", index))
                let frame = frames.writable(pfn)
                frame.pointee.flags = Frame.buddy | Frame.block(list.order, list.migrateType)
                append(pfn, frame, to: head)
                freeArea(zone.index, list.order).pointee.count += 1
                pages += 1 << Int64(list.order)
            }
        }
        try checkMerged(zone)
        try checkCounters(zone, pages: pages)
        return pages
    }

    /// Refuses two free buddies that the kernel would have made one block of.
    private func checkMerged(_ zone: MachineRecording.Zone) throws(RecordingError) {
        for list in zone.freeLists where list.order < min(Order.largest, pageBlockOrder) {
            for (index, pfn) in list.pfns.enumerated()
            where isBuddy(zone.index, pfn ^ (1 << list.order), list.order) {
                throw RecordingError(
                    .freeList(zone: zone.index, order: list.order, type: list.migrateType),
                    "/pfns/\(index)", value: "\(pfn)",
                    expected: "a block whose buddy \(pfn ^ (1 << list.order)) is not free too: the "
                        + "kernel merges free buddies")
            }
        }
    }

    private func checkCounters(
        _ zone: MachineRecording.Zone, pages: Int64
    ) throws(RecordingError) {
        let rule = RecordingRule(record: .freeCounts(zone: zone.index))
        for order in 0...Order.largest {
            let blocks = freeArea(zone.index, order).pointee.count
            try rule.check(
                "/nr/\(order)", zone.freeCounts[Int(order)],
                zone.freeCounts[Int(order)] == blocks,
                "\(blocks), the blocks on the lists of order \(order)")
        }
        let deltas = zone.perCPU.reduce(0) { $0 + Int64($1.freeDelta) }
        try RecordingRule(record: .zone(zone.index)).check(
            "/nr_free_pages", zone.freePages, Int64(zone.freePages) + deltas == pages,
            "\(pages - deltas): \(pages) pages are on the lists, and the CPUs' diff_free add up "
                + "to \(deltas)")
    }

    /// - Returns: pages on the CPUs' lists.
    private func linkPerCPU(
        _ zone: MachineRecording.Zone, _ taken: inout FrameSet
    ) throws(RecordingError) -> Int64 {
        var pages: Int64 = 0
        for local in zone.perCPU {
            let record = RecordingError.Record.perCPU(zone: zone.index, cpu: local.cpu)
            let table = perCPU + (local.cpu * MachineShape.zoneCount + zone.index)
            for (index, list) in local.lists.enumerated() {
                try linkPerCPU(list, index, table, record, &taken)
            }
            try RecordingRule(record: record).check(
                "/count", local.count, local.count == table.pointee.count,
                "\(table.pointee.count), the pages on the lists")
            pages += Int64(table.pointee.count)
        }
        return pages
    }

    private func linkPerCPU(
        _ list: [(pfn: UInt32, migrateType: Int)], _ index: Int,
        _ table: UnsafeMutablePointer<PerCPUPages>, _ record: RecordingError.Record,
        _ taken: inout FrameSet
    ) throws(RecordingError) {
        let order = UInt32(index / MigrateType.perCPUTypeCount)
        let listType = index % MigrateType.perCPUTypeCount
        let movable = Int(MigrateType.movable.rawValue)
        let reserve = Int(MigrateType.highAtomic.rawValue)
        let head = table.list(index)
        for (place, entry) in list.enumerated() {
            try RecordingRule(record: record).check(
                "/lists/\(index)/\(place)/1", entry.migrateType,
                entry.migrateType == listType
                    || listType == movable && entry.migrateType == reserve,
                listType == movable ? "1 or 3 on this list" : "\(listType) on this list")
            try taken.insert(
                block: entry.pfn, order: order, .init(record, "/lists/\(index)", place, "/0"))
            let frame = frames.writable(entry.pfn)
            frame.pointee.flags = Frame.perCPU | Frame.block(order, entry.migrateType)
            append(entry.pfn, frame, to: head)
            table.pointee.count += 1 << Int32(order)
        }
    }
}
