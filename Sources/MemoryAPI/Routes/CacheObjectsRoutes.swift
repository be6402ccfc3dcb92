import KernelMemory
import MicroHTTPD

/// Objects of one cache.
enum CacheObjectsRoutes {
    @Sendable
    static func allocate(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let cache = try request.cache(of: session.machine)
        let requested = try CacheObjectBody.read(request, session.machine.cacheAddress(cache))
        try session.run(requested, answering: &response)
    }

    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let cache = try request.cache(of: view.machine)
        let limit = try request.limit(default: 100, most: 1_000)
        let start = try request.address("cursor") ?? 0
        let rest = view.machine.liveObjects(ofCache: cache).drop { $0.address.rawValue < start }
        let next = rest.dropFirst(limit).first
        response.link(next: next?.address, of: request)
        response.snapshot(view) { json in
            json.member("cache", view.machine.cacheName(cache))
            json.array("objects") { json in
                for object in rest.prefix(limit) {
                    json.object { $0.cacheObject(object, view) }
                }
            }
            json.member("next", addressOrNull: next?.address.rawValue)
        }
    }

    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let cache = try request.cache(of: view.machine)
        let reference = try request.objectReference()
        let object = try view.liveObject(reference, in: .cache(cache))
        response.snapshot(view) { json in
            json.cacheObject(object, view)
            json.member("live", true)
        }
    }

    @Sendable
    static func free(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let cache = try request.cache(of: session.machine)
        let reference = try request.objectReference()
        let object = try session.view().pointer(reference, in: .cache(cache))
        let call = KernelCall.kmemCacheFree(
            session.machine.cacheAddress(cache), object: object)
        try session.run(call, answering: &response)
    }
}

extension JSONWriter {
    fileprivate mutating func cacheObject(_ object: ObjectSnapshot, _ view: SessionView) {
        liveObject(object, view)
        member("owner", literal: object.owner == .kernel ? "kernel" : "caller")
        member("unused", view.machine.isUnused(object))
    }
}
