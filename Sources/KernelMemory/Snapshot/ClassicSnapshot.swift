/// What the classic slab allocator keeps of a cache beside what every slab allocator has.
public struct ClassicSnapshot: Sendable {
    /// Where slabs keep their lists of free objects.
    public enum FreeListPlace: String, CaseIterable, Sendable {
        /// In a free object of the slab.
        case inFreeObject = "in_free_object"
        /// In an object of kmalloc's.
        case offSlab = "off_slab"
        /// In the last bytes of the slab.
        case endOfSlab = "end_of_slab"
    }

    /// Free objects at hand. `struct array_cache`.
    public struct Array: Sendable {
        /// How many there may be.
        public let limit: UInt32
        /// Whether any was taken lately.
        public let isTouched: Bool
        /// The objects, the one that is handed out next first.
        public let objects: [VirtualAddress]
    }

    /// How many places the first object of a slab can have. `colour`.
    public let colours: UInt32
    /// Bytes between two of them. `colour_off`.
    public let colourStep: UInt32
    /// The colour of the newest slab. `colour_next`.
    public let colourNext: UInt32
    /// Where slabs keep their lists of free objects.
    public let freeListPlace: FreeListPlace
    /// Free objects in slabs, those in arrays not among them. `free_objects`.
    public let freeObjects: UInt32
    /// How many of them are too many. `free_limit`.
    public let freeLimit: UInt32
    /// What each CPU has at hand.
    public let cpus: [Array]
    /// What the CPUs have at hand together; `nil` if they share nothing.
    public let shared: Array?
    /// Slabs with free and used objects, with free ones only, and with used ones only, by their
    /// first frames, head of each list first.
    public let lists:
        (
            partial: [PageFrameNumber], free: [PageFrameNumber], full: [PageFrameNumber]
        )
}

extension Machine {
    /// What the classic allocator keeps of a cache; `nil` for a machine with SLUB.
    public func classicSlab(of cache: CacheSnapshot) -> ClassicSnapshot? {
        guard core.hasArrayCaches else { return nil }
        let owner = core.readClassicCache(cache.number)
        let classic = owner.pointee
        let core = core
        func frames(_ list: SlabList) -> [PageFrameNumber] {
            core.chain(from: list.first).map { PageFrameNumber(core.readSlab($0).pointee.pfn) }
        }
        return ClassicSnapshot(
            colours: classic.layout.colours, colourStep: classic.layout.colourStep,
            colourNext: classic.colourNext,
            freeListPlace: ClassicSnapshot.FreeListPlace(classic.layout.freeListPlace),
            freeObjects: classic.freeObjects, freeLimit: classic.freeLimit,
            cpus: (0..<classic.cpuCount).map { ClassicSnapshot.Array(owner.array($0)) },
            shared: owner.shared.map { ClassicSnapshot.Array($0) },
            lists: (frames(classic.partial), frames(classic.free), frames(classic.full)))
    }
}

extension ClassicSnapshot.FreeListPlace {
    fileprivate init(_ place: SlabLayout.FreeListPlace) {
        switch place {
        case .inFreeObject: self = .inFreeObject
        case .offSlab: self = .offSlab
        case .endOfSlab: self = .endOfSlab
        }
    }
}

extension ClassicSnapshot.Array {
    fileprivate init(_ array: UnsafePointer<ArrayCache>) {
        limit = array.pointee.limit
        isTouched = array.pointee.touched != 0
        objects = (0..<Int(array.pointee.count)).reversed().map {
            VirtualAddress(array.entries[$0])
        }
    }
}
