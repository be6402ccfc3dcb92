import KernelMemory
import MicroHTTPD

/// Permanent mappings of high memory: making one, looking at the pool, giving one up.
extension MemoryService {
    var kmapEndpoints: [Endpoint] {
        [
            call(.post, "/kmap", KmapRoutes.map),
            look("/kmap", query: ["limit", "cursor"], KmapRoutes.list),
            look("/kmap/{ref}", KmapRoutes.show),
            call(.delete, "/kmap/{ref}", KmapRoutes.unmap),
        ]
    }
}

enum KmapRoutes {
    @Sendable
    static func map(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let body = try KmapBody(request, session.view(), KmapBody.permanent)
        try session.run(
            RequestedCall(call: .kmap(body.page), cpu: body.cpu), answering: &response)
    }

    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let pool = view.machine.kmapPool
        let limit = try request.limit(default: 64, most: 1_024)
        let start = Int(try request.number("cursor", 0...1_024) ?? 0)
        let end = min(pool.slots.count, start + limit)
        let next = end < pool.slots.count ? "\(end)" : nil
        response.link(next: next, of: request)
        response.snapshot(view, expecting: 16_384) { json in
            json.pool(pool, view.machine)
            json.array("slots") { json in
                for slot in pool.slots.prefix(end).dropFirst(start) {
                    json.object { $0.slot(slot, pool) }
                }
            }
            json.member("next", orNull: next)
            json.kmapUses(pool.uses, view)
            json.waiting(view.machine.contexts, view)
        }
    }

    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let use = try view.liveKmap(Reference(request))
        response.snapshot(view) { json in
            json.kmapUse(use, view)
            json.member("live", true)
        }
    }

    /// Runs `kunmap`: by id on the page that was mapped, by address on whatever is passed.
    @Sendable
    static func unmap(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let view = try session.view()
        let call: KernelCall
        switch try Reference(request) {
        case .id(let id):
            let use = try view.liveKmap(.id(id))
            call = .kunmap(view.machine.pagePointer(of: use.pfn), use: id)
        case .address(let address):
            call = .kunmap(view.machine.mappedPage(at: VirtualAddress(address)), use: 0)
        }
        try session.run(call, answering: &response)
    }
}

// MARK: - Finding mappings

extension SessionView {
    /// The `kmap` that a path names.
    ///
    /// - Throws: a problem that says whether it was given up, still waits, or never was.
    func liveKmap(_ reference: Reference) throws(Problem) -> KmapPoolSnapshot.Use {
        let uses = machine.kmapUses
        switch reference {
        case .id(let id):
            if let use = uses.first(where: { $0.step == id }) { return use }
            guard let call = call(of: id), case .kmap = call else {
                throw Problem(
                    .noSuchAllocation, "No call of this session mapped a page as \(id).", reference,
                    wanted: "the id of a kmap")
            }
            if machine.contexts.waiting.contains(where: { $0.step == id }) {
                throw Problem(
                    .noSuchAllocation, "The kmap of step \(id) still waits for a slot.", reference,
                    wanted: "the id of a kmap that has an address")
            }
            throw Problem(
                alreadyFreed: id, "Mapping \(id) was given up",
                at: unmappingStep(after: id) {
                    if case .kunmap(_, let use) = $0 { use } else { nil }
                })
        case .address(let address):
            if let use = uses.last(where: { $0.address.rawValue == address & ~4095 }) { return use }
            throw Problem(
                .noSuchAllocation, "No kmap in use has \(VirtualAddress(address)).", reference,
                wanted: "an address that kmap returned")
        }
    }
}

extension SessionView {
    /// The step that gave a mapping up by its id; `nil` if none did.
    ///
    /// - Parameter use: the mapping that a call gives up; `nil` for other calls.
    func unmappingStep(after id: UInt32, _ use: (KernelCall) -> UInt32?) -> UInt32? {
        records.indices[Int(id)...].first { index in
            call(of: UInt32(index) + 1).flatMap(use) == id
        }.map { UInt32($0) + 1 }
    }
}

extension Machine {
    /// The `struct page` that an address stands for: the page that is mapped there, or what the caller
    /// passed, if it is no address of a page.
    func mappedPage(at address: VirtualAddress) -> PagePointer {
        let start = address.rawValue & ~4095
        if let slot = kmapPool.slots.first(where: { $0.address.rawValue == start }),
            let pfn = slot.pfn, isMemory(pfn)
        {
            return pagePointer(of: PageFrameNumber(UInt32(pfn)))
        }
        return frame(at: address).map { pagePointer(of: $0) } ?? PagePointer(address.rawValue)
    }
}
