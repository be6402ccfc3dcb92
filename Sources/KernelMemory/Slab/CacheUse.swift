/// How much of a cache is in use, as the simulator knows it.
struct CacheUse {
    /// Objects that somebody owns.
    var objects = 0
    /// Bytes that their owners asked for; all of the object where they named no size.
    var requestedBytes: UInt64 = 0
}

extension Core {
    /// How much of every cache is in use, by the caches' numbers. It is counted when asked for, so
    /// that no allocation pays for it.
    ///
    /// - Complexity: O(objects of all slabs).
    func cacheUse() -> [UInt32: CacheUse] {
        var use: [UInt32: CacheUse] = [:]
        slabs.pointee.forEach { number in
            let slab = readSlab(number)
            let whole = readCache(slab.pointee.cache).pointee.geometry.objectSize
            var counted = use[slab.pointee.cache] ?? CacheUse()
            for index in 0..<slab.pointee.objects {
                let record = slab.record(index).pointee
                guard record.isLive else { continue }
                counted.objects += 1
                counted.requestedBytes += UInt64(record.requested == 0 ? whole : record.requested)
            }
            use[slab.pointee.cache] = counted
        }
        return use
    }
}
