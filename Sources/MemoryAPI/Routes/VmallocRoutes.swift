import KernelMemory
import MicroHTTPD

/// Making, listing and giving up areas of vmalloc.
extension MemoryService {
    var vmallocEndpoints: [Endpoint] {
        [
            call(.post, "/vmalloc", VmallocRoutes.allocate),
            look("/vmalloc", query: ["limit", "cursor"], VmallocRoutes.list),
            look("/vmalloc/{ref}", query: ["limit", "start"], VmallocRoutes.show),
            call(.delete, "/vmalloc/{ref}", query: ["call"], VmallocRoutes.free),
        ]
    }
}

enum VmallocRoutes {
    @Sendable
    static func allocate(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        try session.run(VmallocBody.read(request, session.view()), answering: &response)
    }

    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let machine = view.machine
        let limit = try request.limit(default: 100, most: 1_000)
        let start = try request.address("cursor") ?? 0
        let areas = machine.vmAreas(from: start, limit: limit + 1)
        let next = areas.count > limit ? "\(areas[limit].start)" : nil
        response.link(next: next, of: request)
        response.snapshot(view) { json in
            json.array("areas") { json in
                for area in areas.prefix(limit) { json.object { $0.listedArea(area, view) } }
            }
            json.stretches("unpurged", machine.unpurgedVmRanges, truncated: "unpurged_truncated")
            json.stretches("free", machine.freeVmRanges, truncated: "free_truncated")
            json.member("lazy_pages", machine.lazyVmPages)
            json.member("lazy_limit", machine.lazyVmPagesLimit)
            json.member("vmalloc_pages", machine.vmallocPageCount)
            json.member("next", orNull: next)
        }
    }

    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let area = try view.liveArea(Reference(request))
        let limit = try request.limit(default: JSONWriter.usualAreaPages, most: 65_536)
        let start = Int(try request.number("start", 0...UInt64(UInt32.max)) ?? 0)
        response.snapshot(view) { json in
            json.member("id", orNull: view.id(of: area))
            json.area(area, view.machine, pages: start..<(start + limit))
            json.owner(of: area, view)
            json.member("live", true)
        }
    }

    @Sendable
    static func free(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let view = try session.view()
        let area: VmAreaSnapshot?
        let address: VirtualAddress
        switch try Reference(request) {
        case .id(let id):
            let live = try view.liveArea(.id(id))
            (area, address) = (live, live.start)
        case .address(let passed):
            address = VirtualAddress(passed)
            area = view.machine.vmArea(covering: address)
        }
        let unmaps = try unmaps(request) ?? (area?.kind == .vmap)
        try session.run(unmaps ? .vunmap(address) : .vfree(address), answering: &response)
    }

    /// Which function the query names: `true` for `vunmap`, `nil` for none.
    private static func unmaps(_ request: borrowing Request) throws(Problem) -> Bool? {
        guard let text = request.query("call") else { return nil }
        let names = ["vfree", "vunmap"]
        guard let index = names.firstIndex(of: text.quoted) else {
            throw Problem(
                unknownFunction: text.quoted, suggestions: nearest(to: text.quoted, among: names),
                at: .query("call"))
        }
        return index == 1
    }
}

extension JSONWriter {
    /// Writes the first stretches of address space of some, and a further member if there are more.
    fileprivate mutating func stretches(
        _ name: StaticString, _ ranges: [Range<UInt64>], truncated: StaticString, limit: Int = 1_000
    ) {
        array(name) { json in
            for range in ranges.prefix(limit) {
                json.object { json in
                    json.member("address", address: range.lowerBound)
                    json.member("end_address", address: range.upperBound)
                    json.member("size_bytes", range.upperBound - range.lowerBound)
                }
            }
        }
        if ranges.count > limit { member(truncated, true) }
    }
}
