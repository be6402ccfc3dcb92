/// A zone in `/proc/pagetypeinfo`: its free blocks and its page blocks by migrate type.
public struct PageTypeInfo: Hashable, Sendable {
    /// The zone.
    public let zone: String
    /// Free blocks by migrate type, and by order within.
    public let freeBlocks: [[Int]]
    /// Page blocks by migrate type.
    public let pageBlocks: [Int]

    /// Names a zone's counts.
    public init(zone: String, freeBlocks: [[Int]], pageBlocks: [Int]) {
        self.zone = zone
        self.freeBlocks = freeBlocks
        self.pageBlocks = pageBlocks
    }

    /// The whole file.
    ///
    /// The corresponding kernel function is `pagetypeinfo_show` (mm/vmstat.c, 6.1).
    public static func text(pageBlockOrder: Int, _ zones: [PageTypeInfo]) -> String {
        let orders = (0...Order.largest).map { "\($0)".padded(to: 6) + " " }.joined()
        let types = MigrateType.allCases.map { $0.name.padded(to: 12) + " " }.joined()
        return "Page block order: \(pageBlockOrder)\n"
            + "Pages per block:  \(1 << pageBlockOrder)\n\n"
            + "Free pages count per migrate type at order".filled(to: 43) + " \(orders)\n"
            + zones.map(\.freeLines).joined() + "\n"
            + "Number of blocks type".filled(to: 23) + types + "\n"
            + zones.map(\.blockLine).joined()
    }

    /// The list is not counted further than this. `pagetypeinfo_showfree_print`.
    private static let countLimit = 100_000

    private var freeLines: String {
        zip(MigrateType.allCases, freeBlocks).map { type, counts in
            counts.reduce(
                "Node    0, zone \(zone.padded(to: 8)), type \(type.name.padded(to: 12)) "
            ) {
                $0 + ($1 >= Self.countLimit ? ">" : "")
                    + "\(min($1, Self.countLimit))".padded(to: 6) + " "
            } + "\n"
        }.joined()
    }

    private var blockLine: String {
        pageBlocks.reduce("Node 0, zone \(zone.padded(to: 8)) ") {
            $0 + "\($1)".padded(to: 12) + " "
        } + "\n"
    }
}

extension Machine {
    /// The text of `/proc/pagetypeinfo`.
    public var pageTypeInfoText: String {
        PageTypeInfo.text(
            pageBlockOrder: pageBlockOrder,
            zones.map { zone in
                PageTypeInfo(
                    zone: zone.name, freeBlocks: core.freeBlockCounts(zone.index),
                    pageBlocks: core.pageBlockCounts(zone.index))
            })
    }
}

extension Core {
    fileprivate func freeBlockCounts(_ zone: Int) -> [[Int]] {
        MigrateType.allCases.map { type in
            (0...Order.largest).map { Int(freeList(zone, $0, Int(type.rawValue)).pointee.count) }
        }
    }

    /// Page blocks by type, counted as the kernel does: in steps of a page block from the zone's
    /// first frame, so that a zone which begins within a page block can lose its last one.
    ///
    /// The corresponding kernel function is `pagetypeinfo_showblockcount_print` (mm/vmstat.c, 6.1).
    fileprivate func pageBlockCounts(_ zone: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: MigrateType.allCases.count)
        let step = UInt32(1) << pageBlockOrder
        for pfn in stride(from: zones[zone].start, to: zones[zone].end, by: Int(step))
        where shape.hasFrame(pfn) {
            counts[pageBlockType(zone, pfn)] += 1
        }
        return counts
    }
}
