extension BootImage {
    /// A machine in exactly the state that a dump of its pages and one of its classic caches
    /// recorded.
    ///
    /// - Parameter hidden: what dumps do not show, as far as it is known: large allocations.
    /// - Throws: ``RecordingError`` if the page dump contradicts itself.
    package init(
        recording: MachineRecording, caches: [ClassicCacheRecording], hidden: HiddenAllocations
    ) throws(RecordingError) {
        try self.init(pagesOf: recording)
        for cache in caches { core.add(cache) }
        for block in hidden.blocks { core.add(block) }
        core.findKMallocCaches()
        core.makeVmapSpace()
    }
}

extension Core {
    func add(_ cache: ClassicCacheRecording) {
        let geometry = cache.geometry
        let number = addClassicCache(
            cache.name, CacheGeometry(geometry), SlabLayout(geometry), ArrayLimits(geometry),
            address: cache.address, users: cache.users)
        let owner = classicCache(number)
        owner.pointee.common.isForUserCopies = isForUserCopies(cache.name)
        owner.pointee.common.slabCount = cache.node.slabCount
        owner.pointee.common.objectCount = cache.node.slabCount * geometry.objects
        owner.pointee.freeObjects = cache.node.freeObjects
        owner.pointee.freeLimit = cache.node.freeLimit
        owner.pointee.colourNext = cache.node.colourNext
        owner.pointee.freeTouched = cache.node.freeTouched
        for slab in cache.partial { add(slab, to: .partial, of: number) }
        for slab in cache.full { add(slab, to: .full, of: number) }
        for slab in cache.free { add(slab, to: .free, of: number) }
        for (cpu, array) in cache.cpus.enumerated() where cpu < shape.cpuCount {
            fill(owner.array(UInt32(cpu)), array)
        }
        if let array = cache.shared, let shared = owner.shared { fill(shared, array) }
    }

    private func fill(
        _ array: UnsafeMutablePointer<ArrayCache>, _ recorded: ClassicCacheRecording.Array
    ) {
        array.pointee.touched = recorded.touched
        for object in recorded.entries.prefix(Int(array.pointee.limit)) {
            array.push(object)
            if let place = objectPlace(of: object) { forgetObject(place) }
        }
    }

    /// Adds a slab; its objects belong to somebody unless they are free or in an array.
    private func add(
        _ recorded: ClassicCacheRecording.Slab, to list: SlabListKind, of cache: UInt32
    ) {
        let layout = classicCache(cache).pointee.layout
        let objects = UInt16(layout.objects)
        let number = slabs.pointee.insert(size: Slab.nodeSize(objects: layout.objects))
        let slab = slab(number)
        slab.initialize(
            to: Slab(
                base: recorded.base, freeList: recorded.freeList, pfn: recorded.pfn, cache: cache,
                next: NodeTable.none, previous: NodeTable.none, chainLength: cache, head: 0,
                inuse: UInt16(clamping: recorded.active), objects: objects,
                order: UInt8(layout.order), isFrozen: false,
                size: readCache(cache).pointee.geometry.size,
                reciprocal: readCache(cache).pointee.geometry.reciprocal))
        for index in 0..<objects {
            slab.record(index).pointee.own(requested: 0, step: 0)
            slab.record(index).pointee.markKernels()
        }
        for (offset, index) in recorded.free.enumerated() where index < objects {
            slab.record(index).pointee.disown(step: 0)
            slab.record(slab.pointee.inuse + UInt16(offset)).pointee.link = index
        }
        link(number, to: list, of: cache, atTail: true)
        claimPages(recorded.pfn, order: layout.order, slab: number)
    }
}

extension SlabLayout {
    /// The recorded sizes as they are.
    init(_ recorded: ClassicCacheRecording.Geometry) {
        size = recorded.size
        order = recorded.order
        objects = recorded.objects
        freeListPlace =
            recorded.isInFreeObject == 1
            ? .inFreeObject : recorded.isOffSlab == 1 ? .offSlab : .endOfSlab
        colours = recorded.colours
        colourStep = recorded.colourStep
    }
}

extension ArrayLimits {
    /// The recorded limits as they are.
    init(_ recorded: ClassicCacheRecording.Geometry) {
        limit = recorded.limit
        batchCount = recorded.batchCount
        sharedBatches = recorded.sharedBatches
    }
}

extension CacheGeometry {
    fileprivate init(_ recorded: ClassicCacheRecording.Geometry) {
        self.init(
            SlabLayout(recorded), objectSize: recorded.objectSize, align: recorded.align,
            flags: CacheFlags(rawValue: recorded.flags),
            recorded.hasConstructor ? .unknown : .none)
        allocationFlags = GFPFlags(rawValue: recorded.allocationFlags)
    }
}
