/// A machine's classic caches, written down as a dump would.
extension Machine {
    /// The caches, oldest first; none if the machine has the other slab allocator.
    ///
    /// - Complexity: O(slabs and their objects).
    package var classicRecordings: [ClassicCacheRecording] {
        core.hasArrayCaches ? core.cold.registry.order.map { core.classicRecording(of: $0) } : []
    }
}

extension Core {
    fileprivate func classicRecording(of number: UInt32) -> ClassicCacheRecording {
        let cache = readClassicCache(number)
        let owner = cache.pointee
        var recording = ClassicCacheRecording()
        recording.name = cold.registry.name(number)
        recording.address = owner.common.address
        recording.geometry = ClassicCacheRecording.Geometry(owner)
        recording.users = owner.common.users
        recording.cpus = (0..<owner.cpuCount).map { arrayRecording(cache.array($0)) }
        recording.shared = cache.shared.map { arrayRecording($0) }
        recording.node.slabCount = owner.common.slabCount
        recording.node.freeSlabs = owner.free.count
        recording.node.freeObjects = owner.freeObjects
        recording.node.freeLimit = owner.freeLimit
        recording.node.colourNext = owner.colourNext
        recording.node.freeTouched = owner.freeTouched
        recording.partial = slabRecordings(owner.partial)
        recording.full = slabRecordings(owner.full)
        recording.free = slabRecordings(owner.free)
        return recording
    }

    private func arrayRecording(_ array: UnsafePointer<ArrayCache>) -> ClassicCacheRecording.Array {
        var recording = ClassicCacheRecording.Array()
        recording.limit = array.pointee.limit
        recording.batchCount = array.pointee.batchCount
        recording.touched = array.pointee.touched
        recording.entries = (0..<Int(array.pointee.count)).map { array.entries[$0] }
        return recording
    }

    /// The slabs of a list, at most as many as there are.
    private func slabRecordings(_ list: SlabList) -> [ClassicCacheRecording.Slab] {
        var result: [ClassicCacheRecording.Slab] = []
        var number = list.first
        while number != NodeTable.none, result.count < Int(list.count) {
            let slab = readSlab(number)
            let active = slab.pointee.inuse
            result.append(
                ClassicCacheRecording.Slab(
                    pfn: slab.pointee.pfn, base: slab.pointee.base, active: UInt32(active),
                    freeList: slab.pointee.freeList,
                    free: (min(active, slab.pointee.objects)..<slab.pointee.objects).map {
                        slab.record($0).pointee.link
                    }))
            number = slab.pointee.next
        }
        return result
    }
}

extension ClassicCacheRecording.Geometry {
    init(_ cache: ClassicCache) {
        objectSize = cache.common.geometry.objectSize
        size = cache.layout.size
        align = cache.common.geometry.align
        objects = cache.layout.objects
        order = cache.layout.order
        colours = cache.layout.colours
        colourStep = cache.layout.colourStep
        freeListSize = cache.layout.freeListSize
        limit = cache.limits.limit
        batchCount = cache.limits.batchCount
        sharedBatches = cache.limits.sharedBatches
        isOffSlab = cache.layout.freeListPlace == .offSlab ? 1 : 0
        isInFreeObject = cache.layout.freeListPlace == .inFreeObject ? 1 : 0
        allocationFlags = cache.common.geometry.allocationFlags.rawValue
        hasConstructor = cache.common.geometry.constructor != .none
        flags = cache.common.geometry.flags.rawValue & CacheFlags.knownToClassic.rawValue
    }
}
