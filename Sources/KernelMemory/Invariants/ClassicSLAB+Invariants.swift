/// What must hold of the classic slab allocator after every call as long as nobody broke a rule.
extension Core {
    /// Every slab is on the list of its cache that its objects demand; every object is owned, free in
    /// its slab, or in one array; and every counter equals what it counts.
    ///
    /// - Returns: the first thing that does not hold, in words; `nil` if all is well.
    /// - Complexity: O(objects).
    func checkClassicCaches() -> String? {
        var slabCount: UInt32 = 0
        for cache in cold.registry.order {
            var census = ObjectCensus()
            if let violation = checkLists(cache, &census) ?? checkArrays(cache, &census)
                ?? checkCounters(cache, census)
            {
                return "cache \(cold.registry.name(cache)), \(violation)"
            }
            slabCount += census.slabs
        }
        let known = slabs.pointee.count
        return slabCount == known ? nil : "\(slabCount) slabs on lists, \(known) in the table"
    }
}

/// Where a cache's objects are.
private struct ObjectCensus {
    var slabs: UInt32 = 0
    var objects: UInt32 = 0
    /// Free in their slabs.
    var free: UInt32 = 0
    /// Neither: they must be in an array.
    var away: Set<UInt64> = []
}

extension Core {
    private func checkLists(_ cache: UInt32, _ census: inout ObjectCensus) -> String? {
        let owner = readClassicCache(cache).pointee
        let lists: [(SlabListKind, SlabList)] = [
            (.full, owner.full), (.partial, owner.partial), (.free, owner.free),
        ]
        for (kind, list) in lists {
            var previous = NodeTable.none
            var number = list.first
            var count: UInt32 = 0
            while number != NodeTable.none {
                let slab = readSlab(number)
                if slab.pointee.previous != previous || count == list.count {
                    return "list \(kind): broken at slab \(number)"
                }
                if slab.pointee.list != kind || slab.pointee.listOwner != cache {
                    return "list \(kind): has slab \(number) of another"
                }
                if let violation = checkSlab(number, slab, cache, &census) {
                    return "slab \(number): \(violation)"
                }
                (previous, number, count) = (number, slab.pointee.next, count + 1)
            }
            if count != list.count || list.last != previous && count > 0 {
                return "list \(kind): \(count) slabs, counted \(list.count)"
            }
        }
        return nil
    }

    private func checkSlab(
        _ number: UInt32, _ slab: UnsafePointer<Slab>, _ cache: UInt32,
        _ census: inout ObjectCensus
    ) -> String? {
        let (active, objects) = (slab.pointee.inuse, slab.pointee.objects)
        let layout = readClassicCache(cache).pointee.layout
        if slab.pointee.cache != cache || UInt32(objects) != layout.objects || active > objects {
            return "\(active) of \(objects) objects, cache \(slab.pointee.cache)"
        }
        let kind: SlabListKind = active == 0 ? .free : active == objects ? .full : .partial
        if slab.pointee.list != kind { return "on the list \(slab.pointee.list), not \(kind)" }
        for page in slab.pointee.pfn..<(slab.pointee.pfn + 1 << layout.order)
        where slabNumber(of: page) != number {
            return "frame \(page) says otherwise"
        }
        var isFree = [Bool](repeating: false, count: Int(objects))
        for place in active..<objects {
            let index = slab.record(place).pointee.link
            if index >= objects || isFree[Int(index)] { return "free list with \(index)" }
            isFree[Int(index)] = true
        }
        for index in 0..<objects {
            let record = slab.record(index).pointee
            if !record.isLive {
                let address = slab.pointee.base + UInt64(index) * UInt64(layout.size)
                if !isFree[Int(index)] { census.away.insert(address) }
                continue
            }
            if isFree[Int(index)] { return "object \(index) is owned and free" }
        }
        census.slabs += 1
        census.objects += UInt32(objects)
        census.free += UInt32(objects - active)
        return checkPlaces(slab, layout)
    }

    /// Where the objects and the list of free ones begin.
    private func checkPlaces(_ slab: UnsafePointer<Slab>, _ layout: SlabLayout) -> String? {
        let start = directAddress(slab.pointee.pfn)
        let colour = (slab.pointee.base - start) / UInt64(layout.colourStep)
        if (slab.pointee.base - start) % UInt64(layout.colourStep) != 0
            || colour >= UInt64(max(layout.colours, 1))
        {
            return "objects begin at \(slab.pointee.base - start)"
        }
        let list = slab.pointee.freeList
        let isPlaced: Bool
        switch layout.freeListPlace {
        case .inFreeObject:
            // The object with the list in it is the last to be handed out.
            let last = slab.record(slab.pointee.objects - 1).pointee.link
            let address = slab.pointee.base + UInt64(last) * UInt64(layout.size)
            isPlaced = list == (slab.pointee.list == .full ? 0 : address)
        case .endOfSlab:
            isPlaced = list == start + 4096 << UInt64(layout.order) - UInt64(layout.objects)
        case .offSlab:
            let place = objectPlace(of: list)
            isPlaced = place.map { readSlab($0.slab).record($0.index).pointee.isLive } ?? false
        }
        return isPlaced ? nil : "list of free objects at \(hexDigits(list, width: 8))"
    }

    private func checkArrays(_ cache: UInt32, _ census: inout ObjectCensus) -> String? {
        let owner = readClassicCache(cache)
        var arrays = (0..<owner.pointee.cpuCount).map { owner.array($0) }
        if let shared = owner.shared { arrays.append(shared) }
        for (number, array) in arrays.enumerated() {
            if array.pointee.count > array.pointee.limit { return "array \(number): too long" }
            for index in 0..<Int(array.pointee.count) {
                if census.away.remove(array.entries[index]) == nil {
                    return "array \(number): entry \(index)"
                }
            }
        }
        return census.away.isEmpty ? nil : "\(census.away.count) objects are nowhere"
    }

    private func checkCounters(_ cache: UInt32, _ census: ObjectCensus) -> String? {
        let owner = readClassicCache(cache).pointee
        let counters: [(String, UInt64, UInt64)] = [
            ("slabs", UInt64(census.slabs), UInt64(owner.common.slabCount)),
            ("objects", UInt64(census.objects), UInt64(owner.common.objectCount)),
            ("free objects", UInt64(census.free), UInt64(owner.freeObjects)),
            (
                "colours", UInt64(min(owner.colourNext, max(owner.layout.colours, 1) - 1)),
                UInt64(owner.colourNext)
            ),
        ]
        return counters.first { $0.1 != $0.2 }.map { "\($0.0): \($0.1), counted \($0.2)" }
    }
}
