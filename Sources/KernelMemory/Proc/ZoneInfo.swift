/// A zone in `/proc/zoneinfo`.
public struct ZoneInfo: Hashable, Sendable {
    /// One CPU's page set.
    public struct PageSet: Hashable, Sendable {
        /// Pages on its lists.
        public var count: Int32
        /// Pages at which they are drained.
        public var high: Int32
        /// Pages moved at a time.
        public var batch: Int32
        /// How large its share of the free counter may grow.
        public var statThreshold: Int32

        /// Names a page set's numbers.
        public init(count: Int32, high: Int32, batch: Int32, statThreshold: Int32) {
            self.count = count
            self.high = high
            self.batch = batch
            self.statThreshold = statThreshold
        }
    }

    /// The zone.
    public var name: String
    /// The counter of free pages, never below 0.
    public var free: Int32 = 0
    /// Pages added to each watermark.
    public var boost: Int32 = 0
    /// The watermarks min, low and high with the boost in them.
    public var watermarks: [Int32] = [0, 0, 0]
    /// Frames from the first to the last.
    public var spanned: UInt32 = 0
    /// Frames that exist.
    public var present: UInt32 = 0
    /// Frames that the page allocator manages.
    public var managed: UInt32 = 0
    /// `lowmem_reserve`.
    public var protection: [Int32] = [0, 0, 0, 0]
    /// First frame.
    public var start: UInt32 = 0
    /// The CPUs' page sets.
    public var pageSets: [PageSet] = []

    /// An empty zone.
    public init(name: String) { self.name = name }
}

// MARK: - As text

extension ZoneInfo {
    /// The whole file; the node's statistics stand in its first populated zone.
    ///
    /// Counters that the model has no meaning for (page cache, anonymous memory) are 0.
    public static func text(_ zones: [ZoneInfo]) -> String {
        let first = zones.firstIndex { $0.present > 0 }
        return zones.enumerated().map { $1.text(withNodeStatistics: $0 == first) }.joined()
    }

    /// The corresponding kernel function is `zoneinfo_show_print` (mm/vmstat.c, 6.1).
    private func text(withNodeStatistics: Bool) -> String {
        var text = "Node 0, zone \(name.padded(to: 8))"
        if withNodeStatistics {
            text += "\n  per-node stats" + Self.nodeStatistics.map { Self.counter($0, 0) }.joined()
        }
        text += sizes
        guard present > 0 else { return text + "\n" }
        text += Self.counter("nr_free_pages", free)
        text += Self.zoneStatistics.map { Self.counter($0, 0) }.joined()
        text += "\n  pagesets" + pageSets.enumerated().map { $1.text(cpu: $0) }.joined()
        return text + "\n  node_unreclaimable:  0\n  start_pfn:           \(start)\n"
    }

    private var sizes: String {
        let reserve = protection.map { "\($0)" }.joined(separator: ", ")
        return "\n  pages free     \(free)"
            + "\n        boost    \(boost)"
            + "\n        min      \(watermarks[0])"
            + "\n        low      \(watermarks[1])"
            + "\n        high     \(watermarks[2])"
            + "\n        spanned  \(spanned)"
            + "\n        present  \(present)"
            + "\n        managed  \(managed)"
            + "\n        cma      0"
            + "\n        protection: (\(reserve))"
    }

    private static func counter(_ name: String, _ value: Int32) -> String {
        "\n      \(name.filled(to: 12)) \(value)"
    }
}

extension ZoneInfo.PageSet {
    fileprivate func text(cpu: Int) -> String {
        "\n    cpu: \(cpu)\n              count: \(count)\n              high:  \(high)"
            + "\n              batch: \(batch)\n  vm stats threshold: \(statThreshold)"
    }
}

// MARK: - From a machine

extension Machine {
    /// The text of `/proc/zoneinfo`.
    public var zoneInfoText: String {
        let populated = zones
        return ZoneInfo.text(
            (0...3).map { index in
                populated.first { $0.index == index }.map(ZoneInfo.init)
                    ?? ZoneInfo(unpopulated: index, of: self, populated)
            })
    }
}

extension ZoneInfo {
    init(_ zone: ZoneSnapshot) {
        self.init(name: zone.name)
        free = max(zone.countedFreePages, 0)
        boost = zone.boost
        watermarks = (0..<3).map { zone.watermark[$0] + zone.boost }
        spanned = zone.spanned
        present = zone.present
        managed = zone.managed
        protection = (0..<4).map { zone.lowmemReserve[$0] }
        start = zone.start.rawValue
        pageSets = zone.perCPU.map {
            PageSet(
                count: $0.count, high: $0.high, batch: $0.batch, statThreshold: $0.statThreshold)
        }
    }

    /// An empty zone; one that counts as high memory still has the smallest watermarks.
    ///
    /// `ZONE_MOVABLE` counts as high memory where there is some. The corresponding kernel function
    /// is `__setup_per_zone_wmarks` (mm/page_alloc.c, 6.1).
    fileprivate init(unpopulated index: Int, of machine: Machine, _ populated: [ZoneSnapshot]) {
        self.init(name: machine.architecture.zoneName(index))
        let hasHighmem = populated.contains { $0.isHighmem }
        if machine.architecture.isHighmem(index) || (index == 3 && hasHighmem) {
            watermarks = [32, 32, 32]
        }
    }
}
