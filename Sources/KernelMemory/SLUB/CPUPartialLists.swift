/// Slabs with free objects that a CPU keeps beside the one that it takes objects from.
extension Core {
    /// Puts a slab at the head of the CPU's list; one that is long enough is given up first.
    ///
    /// The corresponding kernel function is `put_cpu_partial` (mm/slub.c, 6.1).
    func putCPUPartial(_ cache: UInt32, _ number: UInt32, mayDrain: Bool) {
        let owner = slubCache(cache)
        let cpu = owner.cpu(control.pointee.cpu)
        unlinkSlub(number)
        var old = cpu.pointee.partial
        var given = NodeTable.none
        var length: UInt32 = 0
        if old != NodeTable.none {
            length = slab(old).pointee.chainLength
            if mayDrain, length >= owner.pointee.geometry.cpuPartialSlabs {
                explain(
                    .cpuPartialFull,
                    [
                        "cache": cold.registry.name(cache), "cpu": control.pointee.cpu,
                        "slabs": length, "most_slabs": owner.pointee.geometry.cpuPartialSlabs,
                    ])
                (given, old, length) = (old, NodeTable.none, 0)
                cpu.pointee.partial = NodeTable.none
            }
        }
        slab(number).pointee.chainLength = length &+ 1
        slab(number).pointee.next = old
        slab(number).pointee.slubList = .cpuPartial
        slab(number).pointee.slubListOwner = cache
        cpu.pointee.partial = number
        unfreeze(cache, from: given)
    }

    /// Moves slabs that a CPU kept to the cache's list, and frees empty ones that are too many.
    ///
    /// - Parameter first: the first slab of the chain, ``NodeTable/none`` for no slab.
    ///
    /// The corresponding kernel function is `__unfreeze_partials` (mm/slub.c, 6.1).
    func unfreeze(_ cache: UInt32, from first: UInt32) {
        let owner = slubCache(cache)
        var number = first
        var discarded: [UInt32] = []
        while number != NodeTable.none {
            let slab = slab(number)
            let next = slab.pointee.next
            slab.pointee.slubList = .none
            slab.pointee.isFrozen = false
            if slab.pointee.inuse == 0,
                owner.pointee.partial.count >= owner.pointee.geometry.minPartial
            {
                discarded.append(number)
            } else {
                explain(.slabToNode, slabFields(number))
                addPartial(cache, number)
            }
            number = next
        }
        for slab in discarded.reversed() { discardSlab(cache, slab) }
    }
}
