/// A series of loads of one machine word each, for measuring what the TLB makes of it.
///
/// It is kept behind one reference so that calls stay small.
public final class AccessPattern: Hashable, Sendable {
    /// Which addresses follow one another.
    public enum Order: Hashable, Sendable {
        /// From the start on, so many bytes from one to the next, and again from the start.
        case stride(UInt64)
        /// Anywhere in the range; the same seed gives the same series.
        case random(seed: UInt64)
        /// These distances from the start, in their order, again and again.
        case list([UInt64])
    }

    /// The first address of the range.
    public let start: VirtualAddress
    /// Bytes in the range.
    public let length: UInt64
    /// How many loads.
    public let count: UInt32
    /// Where they go.
    public let order: Order

    /// The most loads of a series.
    public static let countLimit: UInt32 = 1_000_000

    /// A series.
    ///
    /// - Parameters:
    ///   - length: bytes in the range, at least 1.
    ///   - count: loads, at most ``countLimit``.
    public init(start: VirtualAddress, length: UInt64, count: UInt32, order: Order) {
        self.start = start
        self.length = max(length, 1)
        self.count = min(count, Self.countLimit)
        self.order = order
    }

    /// Whether all of it is alike.
    public static func == (left: AccessPattern, right: AccessPattern) -> Bool {
        (left.start, left.length, left.count, left.order)
            == (right.start, right.length, right.count, right.order)
    }

    /// Hashes what tells series apart.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(start)
        hasher.combine(length)
        hasher.combine(count)
    }
}

extension AccessPattern: CustomStringConvertible {
    /// `0xf7bfe000, 4194304, 1024, stride=4096`.
    public var description: String {
        let how =
            switch order {
            case .stride(let bytes): "stride=\(bytes)"
            case .random(let seed): "random seed=\(seed)"
            case .list(let offsets): "list of \(offsets.count)"
            }
        return "\(start), \(length), \(count), \(how)"
    }
}

/// What a series of loads cost.
public struct AccessReport: Hashable, Sendable {
    /// The step of the series.
    public let step: UInt32
    /// Loads that were made.
    public internal(set) var accesses: UInt64 = 0
    /// Translations that the TLB knew.
    public internal(set) var hits: UInt64 = 0
    /// Translations that needed a walk.
    public internal(set) var misses: UInt64 = 0
    /// Page-table entries that the walks read from memory.
    public internal(set) var entriesRead: UInt64 = 0
    /// Where the CPU faulted; `nil` if it did not.
    public internal(set) var faultAddress: VirtualAddress?

    /// Cycles that a load takes when its translation is known: the data is in the first cache.
    public static let cyclesOfAccess: UInt64 = 4
    /// Cycles that a walk takes for each entry: it is in the second cache.
    public static let cyclesOfEntry: UInt64 = 14

    /// Cycles by this model, which knows no other delays.
    public var cycles: UInt64 {
        accesses * Self.cyclesOfAccess + entriesRead * Self.cyclesOfEntry
    }
}

extension Core {
    /// Runs a series of loads on the current CPU; stops where nothing is mapped, as a load does.
    ///
    /// - Complexity: O(loads).
    func run(_ pattern: AccessPattern) -> Outcome {
        let before = tlb(control.pointee.cpu).counters.pointee
        var report = AccessReport(step: control.pointee.step)
        var offsets = OffsetSequence(pattern)
        for _ in 0..<pattern.count {
            let address = wrapped(pattern.start.rawValue &+ offsets.next(), pattern.start.rawValue)
            if translate(address, isWrite: false) == Self.noMemory {
                report.faultAddress = VirtualAddress(address)
                break
            }
            report.accesses += 1
        }
        let after = tlb(control.pointee.cpu).counters.pointee
        report.hits = after.hits - before.hits
        report.misses = after.misses - before.misses
        report.entriesRead = after.entriesRead - before.entriesRead
        cold.accessReport = report
        if let address = report.faultAddress { fault(at: address.rawValue, isWrite: false) }
        return Outcome(.number(report.misses))
    }
}

/// The distances of a series from its start, one after the other.
private struct OffsetSequence {
    private let pattern: AccessPattern
    private var offset: UInt64 = 0
    private var index = 0
    private var state: UInt64 = 0

    init(_ pattern: AccessPattern) {
        self.pattern = pattern
        if case .random(let seed) = pattern.order { state = seed }
    }

    @inline(__always)
    mutating func next() -> UInt64 {
        switch pattern.order {
        case .stride(let bytes):
            defer {
                offset = offset &+ bytes
                if offset >= pattern.length { offset %= pattern.length }
            }
            return offset
        case .random: return (splitMix() % pattern.length) & ~7
        case .list(let offsets):
            if offsets.isEmpty { return 0 }
            defer { index = index + 1 == offsets.count ? 0 : index + 1 }
            return offsets[index]
        }
    }

    /// Steele, Lea and Flood's SplitMix64.
    private mutating func splitMix() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

extension Machine {
    /// What the last series of loads cost; `nil` if there was none.
    public var accessReport: AccessReport? { core.cold.accessReport }

    @usableFromInline
    mutating func access(_ pattern: AccessPattern) -> Outcome {
        beginCall() ? core.run(pattern) : Outcome(.halted)
    }
}
