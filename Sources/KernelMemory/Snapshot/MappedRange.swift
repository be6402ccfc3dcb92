/// Neighbouring addresses that are mapped alike: what many entries of page tables say together.
public struct MappedRange: Hashable, Sendable {
    /// The first address.
    public let start: VirtualAddress
    /// Bytes.
    public private(set) var size: UInt64
    /// Base-2 logarithm of the size of the pages.
    public let pageShift: UInt64
    /// The entry of the first page; all have its flags.
    public let firstEntry: PageTableEntry
    /// The frame of the first page, as the entry has it.
    public let firstFrame: UInt64
    /// The area of vmalloc that it belongs to; `nil` if it belongs to none.
    public let area: VmAreaSnapshot?
    /// Whether each page lies behind the one before in physical memory, too.
    public private(set) var isContiguous = true
    /// How many entries map it.
    public private(set) var entryCount = 1

    /// The frame behind the last page.
    private var nextFrame: UInt64

    init(
        _ entry: PageTableEntry, frame: UInt64, at address: UInt64, shift: UInt64,
        _ area: VmAreaSnapshot?
    ) {
        start = VirtualAddress(address)
        size = 1 << shift
        pageShift = shift
        firstEntry = entry
        firstFrame = frame
        self.area = area
        nextFrame = frame + (1 << (shift - 12))
    }

    /// Adds the page behind the last one, if it is mapped alike.
    ///
    /// - Parameter flags: the bits of an entry that are no frame.
    mutating func take(
        _ entry: PageTableEntry, frame: UInt64, at address: UInt64, shift: UInt64, _ area: VmArea?,
        flags: UInt64
    ) -> Bool {
        guard address == start.rawValue &+ size, shift == pageShift,
            (entry.rawValue ^ firstEntry.rawValue) & flags == 0,
            area?.range.start == self.area?.range.lowerBound, area != nil || frame == nextFrame
        else { return false }
        isContiguous = isContiguous && frame == nextFrame
        nextFrame = frame + (1 << (shift - 12))
        size += 1 << shift
        entryCount += 1
        return true
    }
}

/// A part of what the page tables map.
public struct MappedRanges: Sendable {
    /// The ranges, ascending.
    public internal(set) var ranges: [MappedRange] = []
    /// Where to go on; `nil` if nothing follows.
    public internal(set) var next: UInt64?
}

extension Machine {
    /// What the page tables map at or above an address, folded: within an area of vmalloc all pages that
    /// are mapped alike, elsewhere those that also lie one behind the other in memory.
    ///
    /// Tables may be written over and lead back to themselves: it ends after a million entries.
    ///
    /// - Parameter limit: the most ranges to return.
    /// - Complexity: O(entries looked at).
    public func mappedRanges(from address: UInt64, limit: Int) -> MappedRanges {
        var scan = PageTableScan(core, from: address, limit: limit)
        scan.run()
        return scan.result
    }
}

/// A walk over all that is mapped, from an address upwards.
private struct PageTableScan {
    private let core: Core
    private let start: UInt64
    private let limit: Int
    /// Entries that may still be looked at.
    private var budget = 1 << 20
    private(set) var result = MappedRanges()

    init(_ core: Core, from start: UInt64, limit: Int) {
        self.core = core
        self.start = start
        self.limit = limit
    }

    mutating func run() { _ = visit(UInt64(core.rootTable), level: 0, base: 0) }

    /// - Returns: whether to go on.
    private mutating func visit(_ table: UInt64, level: Int, base: UInt64) -> Bool {
        let step = core.paging.levels[level]
        for index in 0..<core.paging.entryCount {
            let address = core.shape.architecture.canonical(base | UInt64(index) << step.shift)
            if address + (step.span - 1) < start { continue }
            budget -= 1
            if budget < 0 {
                result.next = max(address, start)
                return false
            }
            let entry = core.entry(table, index)
            guard entry.isPresent else { continue }
            let goesOn =
                core.mapsPage(entry, level)
                ? add(entry, at: address, step)
                : visit(core.frameNumber(entry), level: level + 1, base: address)
            if !goesOn { return false }
        }
        return true
    }

    /// - Returns: whether there was room for it.
    private mutating func add(
        _ entry: PageTableEntry, at address: UInt64, _ level: PagingMode.Level
    ) -> Bool {
        let frame = core.frameNumber(entry) & ~(1 << (level.shift - 12) - 1)
        let area = core.vmap.pointee.area(containing: address).map { core.vmap.pointee.areas[$0] }
        if let last = result.ranges.indices.last,
            result.ranges[last].take(
                entry, frame: frame, at: address, shift: level.shift, area,
                flags: ~core.paging.frameMask)
        {
            return true
        }
        guard result.ranges.count < limit else {
            result.next = address
            return false
        }
        result.ranges.append(
            MappedRange(
                entry, frame: frame, at: address, shift: level.shift,
                area.map { VmAreaSnapshot($0, core.callerText($0)) }))
        return true
    }
}

extension Architecture {
    /// The address with its upper bits as the CPU wants them.
    func canonical(_ address: UInt64) -> UInt64 {
        self == .i386
            ? address & 0xffff_ffff : UInt64(bitPattern: Int64(bitPattern: address << 16) >> 16)
    }
}
