import KernelMemory
import MicroHTTPD

/// Allocating, listing, resizing and freeing bytes.
extension MemoryService {
    var kmallocEndpoints: [Endpoint] {
        [
            call(.post, "/kmalloc", KMallocRoutes.allocate),
            look("/kmalloc", query: ["limit", "cursor"], KMallocRoutes.list),
            look("/kmalloc/{ref}", KMallocRoutes.show),
            call(.delete, "/kmalloc/{ref}", KMallocRoutes.free),
            call(.post, "/kmalloc/{ref}/krealloc", KMallocRoutes.resize),
        ]
    }
}

enum KMallocRoutes {
    @Sendable
    static func allocate(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        try session.run(KMallocBody.read(request), answering: &response)
    }

    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let list = try ObjectList(view.machine.liveKMallocs, request)
        let next = list.next.map { "\($0)" }
        response.link(next: next, of: request)
        response.snapshot(view) { json in
            json.array("kmalloc") { json in
                for object in list.objects { json.object { $0.liveObject(object, view) } }
            }
            json.member("next", orNull: next)
        }
    }

    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let object = try view.liveObject(Reference(request), in: .kmalloc)
        response.snapshot(view) { json in
            json.liveObject(object, view)
            json.member("live", true)
        }
    }

    @Sendable
    static func free(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let call = KernelCall.kfree(try session.view().pointer(Reference(request), in: .kmalloc))
        try session.run(call, answering: &response)
    }

    @Sendable
    static func resize(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let body = try KReallocBody(request)
        let pointer = try session.view().pointer(Reference(request), in: .kmalloc)
        let call = KernelCall.krealloc(pointer, size: body.size, body.gfp)
        try session.run(RequestedCall(call: call, cpu: body.cpu), answering: &response)
    }
}
