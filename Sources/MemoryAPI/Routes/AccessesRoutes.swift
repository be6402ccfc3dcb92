import CSimdJSON
import KernelMemory
import MicroHTTPD

/// Running a series of loads and counting what the TLB knew.
extension MemoryService {
    var accessEndpoints: [Endpoint] { [call(.post, "/accesses", AccessesRoutes.run)] }
}

enum AccessesRoutes {
    @Sendable
    static func run(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let body = try AccessesBody(request)
        let call = KernelCall.access(try body.pattern())
        try session.run(RequestedCall(call: call, cpu: body.cpu), answering: &response)
    }
}

/// The body of `POST /accesses`.
private struct AccessesBody {
    private var start: UInt64?
    private var length: UInt64?
    private var kind = 0
    private var stride: UInt64?
    private var count: UInt32?
    private var seed: UInt64 = 1
    private var offsets: [UInt64]?
    private(set) var cpu: UInt32?

    private static let fields = FieldNames([
        "address", "length", "pattern", "stride", "count", "seed", "offsets", "cpu",
    ])
    private static let kinds = FieldNames(["sequential", "strided", "random", "list"])
    private static let lengths: ClosedRange<UInt64> = 1...(1 << 40)
    private static let offsetLimit = 4_096

    init(_ request: borrowing Request) throws(Problem) {
        var reader = try JSONObjectReader(request, Self.fields)
        while let field = try reader.next() {
            switch field {
            case 0: start = try reader.address()
            case 1: length = try reader.number(Self.lengths)
            case 2: kind = try reader.choice(Self.kinds)
            case 3: stride = try reader.number(Self.lengths)
            case 4: count = UInt32(try reader.number(1...UInt64(AccessPattern.countLimit)))
            case 5: seed = try reader.number(0...UInt64(UInt32.max))
            case 6: offsets = try Self.offsets(reader)
            default: cpu = try reader.cpu()
            }
        }
    }

    /// The series that the body asks for: once over the range if it does not say how many loads.
    func pattern() throws(Problem) -> AccessPattern {
        guard let start else { throw .missing("address", "the first address of the range") }
        let range = try self.range()
        let order = try order()
        let step = order.stride ?? 4096
        let usual = offsets.map { UInt64($0.count) } ?? (range + step - 1) / step
        return AccessPattern(
            start: VirtualAddress(start), length: range,
            count: count ?? UInt32(min(max(usual, 1), UInt64(AccessPattern.countLimit))),
            order: order)
    }

    private func order() throws(Problem) -> AccessPattern.Order {
        switch kind {
        case 0: return .stride(stride ?? 8)
        case 1:
            guard let stride else { throw .missing("stride", "the bytes from load to load") }
            return .stride(stride)
        case 2: return .random(seed: seed)
        default:
            guard let offsets else {
                throw .missing("offsets", "the distances of the loads from the address")
            }
            return .list(offsets)
        }
    }

    private func range() throws(Problem) -> UInt64 {
        if let length { return length }
        if kind == 3, offsets == nil {
            throw .missing("offsets", "the distances of the loads from the address")
        }
        guard kind == 3, let last = offsets?.max() else {
            throw .missing("length", "the number of bytes in the range")
        }
        return last + 8
    }

    private static func offsets(_ reader: borrowing JSONObjectReader) throws(Problem) -> [UInt64] {
        let wanted = "an array of 1 to \(offsetLimit) distances in bytes"
        var array = reader.value
        guard array.kind == CSJ_ARRAY else { throw reader.problem(wanted) }
        var cursor = csj_elements(&array)
        var element = csj_value()
        var offsets: [UInt64] = []
        while csj_next_element(&cursor, &element) {
            guard element.kind == CSJ_UNSIGNED, element.whole <= lengths.upperBound,
                offsets.count < offsetLimit
            else { throw element.problem(at: "\(reader.pointer)/\(offsets.count)", wanted: wanted) }
            offsets.append(element.whole)
        }
        if offsets.isEmpty { throw reader.problem("at least one distance") }
        return offsets
    }
}

extension AccessPattern.Order {
    fileprivate var stride: UInt64? {
        if case .stride(let bytes) = self { bytes } else { nil }
    }
}

extension JSONWriter {
    /// Writes what a series of loads cost.
    mutating func accesses(_ report: AccessReport) {
        object("accesses") { json in
            json.member("count", report.accesses)
            json.member("hits", report.hits)
            json.member("misses", report.misses)
            json.member("walks", report.misses)
            json.member("memory_reads", report.entriesRead)
            json.member("cycles", report.cycles)
            json.key("cycles_per_access")
            json.thousandths(report.cycles * 1000 / max(report.accesses, 1))
            json.object("cost") { json in
                json.member("access_cycles", AccessReport.cyclesOfAccess)
                json.member("entry_cycles", AccessReport.cyclesOfEntry)
            }
            json.member("fault_address", addressOrNull: report.faultAddress?.rawValue)
        }
    }
}
