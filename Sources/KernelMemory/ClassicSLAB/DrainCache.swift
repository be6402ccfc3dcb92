/// Giving up what a classic cache keeps for later.
extension Core {
    /// Empties every CPU's array and the shared one.
    ///
    /// The corresponding kernel function is `drain_cpu_caches` (mm/slab.c, 6.1).
    private func drainArrays(_ cache: UInt32) {
        let current = control.pointee.cpu
        for cpu in 0..<UInt32(shape.cpuCount) where !isHalted {
            control.pointee.cpu = cpu
            drain(classicCache(cache).array(cpu), cache)
        }
        control.pointee.cpu = current
        if let shared = classicCache(cache).shared, !isHalted { drain(shared, cache) }
    }

    private func drain(_ array: UnsafeMutablePointer<ArrayCache>, _ cache: UInt32) {
        let emptied = freeOldest(array.pointee.count, of: array, cache)
        if isHalted { return }
        array.pointee.count = 0
        destroy(emptied, cache)
    }

    /// Gives all of a cache's empty slabs back.
    ///
    /// - Returns: whether it has slabs with objects in use.
    ///
    /// The corresponding kernel function is `__kmem_cache_shrink` (mm/slab.c, 6.1).
    func shrinkClassic(_ cache: UInt32) -> Bool {
        drainArrays(cache)
        while !isHalted, classicCache(cache).pointee.free.count > 0 {
            destroy([takeLastFree(classicCache(cache))], cache)
        }
        let owner = classicCache(cache)
        return isHalted || owner.pointee.full.count > 0 || owner.pointee.partial.count > 0
    }
}
