/// A machine's SLUB caches, written down as a dump would.
extension Machine {
    /// The caches, oldest first; none if the machine has the other slab allocator.
    ///
    /// - Complexity: O(slabs on lists and their objects).
    package var slubRecordings: [SlubCacheRecording] {
        core.shape.slab == .slub ? core.cold.registry.order.map { core.recording(of: $0) } : []
    }
}

extension Core {
    fileprivate func recording(of number: UInt32) -> SlubCacheRecording {
        let cache = readSlubCache(number)
        var recording = SlubCacheRecording()
        recording.name = cold.registry.name(number)
        recording.address = cache.pointee.common.address
        recording.geometry = SlubCacheRecording.Geometry(cache.pointee.geometry)
        recording.users = cache.pointee.common.users
        recording.slabCount = cache.pointee.slabCount
        recording.objectCount = cache.pointee.objectCount
        recording.cpus = (0..<UInt32(shape.cpuCount)).map { cpuRecording(number, $0) }
        recording.partial = chain(from: cache.pointee.partial.first).map { slabRecording($0) }
        return recording
    }

    private func cpuRecording(_ number: UInt32, _ cpu: UInt32) -> SlubCacheRecording.CPU {
        let local = readSlubCache(number).cpu(cpu).pointee
        var recording = SlubCacheRecording.CPU()
        recording.cpu = Int(cpu)
        if local.slab != NodeTable.none {
            recording.slab = slabRecording(local.slab)
            recording.free = freeObjects(local.slab, from: readSlab(local.slab).pointee.cpuHead)
        }
        recording.partial = chain(from: local.partial).map {
            .init(count: readSlab($0).pointee.chainLength, slab: slabRecording($0))
        }
        return recording
    }

    private func slabRecording(_ number: UInt32) -> SlabRecording {
        let slab = readSlab(number).pointee
        return SlabRecording(
            pfn: slab.pfn, order: UInt32(slab.order), inuse: slab.inuse, objects: slab.objects,
            isFrozen: slab.isFrozen, free: freeObjects(number, from: slab.head))
    }

    /// The slabs of a chain, at most as many as there are.
    func chain(from first: UInt32) -> [UInt32] {
        var result: [UInt32] = []
        var number = first
        while number != NodeTable.none, result.count < Int(slabs.pointee.count) {
            result.append(number)
            number = readSlab(number).pointee.next
        }
        return result
    }

    /// The free objects of a chain within a slab, at most as many as it has.
    private func freeObjects(_ number: UInt32, from head: UInt16) -> [UInt16] {
        let slab = readSlab(number)
        var result: [UInt16] = []
        var index = head
        while index < ObjectIndex.stray, result.count < Int(slab.pointee.objects) {
            result.append(index)
            index = slab.record(index).pointee.link
        }
        return result
    }
}

extension SlubCacheRecording.Geometry {
    init(_ geometry: CacheGeometry) {
        objectSize = geometry.objectSize
        size = geometry.size
        align = geometry.align
        offset = geometry.freePointerOffset
        inuse = geometry.inuse
        redLeftPad = geometry.redLeftPad
        order = geometry.order
        objects = geometry.objects
        minOrder = geometry.minOrder
        minObjects = geometry.minObjects
        minPartial = geometry.minPartial
        cpuPartial = geometry.cpuPartial
        cpuPartialSlabs = geometry.cpuPartialSlabs
        allocationFlags = geometry.allocationFlags.rawValue
        hasConstructor = geometry.constructor != .none
        flags = geometry.flags.rawValue & CacheFlags.known.rawValue
    }
}

extension CacheGeometry {
    /// The recorded sizes as they are.
    init(_ recorded: SlubCacheRecording.Geometry) {
        self.init(
            objectSize: recorded.objectSize, size: recorded.size, align: recorded.align,
            freePointerOffset: recorded.offset, inuse: recorded.inuse,
            redLeftPad: recorded.redLeftPad, order: recorded.order, objects: recorded.objects,
            minOrder: recorded.minOrder, minObjects: recorded.minObjects,
            minPartial: recorded.minPartial, cpuPartial: recorded.cpuPartial,
            cpuPartialSlabs: recorded.cpuPartialSlabs, flags: CacheFlags(rawValue: recorded.flags),
            allocationFlags: GFPFlags(rawValue: recorded.allocationFlags),
            constructor: recorded.hasConstructor ? .unknown : .none,
            reciprocal: (1 << 48) / UInt64(max(recorded.size, 1)) + 1)
    }
}
