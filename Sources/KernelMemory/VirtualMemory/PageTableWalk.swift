/// The way from an address to the memory behind it, level by level.
public struct PageTableWalk: Sendable {
    /// One entry that was read.
    public struct Step: Sendable {
        /// The level, 0 for the root.
        public let level: Int
        /// The frame of the table.
        public let table: PageFrameNumber
        /// Which of its entries the address selects.
        public let index: Int
        /// The entry.
        public let entry: PageTableEntry
    }

    /// The entries read, the root's first; the walk ends at the first that is not present.
    public internal(set) var steps: [Step] = []
    /// Where the address leads; `nil` if nothing is mapped.
    public internal(set) var target: Target?

    /// What an address stands for.
    public struct Target: Sendable {
        /// The frame, as the entry has it: it may name no memory.
        public let frame: UInt64
        /// Base-2 logarithm of the size of the page that maps it.
        public let pageShift: UInt64
        /// Whether every entry on the way allows stores.
        public let isWritable: Bool
    }
}

extension Core {
    /// Where an address leads, by the tables alone; `nil` if nothing is mapped.
    ///
    /// - Complexity: O(levels).
    func walk(_ address: UInt64) -> PageTableWalk.Target? { follow(address) { _, _, _, _ in } }

    /// The same with every entry on the way, for those who want to see it.
    func tracedWalk(_ address: UInt64) -> PageTableWalk {
        var walk = PageTableWalk()
        walk.target = follow(address) { level, table, index, entry in
            let table = PageFrameNumber(UInt32(truncatingIfNeeded: table))
            walk.steps.append(.init(level: level, table: table, index: index, entry: entry))
        }
        return walk
    }

    /// Follows the tables from the root, and says of each entry its level, its table's frame and its
    /// place there.
    @inline(__always)
    private func follow(
        _ address: UInt64, _ visit: (Int, UInt64, Int, PageTableEntry) -> Void
    ) -> PageTableWalk.Target? {
        guard shape.architecture.isCanonical(address) else { return nil }
        var table = UInt64(rootTable)
        var isWritable = true
        for level in 0..<paging.levelCount {
            let index = paging.index(address, at: level)
            let next = entry(table, index)
            visit(level, table, index, next)
            guard next.isPresent else { return nil }
            isWritable = isWritable && next.isWritable
            if mapsPage(next, level) {
                let shift = paging.shift(level)
                let within = (address & (1 << shift - 1)) >> 12
                let first = frameNumber(next) & ~(1 << (shift - 12) - 1)
                return .init(frame: first + within, pageShift: shift, isWritable: isWritable)
            }
            table = frameNumber(next)
        }
        return nil
    }

    /// Whether a present entry of a level maps a page, and is no reference to a table.
    func mapsPage(_ entry: PageTableEntry, _ level: Int) -> Bool {
        level == paging.leafLevel || entry.isLarge && level >= paging.largeLevel - 1
    }
}
