/// A place to make caches without a machine: what would they be, and which would be merged?
package struct CacheBench {
    private let core: Core

    /// The bench of a recorded kernel, with the caches that it has.
    package init(
        _ recording: MachineRecording, caches: [SlubCacheRecording], keepsApart: Bool
    ) {
        var shape = MachineShape(recording)
        shape.keepsCachesApart = keepsApart
        core = Core(zeroedFor: shape)
        for cache in caches { core.addWithoutSlabs(cache) }
    }

    /// Makes a cache, and says which one serves the request and what its sizes are.
    package func create(
        _ request: CacheRequest
    ) -> (name: String, geometry: SlubCacheRecording.Geometry)? {
        let flags = request.flags.intersection(.permitted)
        let align = CacheGeometry.alignment(
            flags, request.align, size: request.size, on: core.shape.architecture)
        var number = core.findMergeable(request, flags)
        if let number {
            _ = core.share(number, with: request)
        } else if core.addCache(request, flags, align: align, address: 1, users: 1) {
            number = core.cold.registry.order.last
        }
        return number.map { number in
            let geometry = SlubCacheRecording.Geometry(core.readCache(number).pointee.geometry)
            return (core.cold.registry.name(number), geometry)
        }
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
