extension BootImage {
    /// A machine in exactly the state that a dump of its pages and one of its caches recorded.
    ///
    /// - Parameter hidden: what dumps do not show, as far as it is known.
    /// - Throws: ``RecordingError`` if the page dump contradicts itself.
    package init(
        recording: MachineRecording, caches: [SlubCacheRecording], hidden: HiddenAllocations
    ) throws(RecordingError) {
        try self.init(pagesOf: recording)
        for cache in caches { try cache.validate(for: core.shape) }
        for cache in caches { core.add(cache) }
        for slab in hidden.slabs { core.add(slab) }
        for block in hidden.blocks { core.add(block) }
        core.findKMallocCaches()
        core.makeVmapSpace()
    }
}

extension Core {
    func add(_ cache: SlubCacheRecording) {
        let number = caches.pointee.insert(size: MemoryLayout<SlubCache>.stride)
        let owner = slubCache(number)
        owner.initialize(
            to: SlubCache(
                CacheGeometry(cache.geometry), address: cache.address, users: cache.users))
        owner.pointee.common.isForUserCopies = isForUserCopies(cache.name)
        cold.registry.add(number, name: cache.name, address: cache.address)
        for cpu in cache.cpus { add(cpu, to: number) }
        for slab in cache.partial { addPartial(number, add(slab, to: number)) }
        owner.pointee.slabCount = cache.slabCount
        owner.pointee.objectCount = cache.objectCount
    }

    private func add(_ cpu: SlubCacheRecording.CPU, to number: UInt32) {
        let local = slubCache(number).cpu(UInt32(cpu.cpu))
        if let slab = cpu.slab {
            local.pointee.slab = add(slab, to: number)
            self.slab(local.pointee.slab).pointee.cpu = UInt8(cpu.cpu)
            self.slab(local.pointee.slab).pointee.cpuHead = link(cpu.free, local.pointee.slab)
        }
        for kept in cpu.partial.reversed() {
            let slab = add(kept.slab, to: number)
            self.slab(slab).pointee.chainLength = kept.count
            self.slab(slab).pointee.next = local.pointee.partial
            self.slab(slab).pointee.slubList = .cpuPartial
            self.slab(slab).pointee.slubListOwner = number
            local.pointee.partial = slab
        }
    }

    /// Adds a slab; its objects belong to somebody unless they are on a list.
    private func add(_ recorded: SlabRecording, to cache: UInt32) -> UInt32 {
        let geometry = slubCache(cache).pointee.geometry
        let number = slabs.pointee.insert(
            size: Slab.nodeSize(objects: max(geometry.objects, UInt32(recorded.objects))))
        let slab = slab(number)
        slab.initialize(
            to: Slab(
                base: directAddress(recorded.pfn) + UInt64(geometry.redLeftPad),
                pfn: recorded.pfn, cache: cache, next: NodeTable.none, previous: NodeTable.none,
                chainLength: 0, head: ObjectIndex.none, inuse: recorded.inuse,
                objects: recorded.objects, order: UInt8(recorded.order),
                isFrozen: recorded.isFrozen, size: geometry.size,
                reciprocal: geometry.reciprocal))
        for index in 0..<recorded.objects {
            slab.record(index).pointee.own(requested: 0, step: 0)
            slab.record(index).pointee.markKernels()
            slab.record(index).pointee.link = ObjectIndex.none
        }
        slab.pointee.head = link(recorded.free, number)
        claimPages(recorded.pfn, order: recorded.order, slab: number)
        return number
    }

    /// Adds a slab that was there before: it is full now, unless it is known or its pages are free.
    fileprivate func add(_ full: HiddenAllocations.Slab) {
        guard let cache = cold.registry.number(at: full.cache), slabNumber(of: full.pfn) == nil,
            frames.readable(full.pfn).pointee.referenceCount == 1
        else { return }
        _ = add(
            SlabRecording(
                pfn: full.pfn, order: full.order, inuse: full.objects, objects: full.objects,
                isFrozen: false, free: []), to: cache)
    }

    func add(_ block: HiddenAllocations.Block) {
        let frame = frames.writable(block.pfn)
        frame.pointee.word = Frame.ownedWord(order: block.order) | UInt32(Frame.head)
        frame.pointee.flags |= Frame.largeKMalloc
        frame.pointee.next = block.size
        for page in block.pfn + 1..<(block.pfn + 1 << block.order) {
            frames.writable(page).pointee.word = 0
        }
        control.pointee.takenPages += 1 << Int32(block.order)
    }

    /// Links free objects of a slab, first one first.
    ///
    /// - Returns: the head.
    private func link(_ free: [UInt16], _ number: UInt32) -> UInt16 {
        let slab = slab(number)
        var next = ObjectIndex.none
        for index in free.reversed() {
            slab.record(index).pointee.disown(step: 0)
            slab.record(index).pointee.link = next
            next = index
        }
        return next
    }

    /// Finds kmalloc's caches by their names.
    func findKMallocCaches() {
        for family in KMallocFamily.allCases {
            for index in 1..<KMallocSizes.count {
                let name = KMallocSizes.name(family, index)
                kmallocCaches[family.rawValue * KMallocSizes.count + index] =
                    cold.registry.number(named: name) ?? 0
            }
        }
        indexSmallSizes()
    }
}
