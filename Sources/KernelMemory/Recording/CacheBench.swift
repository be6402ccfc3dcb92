/// A place to make caches without a machine: what would they be, and which would be merged?
package struct CacheBench {
    let core: Core

    /// The bench of a recorded kernel, with the caches that it has.
    package init(
        _ recording: MachineRecording, caches: [SlubCacheRecording], keepsApart: Bool
    ) {
        self.init(recording, keepsApart: keepsApart)
        for cache in caches { core.addWithoutSlabs(cache) }
    }

    /// A bench without caches.
    init(_ recording: MachineRecording, keepsApart: Bool) {
        var shape = MachineShape(recording)
        shape.keepsCachesApart = keepsApart
        core = Core(zeroedFor: shape)
        for zone in recording.zones { core.zones[zone.index].managed = zone.managed }
    }

    /// Makes a cache, and says which one serves the request and what its sizes are.
    package func create(
        _ request: CacheRequest
    ) -> (name: String, geometry: SlubCacheRecording.Geometry)? {
        serve(request).map { number in
            let geometry = SlubCacheRecording.Geometry(core.readCache(number).pointee.geometry)
            return (core.cold.registry.name(number), geometry)
        }
    }

    /// Makes a cache, or finds one that does as well.
    func serve(_ request: CacheRequest) -> UInt32? {
        let flags = request.flags.intersection(core.hasArrayCaches ? .classic : .permitted)
        let align = CacheGeometry.alignment(
            flags, request.align, size: request.size, on: core.shape.architecture)
        guard let shared = core.findMergeable(request, flags) else {
            return core.addCache(request, flags, align: align, address: 1, users: 1)
        }
        _ = core.share(shared, with: request)
        return shared
    }
}

extension Core {
    fileprivate func addWithoutSlabs(_ cache: SlubCacheRecording) {
        var empty = cache
        empty.cpus = []
        empty.partial = []
        add(empty)
    }
}
