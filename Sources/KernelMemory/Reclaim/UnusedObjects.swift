/// What the owner of a cache tells the kernel: that objects may be taken back, and which.
extension Core {
    /// Lets the kernel take back a cache's unused objects when it needs memory.
    ///
    /// The cache's list of unused objects is made with it; a second call changes nothing.
    ///
    /// The corresponding kernel function is `register_shrinker` (mm/vmscan.c, 6.1).
    func registerShrinker(at address: UInt64) {
        mightSleep(.allocation)
        if let cache = cacheOrOops(at: address) { cold.reclaim.add(cache) }
    }

    /// Takes that back. Objects on the list stay allocated and are their owner's to free.
    ///
    /// The corresponding kernel function is `unregister_shrinker` (mm/vmscan.c, 6.1).
    func unregisterShrinker(at address: UInt64) {
        mightSleep(.writeSemaphore)
        if let cache = cacheOrOops(at: address) { cold.reclaim.remove(cache) }
    }

    /// Marks an object unused: from now on a shrinker may free it.
    ///
    /// The kernel trusts its caller and links whatever it is given. The simulator records what is
    /// no live object of the cache.
    ///
    /// - Returns: whether the object was put on the list; not if it was there already.
    ///
    /// The corresponding kernel functions are `list_lru_add` (mm/list_lru.c) and, for dentries,
    /// `d_lru_add` (fs/dcache.c, 6.1).
    func markUnused(_ object: UInt64, ofCacheAt address: UInt64) -> Bool {
        guard let cache = cacheOrOops(at: address) else { return false }
        guard directFrame(object) != nil else {
            noteMisuse(.wildPointer, at: object)
            oopsOnAccess(to: object, isWrite: true)
            return false
        }
        guard let index = cold.reclaim.index(of: cache) else {
            noteMisuse(.noShrinker, at: object, cache: cold.registry.name(cache))
            return false
        }
        if !isLive(object, of: cache) { noteWronglyUnused(object) }
        return cold.reclaim[index].unused.add(object, step: control.pointee.step)
    }

    /// Takes an object off the list again, to use it.
    ///
    /// - Returns: whether it was on the list; if not, a shrinker has freed it, unless its owner had
    ///   it in use all the time.
    ///
    /// The corresponding kernel functions are `list_lru_del` (mm/list_lru.c) and, for dentries,
    /// `d_lru_del` (fs/dcache.c, 6.1).
    func markUsed(_ object: UInt64, ofCacheAt address: UInt64) -> Bool {
        guard let cache = cacheOrOops(at: address), let index = cold.reclaim.index(of: cache)
        else { return false }
        return cold.reclaim[index].unused.remove(object)
    }

    /// Whether somebody owns the object that starts at an address, and it is of this cache.
    func isLive(_ object: UInt64, of cache: UInt32) -> Bool {
        guard let place = objectPlace(of: object) else { return false }
        let slab = readSlab(place.slab)
        return slab.pointee.cache == cache && slab.record(place.index).pointee.isLive
    }

    /// Whether a shrinker freed an object, and nobody owns it since.
    func wasReclaimed(_ place: ObjectPlace) -> Bool {
        let record = readSlab(place.slab).record(place.index).pointee
        return !record.isLive && cold.reclaim.reclaimed(inStep: record.freed)
    }

    private func noteWronglyUnused(_ object: UInt64) {
        let place = objectPlace(of: object)
        let isGone = place.map(wasReclaimed) ?? false
        noteMisuse(isGone ? .usedAfterReclaim : .wronglyUnused, at: object, place)
        markCorrupted()
    }

    private func cacheOrOops(at address: UInt64) -> UInt32? {
        if let cache = cold.registry.number(at: address) { return cache }
        followWildPointer(to: address, order: 0)
        return nil
    }
}
