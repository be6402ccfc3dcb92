/// A rule that a number of a recording has to keep.
struct RecordingRule {
    let record: RecordingError.Record

    /// Refuses a value that does not hold.
    func check(
        _ field: String, _ value: some CustomStringConvertible, _ holds: Bool,
        _ expected: @autoclosure () -> String
    ) throws(RecordingError) {
        if !holds {
            throw RecordingError(record, field, value: "\(value)", expected: expected())
        }
    }

    /// Refuses a number outside of a range.
    func check<Number: FixedWidthInteger>(
        _ field: String, _ value: Number, in range: ClosedRange<Int64>
    ) throws(RecordingError) {
        try check(
            field, value, Int64(exactly: value).map(range.contains) ?? false,
            "\(range.lowerBound) to \(range.upperBound)")
    }
}

extension MachineRecording {
    /// One past the highest frame that a recording may name on x86_64: 16 GiB and the hole below
    /// 4 GiB.
    static let frameLimit: UInt32 = 5 << 20

    /// Checks all that can be said without looking at single frames.
    ///
    /// ``BootImage/init(recording:)`` does it too, and then looks at the frames.
    ///
    /// - Complexity: O(page blocks).
    public func validate() throws(RecordingError) {
        let header = RecordingRule(record: .header)
        try header.check(
            "/cpus_online", cpuCount, in: Int64(1)...Int64(MachineConfiguration.cpuRange.upperBound)
        )
        try header.check("/pageblock_order", pageBlockOrder, in: 9...10)
        try header.check("/min_free_kbytes", minFreeKilobytes, in: 0...(1 << 32))
        try RecordingRule(record: .trace).check("/cpu", cpu, in: 0...Int64(cpuCount - 1))
        try header.check("", "\(zones.count) zones", (1...3).contains(zones.count), "1 to 3 zones")
        var end: UInt32 = 1
        for (index, zone) in zones.enumerated() {
            try validateBounds(zone, index, begin: end)
            end = zone.start + zone.spanned
            try validate(zone, RecordingRule(record: .zone(zone.index)))
        }
        try validateHole()
        try validateLayout()
    }

    /// Zones follow each other without a gap, from frame 1, at the lines that the architecture
    /// draws.
    private func validateBounds(
        _ zone: Zone, _ index: Int, begin: UInt32
    ) throws(RecordingError) {
        let rule = RecordingRule(record: .zone(zone.index))
        try rule.check(
            "/zi", zone.index, zone.index == index, "\(index): zones in order, none left out")
        let fixed: UInt32? = [1, 4096, architecture == .x86_64 ? 1 << 20 : nil][index]
        let limit = architecture == .x86_64 ? Self.frameLimit : 1 << 20
        try rule.check(
            "/start", zone.start, zone.start == begin && zone.start == fixed ?? begin,
            "\(fixed ?? begin), where the zone \(index == 0 ? "begins" : "before ends")")
        let most = max(1, Int64(limit) - Int64(zone.start))
        try rule.check(
            "/spanned", zone.spanned, (1...most).contains(Int64(zone.spanned)),
            "1 to \(most) frames; a recorded \(architecture.rawValue) machine ends at "
                + (architecture == .x86_64 ? "20 GiB, 16 GiB of memory and a hole" : "4 GiB"))
    }

