/// Taking objects back from caches that have a shrinker.
extension Core {
    /// Asks every shrinker for its share of unused objects, oldest first.
    ///
    /// - Parameters:
    ///   - gfp: the mask of the request that needs memory.
    ///   - priority: how hard to try: from 12, one object in 2,048, to 0, all of them.
    /// - Returns: how many objects were freed.
    ///
    /// The corresponding kernel function is `shrink_slab` (mm/vmscan.c, 6.1).
    func shrinkSlab(_ gfp: GFPFlags, priority: Int) -> Int {
        var freed = 0
        for index in cold.reclaim.shrinkers.indices where !isHalted {
            freed += shrink(index, gfp, priority)
        }
        return freed
    }

    /// Asks all of them for all they have, until they free next to nothing: what writing 2 to
    /// `/proc/sys/vm/drop_caches` does.
    ///
    /// - Returns: how many objects were freed.
    ///
    /// The corresponding kernel function is `drop_slab` (mm/vmscan.c, 6.1).
    func dropSlab() -> Int {
        mightSleep(.shrinkSlab)
        var total = 0
        var shift = 0
        while !isHalted {
            let freed = shrinkSlab(.kernel, priority: 0)
            total += freed
            if freed >> shift <= 1 { break }
            shift += 1
        }
        return total
    }

    /// Asks one shrinker. What it should have looked at and did not is added to the next time.
    ///
    /// A shrinker such as the dentry cache's refuses when the request came from a file system,
    /// which might hold locks that it needs.
    ///
    /// The corresponding kernel functions are `do_shrink_slab` (mm/vmscan.c) and
    /// `super_cache_scan` (fs/super.c, 6.1).
    private func shrink(_ index: Int, _ gfp: GFPFlags, _ priority: Int) -> Int {
        let freeable = cold.reclaim[index].unused.count
        if freeable == 0 { return 0 }
        let deferred = cold.reclaim[index].deferred
        let share = (freeable >> priority) * 4 / Shrinker.seeks
        var left = min((deferred >> priority) + share, 2 * freeable)
        var scanned = 0
        var freed = 0
        explain(
            .shrinkerAsked,
            [
                "cache": cold.registry.name(cold.reclaim[index].cache), "priority": priority,
                "unused_objects": freeable, "share": share, "deferred": deferred,
            ])
        explainRounds(of: .shrinkerFrees)
        defer { endExplainedRounds() }
        while left >= Shrinker.batch || left >= freeable, gfp.contains(.fs), !isHalted {
            let count = min(Shrinker.batch, left)
            freed += scan(index, count)
            left -= count
            scanned += count
        }
        cold.reclaim[index].deferred = min(max(deferred + share - scanned, 0), 2 * freeable)
        return freed
    }

    /// Frees up to so many of a shrinker's unused objects, oldest first.
    ///
    /// The corresponding kernel function is `scan_objects` of a `struct shrinker`; for dentries
    /// `prune_dcache_sb` (fs/dcache.c, 6.1).
    private func scan(_ index: Int, _ count: Int) -> Int {
        let pages = freePagesInAll
        var freed = 0
        while freed < count, !isHalted, let entry = cold.reclaim[index].unused.removeOldest() {
            reclaim(entry, of: cold.reclaim[index].cache)
            freed += 1
        }
        if freed > 0 { cold.reclaim.noteReclaim(step: control.pointee.step) }
        cold.reclaim[index].scanned += count
        cold.reclaim[index].freed += freed
        cold.reclaim[index].pagesFreed += freePagesInAll - pages
        return freed
    }

    private func reclaim(_ entry: ObjectLRU.Entry, of cache: UInt32) {
        if let place = objectPlace(of: entry.address) {
            let record = readSlab(place.slab).record(place.index).pointee
            if !record.isLive || record.allocated > entry.step {
                noteMisuse(.freedWhileUnused, at: entry.address, place)
                markCorrupted()
            }
        }
        explain(
            .shrinkerFrees,
            ["object": VirtualAddress(entry.address), "unused_since_step": entry.step])
        freeObject(entry.address, toCacheAt: readCache(cache).pointee.address)
    }

    /// Pages that nobody has, on the buddy lists and on those of the CPUs.
    var freePagesInAll: Int {
        (0..<MachineShape.zoneCount).reduce(0) {
            $0 + Int(exactFreePages($1)) + Int(localPageTotal($1))
        }
    }
}
