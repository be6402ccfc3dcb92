import KernelMemory
import MicroHTTPD

/// Allocating, listing and freeing blocks of pages.
extension MemoryService {
    var pageEndpoints: [Endpoint] {
        [
            call(.post, "/pages", PagesRoutes.allocate),
            look("/pages", query: ["limit", "cursor"], PagesRoutes.list),
            look("/pages/{ref}", PagesRoutes.show),
            call(.delete, "/pages/{ref}", query: ["order", "call"], PagesRoutes.free),
        ]
    }
}

enum PagesRoutes {
    @Sendable
    static func allocate(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        try session.run(AllocationBody(request).call, answering: &response)
    }

    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let limit = try request.limit(default: 100, most: 1_000)
        let cursor = try LiveBlocks.Cursor(request)
        let page = view.liveBlocks.page(after: cursor, limit: limit)
        response.link(next: page.next?.text, of: request)
        response.snapshot(view) { json in
            json.array("pages") { json in
                for block in page.blocks { json.object { $0.liveBlock(block, view) } }
            }
            json.member("next", orNull: page.next?.text)
        }
    }

    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let block = try view.liveBlock(Reference(request))
        response.snapshot(view) { json in
            json.liveBlock(block, view)
            json.member("live", true)
        }
    }

    @Sendable
    static func free(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let options = try FreeOptions(request)
        let call: KernelCall
        switch try Reference(request) {
        case .id(let id): call = try options.call(id, session.view())
        case .address(let address): call = try options.call(address, session.machine)
        }
        try session.run(call, answering: &response)
    }
}
