/// What a CPU remembers of its walks: one word for each translation, the newest of a set first.
///
///     63                28 27         4    1         0
///     | page number (36) | frame (24) | .. writable valid |
///
/// A page number is an address without the bits within a page, large or small.
struct TLBEntry {
    var bits: UInt64

    static let valid: UInt64 = 1
    static let writable: UInt64 = 2
    private static let pageShift: UInt64 = 28
    private static let frameShift: UInt64 = 4
    /// Frames above cannot be remembered.
    static let frameLimit: UInt64 = 1 << 24

    init(page: UInt64, frame: UInt64, isWritable: Bool) {
        bits =
            page << Self.pageShift | frame << Self.frameShift
            | (isWritable ? Self.writable : 0) | Self.valid
    }

    @inline(__always)
    func matches(_ page: UInt64) -> Bool {
        (bits ^ page << Self.pageShift) >> Self.pageShift == 0 && bits & Self.valid != 0
    }
    var isValid: Bool { bits & Self.valid != 0 }
    var isWritable: Bool { @inline(__always) get { bits & Self.writable != 0 } }
    var page: UInt64 { bits >> Self.pageShift }
    var frame: UInt64 { @inline(__always) get { bits >> Self.frameShift & (Self.frameLimit - 1) } }
}

/// What a CPU counts.
public struct TLBCounters: Hashable, Sendable {
    /// Translations that were there.
    public var hits: UInt64 = 0
    /// Translations that needed a walk.
    public var misses: UInt64 = 0
    /// Page-table entries that those walks read.
    public var entriesRead: UInt64 = 0
    /// Times that all of it was thrown away.
    public var fullFlushes: UInt64 = 0
    /// Single pages thrown away.
    public var pageFlushes: UInt64 = 0
}

/// One CPU's TLB in a machine's control block: counters, entries for small pages, for large ones.
struct TLB {
    let counters: UnsafeMutablePointer<TLBCounters>
    let small: TLBSets
    let large: TLBSets

    static func size(_ shape: TLBShape) -> Int {
        MemoryLayout<TLBCounters>.stride + shape.entryCount * MemoryLayout<TLBEntry>.stride
    }

    @inline(__always)
    init(at base: UnsafeMutableRawPointer, _ shape: TLBShape) {
        counters = base.assumingMemoryBound(to: TLBCounters.self)
        let entries = (base + MemoryLayout<TLBCounters>.stride)
            .assumingMemoryBound(to: TLBEntry.self)
        small = TLBSets(
            entries: entries, count: shape.smallEntries, ways: shape.ways,
            setMask: shape.smallSetMask)
        large = TLBSets(
            entries: entries + shape.smallEntries, count: shape.largeEntries, ways: shape.ways,
            setMask: shape.largeSetMask)
    }

    /// Forgets everything.
    func flush() {
        small.clear()
        large.clear()
        counters.pointee.fullFlushes += 1
    }
}

/// The entries for one size of page, in sets that are kept from the newest to the oldest.
struct TLBSets {
    let entries: UnsafeMutablePointer<TLBEntry>
    let count: Int
    let ways: Int
    /// Sets less one; there is a power of two of them.
    let setMask: Int

    @inline(__always)
    private func set(_ page: UInt64) -> UnsafeMutablePointer<TLBEntry> {
        entries + (Int(truncatingIfNeeded: page) & setMask) &* ways
    }

    /// The translation of a page, which is the set's newest from now on.
    @inline(__always)
    func find(_ page: UInt64) -> TLBEntry? {
        let set = set(page)
        if _fastPath(set[0].matches(page)) { return set[0] }
        for way in 1..<max(ways, 1) where set[way].matches(page) {
            let entry = set[way]
            for later in stride(from: way, to: 0, by: -1) { set[later] = set[later - 1] }
            set[0] = entry
            return entry
        }
        return nil
    }

    /// The translation of a page, without it being used.
    func peek(_ page: UInt64) -> TLBEntry? {
        let set = set(page)
        return (0..<ways).first { set[$0].matches(page) }.map { set[$0] }
    }

    /// Adds a translation; the oldest of its set is forgotten.
    func add(_ entry: TLBEntry) {
        let set = set(entry.page)
        for later in stride(from: ways - 1, to: 0, by: -1) { set[later] = set[later - 1] }
        set[0] = entry
    }

    /// Forgets a page, if it is there.
    func forget(_ page: UInt64) {
        let set = set(page)
        for way in 0..<ways where set[way].matches(page) {
            for later in way..<(ways - 1) { set[later] = set[later + 1] }
            set[ways - 1].bits = 0
            return
        }
    }

    /// Forgets all pages.
    func clear() { entries.initialize(repeating: TLBEntry(bits: 0), count: count) }

    /// The translations that are there, set by set, each set from the newest to the oldest.
    func forEach(_ body: (TLBEntry) -> Void) {
        for index in 0..<count where entries[index].isValid { body(entries[index]) }
    }
}

extension TLBEntry {
    fileprivate init(bits: UInt64) { self.bits = bits }
}
