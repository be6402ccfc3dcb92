extension CacheBench {
    /// The bench of a recorded kernel with the classic allocator, with the caches that it has.
    package init(
        _ recording: MachineRecording, caches: [ClassicCacheRecording], keepsApart: Bool
    ) {
        self.init(recording, keepsApart: keepsApart)
        for cache in caches {
            var empty = cache
            (empty.partial, empty.full, empty.free) = ([], [], [])
            (empty.cpus, empty.shared) = ([], nil)
            core.add(empty)
        }
    }

    /// Makes a cache, and says which one serves the request and what its sizes are.
    package func createClassic(
        _ request: CacheRequest
    ) -> (name: String, geometry: ClassicCacheRecording.Geometry)? {
        serve(request).map { number in
            let cache = core.readClassicCache(number).pointee
            return (core.cold.registry.name(number), ClassicCacheRecording.Geometry(cache))
        }
    }
}
