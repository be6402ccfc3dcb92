/// Why a recording cannot be a machine's state: the place in it, what stands there, and what would be
/// right.
public struct RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A record of a dump, by what it is about. Zones are named by their index.
    public enum Record: Hashable, Sendable {
        /// `hdr`: the constants of the machine.
        case header
        /// `trace`: which CPU the recorded calls ran on.
        case trace
        /// `zone`: a zone's numbers.
        case zone(Int)
        /// `pcp`: one CPU's pages of a zone.
        case perCPU(zone: Int, cpu: Int)
        /// `free`: one buddy list.
        case freeList(zone: Int, order: UInt32, type: Int)
        /// `nr_free`: blocks of each order.
        case freeCounts(zone: Int)
        /// `pageblocks`: the types of the page blocks.
        case pageBlocks(zone: Int)
        /// `ranges`: frames that something is said about.
        case ranges(zone: Int, RangeKind)
    }

    /// What a `ranges` record says about its frames.
    public enum RangeKind: String, CaseIterable, Sendable {
        /// The allocator never gets them.
        case reserved
        /// In use, but they count as movable.
        case lruOrMovable = "lru_or_movable"
        /// There is no such frame.
        case invalid = "invalid_pfn"
    }

    /// The record in which something is wrong.
    public let record: Record
    /// The field in it, as a JSON Pointer such as `/lists/3/0`; empty for the whole record.
    public let field: String
    /// What stands there; `nil` if nothing does.
    public let value: String?
    /// What would be right.
    public let expected: String

    /// Names a fault.
    public init(_ record: Record, _ field: String, value: String?, expected: String) {
        self.record = record
        self.field = field
        self.value = value
        self.expected = expected
    }

    /// All of it in one sentence.
    public var description: String {
        let place = field.isEmpty ? "\(record)" : "\(record), \(field.dropFirst())"
        return "\(place): expected \(expected)" + (value.map { ", not \($0)" } ?? "")
    }
}

extension RecordingError.Record: CustomStringConvertible {
    /// The record as a message names it.
    public var description: String {
        switch self {
        case .header: "hdr record"
        case .trace: "trace record"
        case .zone(let zone): "zone record of zone \(zone)"
        case .perCPU(let zone, let cpu): "pcp record of zone \(zone), cpu \(cpu)"
        case .freeList(let zone, let order, let type):
            "free record of zone \(zone), order \(order), type \(type)"
        case .freeCounts(let zone): "nr_free record of zone \(zone)"
        case .pageBlocks(let zone): "pageblocks record of zone \(zone)"
        case .ranges(let zone, let kind): "\(kind.rawValue) ranges of zone \(zone)"
        }
    }
}
