extension BootImage {
    /// A machine in exactly the state that a dump recorded.
    ///
    /// Frames that are on no list and not reserved were in use by somebody when the dump was made;
    /// they stay so.
    ///
    /// - Throws: ``RecordingError`` if the recording contradicts itself.
    /// - Complexity: O(frames).
    public init(recording: MachineRecording) throws(RecordingError) {
        try recording.validate()
        let core = Core(zeroedFor: MachineShape(recording))
        var offset: UInt32 = 0
        for zone in recording.zones {
            core.layOut(zone, pageBlockOffset: offset)
            offset += UInt32(zone.pageBlockTypes.count)
            try core.link(zone, recording)
        }
        core.control.pointee.cpu = UInt32(recording.cpu)
        self.init(core: core)
    }
}

extension MachineShape {
    fileprivate init(_ recording: MachineRecording) {
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
            pageBlockCount: recording.zones.reduce(0) { $0 + $1.pageBlockTypes.count },
            zonePopulation: recording.zones.reduce(0) { $0 | 1 << $1.index },
            hole: hole ?? 0..<0, layout: recording.layout,
            minFreeKilobytes: recording.minFreeKilobytes, debug: false)
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
    }

    /// Links every block of a zone to its list and marks all other frames as used.
    fileprivate func link(
        _ zone: MachineRecording.Zone, _ recording: MachineRecording
    ) throws(RecordingError) {
        let place = zone.place(recording.architecture)
        var taken = FrameSet(zone.start..<(zone.start + zone.spanned), place: place)
        try linkFree(zone, &taken)
        try linkPerCPU(zone, &taken)
        for range in zone.reserved { try taken.insert(range, "reserved") }
        for range in zone.reserved { mark(range, Frame.reserved) }
        for range in zone.invalid { try taken.insert(range, "invalid_pfn") }
        for range in zone.lruOrMovable { try taken.checkFree(range, "lru_or_movable") }
        for pfn in taken.rest {
            frames.writable(pfn).pointee.referenceCount = 1
        }
        for range in zone.lruOrMovable { mark(range, Frame.lruOrMovable) }
    }

    private func mark(_ range: MachineRecording.FrameRange, _ flag: UInt16) {
        for pfn in range.start..<(range.start + range.count) {
            frames.writable(pfn).pointee.flags |= flag
            frames.writable(pfn).pointee.referenceCount = 1
        }
    }

    private func linkFree(
        _ zone: MachineRecording.Zone, _ taken: inout FrameSet
    ) throws(RecordingError) {
        var pages: Int64 = 0
        for list in zone.freeLists {
            guard list.order <= Order.largest, (0...3).contains(list.migrateType) else {
                throw RecordingError(
                    place: taken.place, reason: "expected order 0 to 10, type 0 to 3")
            }
            let head = freeList(zone.index, list.order, list.migrateType)
            for pfn in list.pfns {
                try taken.insert(block: pfn, order: list.order, "free list")
                let frame = frames.writable(pfn)
                frame.pointee.flags = Frame.buddy | Frame.block(list.order, list.migrateType)
                append(pfn, frame, to: head)
                freeArea(zone.index, list.order).pointee.count += 1
                pages += 1 << Int64(list.order)
            }
        }
        let counted = Int64(zone.freePages) + zone.perCPU.reduce(0) { $0 + Int64($1.freeDelta) }
        guard counted == pages else {
            throw RecordingError(
                place: taken.place,
                reason: "expected nr_free_pages and the CPUs' deltas to add up to the \(pages) "
                    + "pages on the free lists, not \(counted)")
        }
    }

    private func linkPerCPU(
        _ zone: MachineRecording.Zone, _ taken: inout FrameSet
    ) throws(RecordingError) {
        for local in zone.perCPU {
            let table = perCPU + (local.cpu * MachineShape.zoneCount + zone.index)
            for (index, list) in local.lists.enumerated() {
                let order = UInt32(index / MigrateType.perCPUTypeCount)
                let head = table.list(index)
                for (pfn, type) in list {
                    guard (0...3).contains(type) else {
                        throw RecordingError(
                            place: taken.place, reason: "expected page->index 0 to 3, not \(type)")
                    }
                    try taken.insert(block: pfn, order: order, "per-CPU list")
                    let frame = frames.writable(pfn)
                    frame.pointee.flags = Frame.perCPU | Frame.block(order, type)
                    append(pfn, frame, to: head)
                    table.pointee.count += 1 << Int32(order)
                }
            }
        }
    }
}

/// The frames of a zone that something was said about; nothing may be said twice.
private struct FrameSet {
    let frames: Range<UInt32>
    let place: String
    private var isTaken: [Bool]

    init(_ frames: Range<UInt32>, place: String) {
        self.frames = frames
        self.place = place
        isTaken = Array(repeating: false, count: frames.count)
    }

    var rest: some Sequence<UInt32> {
        frames.lazy.filter { !isTaken[Int($0 - frames.lowerBound)] }
    }

    mutating func insert(
        block pfn: UInt32, order: UInt32, _ what: String
    ) throws(RecordingError) {
        guard pfn & ((1 << order) - 1) == 0 else {
            throw RecordingError(
                place: place, reason: "frame \(pfn) on a \(what) is no multiple of 2^\(order)")
        }
        try insert(.init(start: pfn, count: 1 << order), what)
    }

    mutating func insert(
        _ range: MachineRecording.FrameRange, _ what: String
    ) throws(RecordingError) {
        try checkFree(range, what)
        for pfn in range.start..<(range.start + range.count) {
            isTaken[Int(pfn - frames.lowerBound)] = true
        }
    }

    func checkFree(
        _ range: MachineRecording.FrameRange, _ what: String
    ) throws(RecordingError) {
        guard range.start >= frames.lowerBound, range.count <= frames.upperBound,
            range.start <= frames.upperBound - range.count
        else {
            throw RecordingError(
                place: place, reason: "frame \(range.start) (\(what)) lies outside of the zone")
        }
        for pfn in range.start..<(range.start + range.count)
        where isTaken[Int(pfn - frames.lowerBound)] {
            throw RecordingError(
                place: place, reason: "frame \(pfn) (\(what)) is named twice")
        }
    }
}
