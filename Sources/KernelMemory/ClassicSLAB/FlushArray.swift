/// Free objects go back to their slabs, and empty slabs to the page allocator.
extension Core {
    /// Makes room in the CPU's array: its oldest objects go to the shared array, or to their slabs
    /// if that is full.
    ///
    /// The corresponding kernel function is `cache_flusharray` (mm/slab.c, 6.1).
    func flushArray(_ cache: UInt32) {
        let owner = classicCache(cache)
        let array = owner.array(control.pointee.cpu)
        var count = array.pointee.batchCount
        var emptied: [UInt32] = []
        if let shared = owner.shared, shared.pointee.count < shared.pointee.limit {
            count = min(count, shared.pointee.limit - shared.pointee.count)
            explain(
                .arrayFlushShared,
                ["cache": cold.registry.name(cache), "objects": count])
            for index in 0..<Int(count) { shared.push(array.entries[index]) }
        } else {
            explain(
                .arrayFlushSlabs,
                ["cache": cold.registry.name(cache), "objects": count])
            emptied = freeOldest(count, of: array, cache)
        }
        array.removeOldest(count)
        destroy(emptied, cache)
    }

    /// Gives the oldest objects of an array, which keeps them, back to their slabs.
    ///
    /// A slab that got an object goes to the end of its list, so that its other objects have time to
    /// be freed too.
    ///
    /// - Returns: empty slabs that are too many, on no list any more, in the order in which they
    ///   are to be destroyed.
    ///
    /// The corresponding kernel function is `free_block` (mm/slab.c, 6.1).
    func freeOldest(
        _ count: UInt32, of array: UnsafeMutablePointer<ArrayCache>, _ cache: UInt32
    ) -> [UInt32] {
        let owner = classicCache(cache)
        owner.pointee.freeObjects &+= count
        for index in 0..<Int(count) {
            let object = array.entries[index]
            guard let number = slabNumber(at: object) else {
                oopsOnAccess(to: 2 * UInt64(shape.architecture.pointerSize), isWrite: false)
                return []
            }
            unlink(number)
            putFreeObject(object, number, owner.pointee.layout)
            if slab(number).pointee.inuse == 0 {
                link(number, to: .free, of: cache)
            } else {
                link(number, to: .partial, of: cache, atTail: true)
            }
        }
        var emptied: [UInt32] = []
        while owner.pointee.freeObjects > owner.pointee.freeLimit, owner.pointee.free.count > 0 {
            emptied.append(takeLastFree(owner))
        }
        return emptied.reversed()
    }

    /// Takes the last of a cache's empty slabs off its list, and its objects out of the count.
    func takeLastFree(_ owner: UnsafeMutablePointer<ClassicCache>) -> UInt32 {
        let number = owner.pointee.free.last
        unlink(number)
        owner.pointee.freeObjects &-= owner.pointee.layout.objects
        owner.pointee.common.slabCount &-= 1
        owner.pointee.common.objectCount &-= owner.pointee.layout.objects
        return number
    }

    /// Gives slabs' pages back, and their lists of free objects if those stand elsewhere.
    ///
    /// The corresponding kernel function is `slabs_destroy` (mm/slab.c, 6.1).
    func destroy(_ slabs: [UInt32], _ cache: UInt32) {
        let place = slabs.isEmpty ? nil : classicCache(cache).pointee.layout.freeListPlace
        for number in slabs where !isHalted && self.slabs.pointee.contains(number) {
            let slab = readSlab(number).pointee
            explain(.slabDiscarded, slabFields(number))
            if isCorrupted {
                forgetObjects(of: number)
                unlink(number)
            }
            self.slabs.pointee.remove(number)
            freeSlabPages(slab.pfn, order: UInt32(slab.order))
            if place == .offSlab { kfree(slab.freeList) }
        }
    }
}
