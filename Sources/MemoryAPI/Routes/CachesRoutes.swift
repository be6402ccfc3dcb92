import KernelMemory
import MicroHTTPD

/// Making, looking at, shrinking and destroying caches of objects.
extension MemoryService {
    var cacheEndpoints: [Endpoint] {
        [
            call(.post, "/caches", CachesRoutes.create),
            look("/caches", query: ["limit", "cursor"], CachesRoutes.list),
            look("/caches/{name}", query: ["limit", "start"], CachesRoutes.show),
            call(.delete, "/caches/{name}", CachesRoutes.destroy),
            call(.post, "/caches/{name}/shrink", CachesRoutes.shrink),
            call(.post, "/caches/{name}/objects", CacheObjectsRoutes.allocate),
            look("/caches/{name}/objects", query: ["limit", "cursor"], CacheObjectsRoutes.list),
            look("/caches/{name}/objects/{ref}", CacheObjectsRoutes.show),
            call(.delete, "/caches/{name}/objects/{ref}", CacheObjectsRoutes.free),
        ]
    }
}

enum CachesRoutes {
    @Sendable
    static func create(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        try session.run(CacheBody.read(request), answering: &response)
    }

    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let limit = try request.limit(default: 200, most: 1_000)
        let first = Int(try request.number("cursor", 0...UInt64(UInt32.max)) ?? 0)
        let all = view.machine.caches
        let page = all.dropFirst(first).prefix(limit)
        let end = min(first, all.count) + page.count
        let next = end < all.count ? "\(end)" : nil
        response.link(next: next, of: request)
        response.snapshot(view, expecting: 32_768) { json in
            json.array("caches") { json in
                for cache in page { json.object { $0.cache(cache) } }
            }
            json.member("next", orNull: next)
        }
    }

    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let cache = view.machine.cache(try request.cache(of: view.machine))
        let limit = try request.limit(default: 100, most: 1_000)
        let start = try request.number("start", 0...UInt64(UInt32.max)) ?? 0
        let page = view.machine.slabs(
            of: cache, from: PageFrameNumber(UInt32(start)), limit: limit)
        response.link(next: page.next?.rawValue, "start", of: request)
        response.snapshot(view, expecting: 16_384) { json in
            json.cache(cache)
            if let slub = view.machine.slub(of: cache) {
                json.object("slub") { json in json.slub(slub) }
            }
            if let classic = view.machine.classicSlab(of: cache) {
                json.object("slab") { json in json.classicSlab(classic, cache) }
            }
            json.array("slabs") { json in
                for slab in page.slabs { json.object { $0.slab(slab) } }
            }
            json.member("next", orNull: page.next?.rawValue)
        }
    }

    @Sendable
    static func destroy(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let cache = try request.cache(of: session.machine)
        let call = KernelCall.kmemCacheDestroy(session.machine.cacheAddress(cache))
        try session.run(call, answering: &response)
    }

    @Sendable
    static func shrink(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let cache = try request.cache(of: session.machine)
        let requested = try ShrinkBody.read(request, session.machine.cacheAddress(cache))
        try session.run(requested, answering: &response)
    }
}
