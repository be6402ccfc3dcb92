import KernelMemory
import MicroHTTPD

/// The bytes behind kernel addresses.
extension MemoryService {
    var memoryEndpoints: [Endpoint] {
        [
            look("/memory/{address}", query: ["length"], MemoryRoutes.show),
            call(.put, "/memory/{address}", MemoryRoutes.store),
        ]
    }
}

enum MemoryRoutes {
    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let address = try Reference.address(request)
        let length = Int(try request.number("length", 1...65_536) ?? 64)
        guard let bytes = view.machine.bytes(at: VirtualAddress(address), count: length) else {
            throw Problem(unmapped: VirtualAddress(address), length: length, view.machine)
        }
        response.snapshot(view) { json in
            json.member("address", address: address)
            json.member("length", length)
            json.key("hex")
            json.string { json in bytes.forEach { json.rawPair($0) } }
            json.member("text", String(decoding: bytes.map(printable), as: UTF8.self))
        }
    }

    @Sendable
    static func store(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let address = try Reference.address(request)
        let call = KernelCall.store(VirtualAddress(address), try StoredBytes(request).bytes)
        try session.run(call, answering: &response)
    }

    /// The byte as a hex dump shows it: itself if it is printable ASCII, otherwise a dot.
    private static func printable(_ byte: UInt8) -> UInt8 {
        (0x20..<0x7f).contains(byte) ? byte : UInt8(ascii: ".")
    }
}

extension Problem {
    /// The refusal to read where nothing is mapped.
    fileprivate convenience init(
        unmapped address: VirtualAddress, length: Int, _ machine: borrowing Machine
    ) {
        let fault = machine.firstFault(at: address, count: length) ?? address
        let oops = machine.faultLines(at: fault, isWrite: false).first ?? ""
        self.init(
            .invalidReference,
            "Nothing is mapped at \(fault): a load there ends in \"\(oops)\". To see that happen, "
                + "POST /calls {\"call\":\"load(\(fault), 8)\"}.",
            faults: [
                .init(
                    place: .path("address"), value: "\(address)",
                    detail: "must begin \(length) bytes that are all mapped")
            ],
            extras: [.text("oops", oops)])
    }
}

extension JSONWriter {
    fileprivate mutating func rawPair(_ byte: UInt8) {
        raw(hexadecimalDigit(byte >> 4))
        raw(hexadecimalDigit(byte & 15))
    }
}
