/// When a CPU has no object of a cache at hand.
extension Core {
    /// Fills the CPU's array: from the shared array, else from slabs that have free objects, else
    /// from a new slab.
    ///
    /// - Returns: whether there are objects now.
    ///
    /// The corresponding kernel function is `cache_alloc_refill` (mm/slab.c, 6.1).
    func refillArray(_ cache: UInt32, _ gfp: GFPFlags) -> Bool {
        let owner = classicCache(cache)
        let array = owner.array(control.pointee.cpu)
        let batch = array.pointee.batchCount
        var wanted = array.pointee.touched == 0 ? min(batch, Self.coldBatch) : batch
        let shared = owner.shared
        explain(
            .arrayEmpty,
            [
                "cache": cold.registry.name(cache), "cpu": control.pointee.cpu,
                "batchcount": batch, "wanted": wanted,
            ])
        if let shared, shared.pointee.count > 0 {
            explain(.arrayRefillShared, ["shared_objects": shared.pointee.count])
            _ = shared.transfer(to: array, atMost: wanted)
            shared.pointee.touched = 1
        } else if owner.pointee.freeObjects > 0 {
            wanted = refillFromSlabs(cache, wanted)
        }
        if isHalted { return false }
        if array.pointee.count == 0 { refillFromNewSlab(cache, gfp, wanted) }
        return array.pointee.count > 0 && !isHalted
    }

    /// Objects for a CPU that has not used the cache lately. `BATCHREFILL_LIMIT`.
    private static let coldBatch: UInt32 = 16

    private func refillFromSlabs(_ cache: UInt32, _ wanted: UInt32) -> UInt32 {
        let owner = classicCache(cache)
        let array = owner.array(control.pointee.cpu)
        var wanted = wanted
        while wanted > 0 {
            let slab = firstSlabWithFreeObjects(owner)
            if slab == NodeTable.none { break }
            wanted -= takeBatch(slab, cache, wanted)
            if isHalted { break }
            unlink(slab)
            sort(slab, into: cache)
        }
        owner.pointee.freeObjects &-= array.pointee.count
        return wanted
    }

    /// Partly used slabs come first, so that empty ones can go back.
    ///
    /// The corresponding kernel function is `get_first_slab` (mm/slab.c, 6.1).
    private func firstSlabWithFreeObjects(_ owner: UnsafeMutablePointer<ClassicCache>) -> UInt32 {
        if owner.pointee.partial.count > 0 { return owner.pointee.partial.first }
        owner.pointee.freeTouched = 1
        return owner.pointee.free.count > 0 ? owner.pointee.free.first : NodeTable.none
    }

    private func refillFromNewSlab(_ cache: UInt32, _ gfp: GFPFlags, _ wanted: UInt32) {
        let slab = growCache(cache, gfp)
        if slab == NodeTable.none { return }
        let owner = classicCache(cache)
        if owner.array(control.pointee.cpu).pointee.count == 0 {
            _ = takeBatch(slab, cache, wanted)
        }
        addGrown(slab, to: cache)
    }

    /// Moves free objects of a slab to the CPU's array.
    ///
    /// - Returns: how many.
    ///
    /// The corresponding kernel function is `alloc_block` (mm/slab.c, 6.1).
    private func takeBatch(_ number: UInt32, _ cache: UInt32, _ wanted: UInt32) -> UInt32 {
        let owner = classicCache(cache)
        let array = owner.array(control.pointee.cpu)
        let (active, objects) = (slab(number).pointee.inuse, slab(number).pointee.objects)
        if active >= objects {
            bug(at: "mm/slab.c:2864")
            return 0
        }
        let taken = min(wanted, UInt32(objects - active))
        explain(
            active == 0 ? .arrayRefillFree : .arrayRefillPartial,
            [
                "slab_pfn": slab(number).pointee.pfn, "taken": taken,
                "free_objects": objects - active,
            ])
        for _ in 0..<taken {
            array.push(takeFreeObject(number, size: owner.pointee.layout.size))
        }
        return taken
    }

    /// Puts a slab that objects were taken from onto the list where it belongs now.
    ///
    /// The corresponding kernel function is `fixup_slab_list` (mm/slab.c, 6.1).
    func sort(_ number: UInt32, into cache: UInt32) {
        let slab = slab(number)
        let isFull = slab.pointee.inuse == slab.pointee.objects
        link(number, to: isFull ? .full : .partial, of: cache)
        if isFull, classicCache(cache).pointee.layout.freeListPlace == .inFreeObject {
            slab.pointee.freeList = 0
        }
    }
}
