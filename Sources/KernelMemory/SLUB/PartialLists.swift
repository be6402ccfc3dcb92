/// Slabs that have free objects: the cache's list, and each CPU's short one.
extension Core {
    /// Puts a slab at the tail of the cache's list, or at its head. `add_partial`.
    func addPartial(_ cache: UInt32, _ number: UInt32, toHead: Bool = false) {
        let owner = slubCache(cache)
        let slab = slab(number)
        let neighbour = toHead ? owner.pointee.partial.first : owner.pointee.partial.last
        slab.pointee.next = toHead ? neighbour : NodeTable.none
        slab.pointee.previous = toHead ? NodeTable.none : neighbour
        if neighbour == NodeTable.none {
            owner.pointee.partial.first = number
            owner.pointee.partial.last = number
        } else if toHead {
            self.slab(neighbour).pointee.previous = number
            owner.pointee.partial.first = number
        } else {
            self.slab(neighbour).pointee.next = number
            owner.pointee.partial.last = number
        }
        owner.pointee.partial.count += 1
    }

    /// Takes a slab off the cache's list. `remove_partial`.
    func removePartial(_ cache: UInt32, _ number: UInt32) {
        let owner = slubCache(cache)
        let (next, previous) = (slab(number).pointee.next, slab(number).pointee.previous)
        if previous == NodeTable.none {
            owner.pointee.partial.first = next
        } else {
            slab(previous).pointee.next = next
        }
        if next == NodeTable.none {
            owner.pointee.partial.last = previous
        } else {
            slab(next).pointee.previous = previous
        }
        owner.pointee.partial.count -= 1
    }

    /// Puts a slab at the head of the CPU's list; one that is long enough is given up first.
    ///
    /// The corresponding kernel function is `put_cpu_partial` (mm/slub.c, 6.1).
    func putCPUPartial(_ cache: UInt32, _ number: UInt32, mayDrain: Bool) {
        let owner = slubCache(cache)
        let cpu = owner.cpu(control.pointee.cpu)
        var old = cpu.pointee.partial
        var given = NodeTable.none
        var length: UInt32 = 0
        if old != NodeTable.none {
            length = slab(old).pointee.chainLength
            if mayDrain, length >= owner.pointee.geometry.cpuPartialSlabs {
                (given, old, length) = (old, NodeTable.none, 0)
            }
        }
        slab(number).pointee.chainLength = length + 1
        slab(number).pointee.next = old
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
            slab.pointee.isFrozen = false
            if slab.pointee.inuse == 0,
                owner.pointee.partial.count >= owner.pointee.geometry.minPartial
            {
                discarded.append(number)
            } else {
                addPartial(cache, number)
            }
            number = next
        }
        for slab in discarded.reversed() { discardSlab(cache, slab) }
    }
}