    private func validate(_ zone: Zone, _ rule: RecordingRule) throws(RecordingError) {
        let missing = zone.invalid.reduce(0) { $0 + Int64($1.count) }
        try rule.check("/present", zone.present, in: 1...max(1, Int64(zone.spanned) - missing))
        try rule.check("/managed", zone.managed, in: 0...Int64(zone.present))
        let most = Int64(Self.frameLimit)
        for item in 0..<4 {
            let least = item == 0 ? 0 : Int64(zone.watermark[item - 1])
            try rule.check("/wm/\(item)", zone.watermark[item], in: least...most)
            try rule.check("/lowmem_reserve/\(item)", zone.lowmemReserve[item], in: 0...most)
        }
        try rule.check("/boost", zone.boost, in: 0...most)
        try rule.check("/flags", zone.flags, in: 0...3)
        try rule.check("/nr_free_pages", zone.freePages, in: -most...most)
        try validatePageBlocks(zone)
        let cpus = zone.perCPU.map(\.cpu)
        try rule.check(
            "", "pcp records of CPUs \(cpus)", cpus == Array(0..<cpuCount),
            "pcp records of CPUs 0 to \(cpuCount - 1), in this order")
        for local in zone.perCPU {
            try validate(local, RecordingRule(record: .perCPU(zone: zone.index, cpu: local.cpu)))
        }
        let counts = RecordingRule(record: .freeCounts(zone: zone.index))
        try counts.check(
            "/nr", "\(zone.freeCounts.count) numbers", zone.freeCounts.count == Order.count,
            "\(Order.count) numbers")
    }

    private func validatePageBlocks(_ zone: Zone) throws(RecordingError) {
        let rule = RecordingRule(record: .pageBlocks(zone: zone.index))
        let first = zone.start >> pageBlockOrder
        let last = (zone.start + zone.spanned - 1) >> pageBlockOrder
        try rule.check(
            "/mt", "\(zone.pageBlockTypes.count) types",
            zone.pageBlockTypes.count == Int(last - first) + 1, "\(last - first + 1) types")
        for (index, type) in zone.pageBlockTypes.enumerated() {
            let pfn = (first + UInt32(index)) << pageBlockOrder
            let isMissing = zone.invalid.contains { $0.start <= pfn && pfn - $0.start < $0.count }
            try rule.check(
                "/mt/\(index)", type, isMissing ? type == -1 : (0...3).contains(type),
                isMissing ? "-1, since frame \(pfn) does not exist" : "0 to 3")
        }
        let reserved = zone.pageBlockTypes.count { $0 == MigrateType.highAtomic.rawValue }
        try RecordingRule(record: .zone(zone.index)).check(
            "/nr_reserved_highatomic", zone.reservedHighAtomic,
            Int64(zone.reservedHighAtomic) == Int64(reserved) << Int64(pageBlockOrder),
            "\(reserved << Int(pageBlockOrder)), since \(reserved) page blocks have type 3")
    }

    private func validate(_ local: PerCPU, _ rule: RecordingRule) throws(RecordingError) {
        try rule.check(
            "/lists", "\(local.lists.count) lists", local.lists.count == 12, "12 lists")
        try rule.check("/high", local.high, in: 0...Int64(Self.frameLimit))
        try rule.check("/batch", local.batch, in: 1...0xffff)
        try rule.check("/free_factor", local.freeFactor, in: 0...5)
        try rule.check("/stat_threshold", local.statThreshold, in: 0...125)
        let threshold = Int64(local.statThreshold)
        try rule.check("/diff_free", local.freeDelta, in: -threshold...threshold)
    }

    /// The memory map has at most one stretch of numbers without frames, none at a zone's end.
    private func validateHole() throws(RecordingError) {
        var seen = 0
        for zone in zones {
            let rule = RecordingRule(record: .ranges(zone: zone.index, .invalid))
            seen += zone.invalid.count
            try rule.check(
                "/r", "\(seen) in all zones", seen <= 1, "at most one range in all zones")
            guard let hole = zone.invalid.first else { continue }
            let end = UInt64(hole.start) + UInt64(hole.count)
            try rule.check(
                "/r/0", "[\(hole.start),\(hole.count)]",
                architecture == .x86_64 && hole.count > 0 && hole.start > zone.start
                    && end <= UInt64(zone.start) + UInt64(zone.spanned)
                    && end < zones.last.map { UInt64($0.start) + UInt64($0.spanned) } ?? 0,
                "a range inside of the zone, below memory that exists, on x86_64 only")
        }
    }
}
