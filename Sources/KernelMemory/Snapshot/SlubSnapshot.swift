/// What SLUB keeps of a cache beside what every slab allocator has.
public struct SlubSnapshot: Sendable {
    /// Where a free object holds the pointer to the next one. `offset`.
    public let freePointerOffset: UInt32
    /// Bytes of an object up to what SLUB keeps behind it. `inuse`.
    public let inuse: UInt32
    /// Bytes of red zone before an object. `red_left_pad`.
    public let redLeftPad: UInt32
    /// The smallest order that holds an object, for times of need. `min`.
    public let minOrder: UInt32
    /// Objects in such a slab.
    public let minObjects: UInt32
    /// Slabs that stay on the cache's list although they are empty. `min_partial`.
    public let minPartial: UInt32
    /// Free objects that a CPU may keep beside its slab. `cpu_partial`.
    public let cpuPartial: UInt32
    /// The slabs that this makes. `cpu_partial_slabs`.
    public let cpuPartialSlabs: UInt32
    /// Slabs on the cache's list, by their first frames, head first. `partial`.
    public let partial: [PageFrameNumber]
    /// What each CPU keeps.
    public let cpus: [CPU]

    /// What one CPU keeps of a cache, to be used without a lock.
    public struct CPU: Sendable {
        /// The CPU.
        public let cpu: Int
        /// The slab that it takes objects from.
        public let slab: PageFrameNumber?
        /// Its own free objects, in the order in which they will be handed out.
        public let freeList: FreeList
        /// Further slabs with free objects, head first.
        public let partial: [PageFrameNumber]
    }
}

/// A list of free objects of one slab, as far as it leads.
public struct FreeList: Sendable {
    /// The places of the objects in their slab, head first.
    public var objects: [UInt16] = []
    /// Why the list does not end in NULL; `nil` if it does.
    public var fault: Fault?

    /// What a wrong free or a write over a free object makes of a list.
    public enum Fault: Sendable {
        /// It goes on with one of its own objects.
        case loop(UInt16)
        /// It goes on at an address where no object of the slab starts.
        case stray(VirtualAddress)
    }

    /// An empty list.
    public init() {}
}

extension Machine {
    /// What SLUB keeps of a cache; `nil` for a machine with the other slab allocator.
    public func slub(of cache: CacheSnapshot) -> SlubSnapshot? {
        guard !core.hasArrayCaches else { return nil }
        let owner = core.readSlubCache(cache.number)
        let geometry = owner.pointee.geometry
        let core = core
        func frames(_ slabs: [UInt32]) -> [PageFrameNumber] {
            slabs.map { PageFrameNumber(core.readSlab($0).pointee.pfn) }
        }
        return SlubSnapshot(
            freePointerOffset: geometry.freePointerOffset, inuse: geometry.inuse,
            redLeftPad: geometry.redLeftPad, minOrder: geometry.minOrder,
            minObjects: geometry.minObjects, minPartial: geometry.minPartial,
            cpuPartial: geometry.cpuPartial, cpuPartialSlabs: geometry.cpuPartialSlabs,
            partial: frames(core.partialSlabs(cache.number)),
            cpus: (0..<cpuCount).map { cpu in
                let local = owner.cpu(UInt32(cpu)).pointee
                let slab = local.slab == NodeTable.none ? nil : local.slab
                return SlubSnapshot.CPU(
                    cpu: cpu, slab: slab.map { PageFrameNumber(core.readSlab($0).pointee.pfn) },
                    freeList: slab.map { core.cpuFreeList($0) } ?? FreeList(),
                    partial: frames(core.chain(from: local.partial)))
            })
    }
}

// MARK: - Walking lists without changing anything

extension Core {
    /// The slabs on a cache's list, head first.
    func partialSlabs(_ cache: UInt32) -> [UInt32] {
        chain(from: readSlubCache(cache).pointee.partial.first)
    }

    /// The free objects of a slab that a CPU has for its own.
    func cpuFreeList(_ slab: UInt32) -> FreeList {
        freeList(slab, from: readSlab(slab).pointee.cpuHead, key: StrayHead(cpuOf: slab))
    }

    /// A slab's free objects that no CPU has for its own.
    func slabFreeList(_ slab: UInt32) -> FreeList {
        freeList(slab, from: readSlab(slab).pointee.head, key: StrayHead(slab: slab))
    }

    private func freeList(_ number: UInt32, from head: UInt16, key: StrayHead) -> FreeList {
        let slab = readSlab(number)
        var list = FreeList()
        var seen = Set<UInt16>()
        var index = head
        var stray = head == ObjectIndex.stray ? cold.strayHeads[key] ?? 0 : 0
        while index != ObjectIndex.none {
            if index == ObjectIndex.stray {
                if stray == 0 { break }
                guard let place = objectPlace(of: stray, in: number) else {
                    list.fault = .stray(VirtualAddress(stray))
                    break
                }
                index = place.index
            }
            guard seen.insert(index).inserted else {
                list.fault = .loop(index)
                break
            }
            list.objects.append(index)
            let link = slab.record(index).pointee.link
            if link == ObjectIndex.stray {
                stray = storedFreePointer(of: ObjectPlace(slab: number, index: index))
            }
            index = link
        }
        return list
    }

    /// The free pointer of an object whose truth is in its bytes.
    private func storedFreePointer(of place: ObjectPlace) -> UInt64 {
        let geometry = readCache(readSlab(place.slab).pointee.cache).pointee.geometry
        let slot = address(of: place) + UInt64(geometry.freePointerOffset)
        let width = Int(shape.architecture.pointerSize)
        return readBytes(width, at: physical(slot)).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
