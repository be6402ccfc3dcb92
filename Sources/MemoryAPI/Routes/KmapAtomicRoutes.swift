import KernelMemory
import MicroHTTPD

/// Temporary mappings: making one, looking at each CPU's slots, giving one up.
extension MemoryService {
    var kmapAtomicEndpoints: [Endpoint] {
        [
            call(.post, "/kmap_atomic", KmapAtomicRoutes.map),
            look("/kmap_atomic", KmapAtomicRoutes.list),
            look("/kmap_atomic/{ref}", KmapAtomicRoutes.show),
            call(
                .delete, "/kmap_atomic/{ref}", query: ["call", "type"], KmapAtomicRoutes.unmap),
        ]
    }
}

enum KmapAtomicRoutes {
    @Sendable
    static func map(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let body = try KmapBody(request, session.view(), KmapBody.temporary)
        let call: KernelCall =
            body.isLocal ? .kmapLocalPage(body.page) : .kmapAtomic(body.page, type: body.type)
        try session.run(RequestedCall(call: call, cpu: body.cpu), answering: &response)
    }

    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let machine = view.machine
        response.snapshot(view, expecting: 16_384) { json in
            json.array("cpus") { json in
                for cpu in 0..<machine.cpuCount {
                    json.object { json in
                        json.member("cpu", cpu)
                        json.array("slots") { json in
                            for slot in machine.temporarySlots(ofCPU: cpu) {
                                json.object { $0.slot(slot) }
                            }
                        }
                    }
                }
            }
            json.array("mappings") { json in
                for mapping in machine.temporaryMappings.prefix(JSONWriter.mappingLimit) {
                    json.object { $0.mapping(mapping, view) }
                }
            }
            json.member(
                "mappings_truncated", machine.temporaryMappings.count > JSONWriter.mappingLimit)
        }
    }

    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let mapping = try view.temporaryMapping(Reference(request))
        response.snapshot(view) { json in
            json.mapping(mapping, view)
            json.member("live", true)
        }
    }

    /// Runs the function that fits the mapping; by address, the one that the query names.
    @Sendable
    static func unmap(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let isLocal = try isLocal(request)
        let type = try type(request)
        let call: KernelCall
        switch try Reference(request) {
        case .id(let id):
            let mapping = try session.view().temporaryMapping(.id(id))
            call = self.call(
                mapping.address, isLocal: isLocal ?? mapping.isLocal, type ?? mapping.type, use: id)
        case .address(let address):
            call = self.call(
                VirtualAddress(address), isLocal: isLocal ?? false, type, use: 0)
        }
        try session.run(call, answering: &response)
    }

    private static func call(
        _ address: VirtualAddress, isLocal: Bool, _ type: KmapType?, use: UInt32
    ) -> KernelCall {
        isLocal
            ? .kunmapLocal(address, use: use) : .kunmapAtomic(address, type: type, use: use)
    }

    private static func isLocal(_ request: borrowing Request) throws(Problem) -> Bool? {
        guard let text = request.query("call") else { return nil }
        let names = ["kunmap_atomic", "kunmap_local"]
        guard let index = names.firstIndex(of: text.quoted) else {
            throw Problem(
                unknownFunction: text.quoted, suggestions: nearest(to: text.quoted, among: names),
                at: .query("call"))
        }
        return index == 1
    }

    private static func type(_ request: borrowing Request) throws(Problem) -> KmapType? {
        guard let text = request.query("type") else { return nil }
        guard let type = KmapType(name: text.quoted) else {
            throw Request.problem(
                "type", text, "one of \(KmapType.names.joined(separator: ", "))",
                suggestions: nearest(to: text.quoted, among: KmapType.names))
        }
        return type
    }
}

extension SessionView {
    /// The temporary mapping that a path names.
    ///
    /// - Throws: a problem that says whether it was given up or never was.
    func temporaryMapping(
        _ reference: Reference
    ) throws(Problem) -> TemporaryMappingSnapshot {
        let mappings = machine.temporaryMappings
        switch reference {
        case .id(let id):
            if let mapping = mappings.first(where: { $0.step == id }) { return mapping }
            guard call(of: id)?.mapsTemporarily == true else {
                throw Problem(
                    .noSuchAllocation, "No call of this session mapped a page as \(id).", reference,
                    wanted: "the id of a kmap_atomic or a kmap_local_page")
            }
            throw Problem(
                alreadyFreed: id, "Mapping \(id) was given up",
                at: unmappingStep(after: id) {
                    switch $0 {
                    case .kunmapAtomic(_, _, let use), .kunmapLocal(_, let use): use
                    default: nil
                    }
                })
        case .address(let address):
            let start = address & ~4095
            if let mapping = mappings.last(where: { $0.address.rawValue == start }) {
                return mapping
            }
            throw Problem(
                .noSuchAllocation, "No temporary mapping has \(VirtualAddress(address)).",
                reference,
                wanted: "an address that kmap_atomic or kmap_local_page returned")
        }
    }
}
