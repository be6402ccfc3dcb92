/// A slab at a moment.
public struct SlabSnapshot: Sendable {
    /// First frame.
    public let pfn: PageFrameNumber
    /// Base-2 logarithm of its pages.
    public let order: Int
    /// The cache's number.
    public let cache: UInt32
    /// Where the first object starts.
    public let address: VirtualAddress
    /// Objects in it.
    public let objectCount: Int
    /// Objects that the kernel counts as used; a CPU's own free ones are among them. `inuse`.
    public let inuse: Int
    /// A CPU keeps it. `frozen`.
    public let isFrozen: Bool
    /// Which list it is on.
    public let list: List
    /// The CPU that keeps it; `nil` if none does.
    public let cpu: Int?
    /// Its free objects that no CPU has for its own, in the order in which they would be taken.
    public let freeList: FreeList
    /// Who has each object.
    public let owners: [Owner]

    /// The lists that a slab can be on.
    public enum List: String, CaseIterable, Sendable {
        /// A CPU takes objects from it.
        case cpu
        /// On a CPU's list of slabs with free objects.
        case cpuPartial = "cpu_partial"
        /// On the cache's list of slabs with free objects.
        case partial
        /// All its objects are in use: on no list of SLUB's, on the classic allocator's full ones.
        case full
        /// None is, on the classic allocator's list of such slabs.
        case free
    }

    /// Who has an object.
    public enum Owner: Sendable {
        /// Nobody.
        case nobody
        /// A caller of the machine.
        case caller
        /// A caller too, who keeps it but does not use it: a shrinker may free it.
        case unused
        /// The kernel itself.
        case kernel
    }
}

extension Machine {
    /// The slabs of a cache, lowest frame first.
    ///
    /// - Parameters:
    ///   - start: the lowest first frame to begin with.
    ///   - limit: the most slabs to return.
    /// - Returns: the slabs, and the first frame of the next one if more follow.
    /// - Complexity: O(all slabs).
    public func slabs(
        of cache: CacheSnapshot, from start: PageFrameNumber, limit: Int
    ) -> (slabs: [SlabSnapshot], next: PageFrameNumber?) {
        let numbers = core.slabNumbers(of: cache.number)
        let rest = numbers.drop { core.readSlab($0).pointee.pfn < start.rawValue }
        let places = core.slabPlaces(cache.number)
        let next = rest.dropFirst(limit).first.map {
            PageFrameNumber(core.readSlab($0).pointee.pfn)
        }
        return (rest.prefix(limit).map { core.slabSnapshot($0, places) }, next)
    }

    /// The slab that a frame belongs to: its cache's number and its first frame.
    public func slab(covering pfn: PageFrameNumber) -> (cache: UInt32, pfn: PageFrameNumber)? {
        core.slabNumber(of: pfn.rawValue).map {
            let slab = core.readSlab($0).pointee
            return (slab.cache, PageFrameNumber(slab.pfn))
        }
    }
}

extension Core {
    /// The numbers of a cache's slabs, lowest frame first.
    func slabNumbers(of cache: UInt32) -> [UInt32] {
        var numbers: [UInt32] = []
        slabs.pointee.forEach { if readSlab($0).pointee.cache == cache { numbers.append($0) } }
        return numbers.sorted { readSlab($0).pointee.pfn < readSlab($1).pointee.pfn }
    }

    /// The list that each slab of a cache is on, and the CPU; slabs that are on none are missing.
    fileprivate func slabPlaces(
        _ cache: UInt32
    ) -> [UInt32: (list: SlabSnapshot.List, cpu: Int?)] {
        if hasArrayCaches { return [:] }
        var places: [UInt32: (list: SlabSnapshot.List, cpu: Int?)] = [:]
        for number in partialSlabs(cache) { places[number] = (.partial, nil) }
        for cpu in 0..<shape.cpuCount {
            let local = readSlubCache(cache).cpu(UInt32(cpu)).pointee
            for number in chain(from: local.partial) { places[number] = (.cpuPartial, cpu) }
            if local.slab != NodeTable.none { places[local.slab] = (.cpu, cpu) }
        }
        return places
    }

    fileprivate func slabSnapshot(
        _ number: UInt32, _ places: [UInt32: (list: SlabSnapshot.List, cpu: Int?)]
    ) -> SlabSnapshot {
        let pointer = readSlab(number)
        let slab = pointer.pointee
        let shrinker = cold.reclaim.shrinkers.first { $0.cache == slab.cache }
        let place = hasArrayCaches ? (slab.list.public, nil) : places[number]
        return SlabSnapshot(
            pfn: PageFrameNumber(slab.pfn), order: Int(slab.order), cache: slab.cache,
            address: VirtualAddress(slab.base), objectCount: Int(slab.objects),
            inuse: Int(slab.inuse), isFrozen: slab.isFrozen, list: place?.list ?? .full,
            cpu: place?.cpu,
            freeList: hasArrayCaches ? classicFreeList(pointer) : slabFreeList(number),
            owners: (0..<slab.objects).map { index in
                let owner = pointer.record(index).pointee.owner
                guard owner == .caller, let shrinker else { return owner }
                let address = address(of: ObjectPlace(slab: number, index: index))
                return shrinker.unused.contains(address) ? .unused : owner
            })
    }
}

extension Core {
    /// A slab's free objects that are in no array, the next one first.
    private func classicFreeList(_ slab: UnsafePointer<Slab>) -> FreeList {
        let (used, all) = (slab.pointee.inuse, slab.pointee.objects)
        var list = FreeList()
        list.objects = (min(used, all)..<all).map { slab.record($0).pointee.link }
        return list
    }
}

extension SlabListKind {
    fileprivate var `public`: SlabSnapshot.List {
        switch self {
        case .none, .full: .full
        case .partial: .partial
        case .free: .free
        }
    }
}

extension ObjectRecord {
    /// Who has the object.
    var owner: SlabSnapshot.Owner { !isLive ? .nobody : isKernels ? .kernel : .caller }
}
