/// Giving up what a cache keeps for later.
extension Core {
    /// Takes from every CPU what it keeps of a cache. `flush_all`.
    func flushCPUs(_ cache: UInt32) {
        let current = control.pointee.cpu
        for cpu in 0..<UInt32(shape.cpuCount) where !isHalted {
            control.pointee.cpu = cpu
            let local = slubCache(cache).cpu(cpu)
            if local.pointee.slab != NodeTable.none { deactivate(cache) }
            let chain = local.pointee.partial
            local.pointee.partial = NodeTable.none
            unfreeze(cache, from: chain)
        }
        control.pointee.cpu = current
    }

    /// Gives the CPU's slab back to the cache, with the CPU's own free objects.
    ///
    /// The corresponding kernel function is `deactivate_slab` (mm/slub.c, 6.1).
    private func deactivate(_ cache: UInt32) {
        let owner = slubCache(cache)
        let head = cpuHead(cache)
        let number = releaseCPUSlab(cache)
        let wasFreedTo = slabHead(number) != 0
        let own = spliceOnto(number, from: head, owner)
        if isHalted { return }
        let slab = slab(number)
        slab.pointee.inuse &-= own
        slab.pointee.isFrozen = false
        if slab.pointee.inuse == 0,
            owner.pointee.partial.count >= owner.pointee.geometry.minPartial
        {
            discardSlab(cache, number)
        } else if slab.pointee.head != ObjectIndex.none {
            explain(.slabToNode, slabFields(number))
            addPartial(cache, number, toHead: !wasFreedTo)
        }
    }

    /// Puts a chain of free objects before those of a slab.
    ///
    /// - Returns: how many they are.
    private func spliceOnto(
        _ number: UInt32, from head: UInt64, _ owner: UnsafeMutablePointer<SlubCache>
    ) -> UInt16 {
        var count: UInt16 = 0
        var tail: UInt64 = 0
        var object = head
        while object != 0 {
            if count == .max {
                hang(in: "deactivate_slab")
                return 0
            }
            tail = object
            object = freePointer(of: object, owner)
            if isHalted { return 0 }
            count += 1
        }
        if tail != 0 {
            setFreePointer(of: tail, to: slabHead(number), owner)
            setSlabHead(number, head)
        }
        return count
    }

    /// Gives a cache's empty slabs back and puts its fullest ones first.
    ///
    /// - Returns: whether it has slabs left.
    ///
    /// The corresponding kernel function is `__kmem_cache_shrink` (mm/slub.c, 6.1).
    func shrinkSlub(_ cache: UInt32) -> Bool {
        flushCPUs(cache)
        if isHalted { return true }
        var byFreeCount: [[UInt32]] = Array(repeating: [], count: Self.promoted)
        var rest: [UInt32] = []
        var empty: [UInt32] = []
        var number = slubCache(cache).pointee.partial.first
        while number != NodeTable.none {
            let slab = readSlab(number).pointee
            self.slab(number).pointee.slubList = .none
            let free = Int(slab.objects) - Int(slab.inuse)
            if free == Int(slab.objects) {
                empty.append(number)
            } else if (1...Self.promoted).contains(free) {
                byFreeCount[free - 1].append(number)
            } else {
                rest.append(number)
            }
            number = slab.next
        }
        slubCache(cache).pointee.partial = .empty
        for slabs in byFreeCount { for slab in slabs.reversed() { addPartial(cache, slab) } }
        for slab in rest { addPartial(cache, slab) }
        for slab in empty.reversed() { discardSlab(cache, slab) }
        return slubCache(cache).pointee.slabCount != 0
    }

    /// Slabs with up to this many free objects move to the front. `SHRINK_PROMOTE_MAX`.
    private static let promoted = 32
}
