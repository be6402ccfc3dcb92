import KernelMemory
import MicroHTTPD

/// A device on the other side of the MMU.
extension MemoryService {
    var deviceEndpoints: [Endpoint] { [call(.post, "/dma", DMARoutes.transfer)] }
}

enum DMARoutes {
    @Sendable
    static func transfer(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let body = try DMABody(request)
        let call = KernelCall.dma(try body.request(session.machine))
        try session.run(RequestedCall(call: call, cpu: body.cpu), answering: &response)
    }
}

/// The body of `POST /dma`.
private struct DMABody {
    private var virtual: UInt64?
    private var physical: UInt64?
    private var length: UInt32?
    private var direction = DMARequest.Direction.fromDevice
    private var maskBits: UInt32 = 32
    private var byte: UInt8 = 0xd7
    private(set) var cpu: UInt32?

    private static let fields = FieldNames([
        "address", "physical_address", "length", "direction", "mask_bits", "byte", "cpu",
    ])
    private static let directions = FieldNames(DMARequest.Direction.allCases.map(\.rawValue))

    init(_ request: borrowing Request) throws(Problem) {
        var reader = try JSONObjectReader(request, Self.fields)
        while let field = try reader.next() {
            switch field {
            case 0: virtual = try reader.address()
            case 1: physical = try reader.address()
            case 2: length = UInt32(try reader.number(1...UInt64(DMARequest.lengthLimit)))
            case 3:
                direction = DMARequest.Direction.allCases[try reader.choice(Self.directions)]
            case 4: maskBits = UInt32(try reader.number(8...64))
            case 5: byte = UInt8(try reader.number(0...255))
            default: cpu = try reader.cpu()
            }
        }
    }

    /// The transfer that the body asks for: a virtual address stands for where its first byte is.
    func request(_ machine: borrowing Machine) throws(Problem) -> DMARequest {
        guard let length else { throw .missing("length", "the number of bytes to move") }
        return DMARequest(
            address: try start(machine), length: length, maskBits: maskBits,
            direction: direction, byte: byte)
    }

    private func start(_ machine: borrowing Machine) throws(Problem) -> PhysicalAddress {
        switch (virtual, physical) {
        case (nil, let physical?): return PhysicalAddress(physical)
        case (let virtual?, nil):
            if let start = machine.physicalAddress(of: VirtualAddress(virtual)) { return start }
            let shown = "\(VirtualAddress(virtual))"
            throw Problem(
                .invalidField, "Nothing is mapped at \(shown): it has no physical address.",
                faults: [
                    .init(place: .body("/address"), value: shown, detail: "must be mapped")
                ])
        case (nil, nil): throw .missing("address", "where the device begins")
        default:
            throw Problem(
                .invalidField, "address and physical_address exclude each other.",
                faults: [
                    .init(
                        place: .body("/physical_address"),
                        detail: "must be left out where address is given")
                ])
        }
    }
}

extension JSONWriter {
    /// Writes where a device's bytes went, or came from.
    mutating func transfer(_ report: DMAReport, _ request: DMARequest) {
        object("dma") { json in
            json.member("refused", report.isRefused)
            json.member("physical_address", address: request.address.rawValue)
            json.member("length", request.length)
            json.member("direction", request.direction.rawValue)
            json.member("mask_bits", request.maskBits)
            json.member(
                "foreign_bytes",
                report.parts.reduce(0) { $0 + ($1.isMeant ? 0 : UInt64($1.length)) })
            json.array("parts") { json in
                for part in report.parts { json.object { $0.part(part) } }
            }
        }
    }

    private mutating func part(_ part: DMAReport.Part) {
        member("physical_address", address: part.address.rawValue)
        member("pfn", part.address.rawValue >> 12)
        member("length", part.length)
        member("meant", part.isMeant)
        object("owner") { $0.owner(part.owner) }
    }

    /// Writes whose memory something is.
    mutating func owner(_ owner: MemoryOwner) {
        member("kind", owner.kind)
        switch owner {
        case .pages(let first, let order, _):
            member("first_pfn", first.rawValue)
            member("order", order)
        case .object(let address, let cache, _):
            member("address", address: address.rawValue)
            member("cache", cache)
        case .area(let address, let page, _):
            member("address", address: address.rawValue)
            member("page", page)
        default: break
        }
        member("step", orNull: owner.step)
    }
}

extension MemoryOwner {
    /// One word for it.
    fileprivate var kind: String {
        switch self {
        case .noMemory: "none"
        case .reserved: "reserved"
        case .free: "free"
        case .pageTable: "page_table"
        case .unknown: "unknown"
        case .pages: "pages"
        case .object(_, _, let step): step == nil ? "free_object" : "object"
        case .area: "vmalloc"
        }
    }
}
