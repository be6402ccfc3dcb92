/// The lists of slabs that a cache keeps.
///
/// A slab is on one list at most. When callers have led the kernel to put it on a second one, as it
/// would without noticing, the model takes it off the first.
extension Core {
    /// Puts a slab at the tail of the cache's list, or at its head. `add_partial`.
    func addPartial(_ cache: UInt32, _ number: UInt32, toHead: Bool = false) {
        unlinkSlub(number)
        insert(number, into: &slubCache(cache).pointee.partial, toHead: toHead)
        note(number, on: .partial, of: cache)
        slubCache(cache).pointee.partial.count &+= 1
    }

    /// Takes a slab off the cache's list; faults if it is on none. `remove_partial`.
    func removePartial(_ cache: UInt32, _ number: UInt32) {
        if slab(number).pointee.slubList == .none { return faultOnListPoison() }
        unlinkSlub(number)
        slubCache(cache).pointee.partial.count &-= 1
    }

    /// Remembers a slab without free objects, if the cache remembers its users. `add_full`.
    func addFull(_ cache: UInt32, _ number: UInt32) {
        guard readCache(cache).pointee.geometry.flags.contains(.storeUser) else { return }
        unlinkSlub(number)
        insert(number, into: &slubCache(cache).pointee.full, toHead: true)
        note(number, on: .full, of: cache)
    }

    /// Takes a slab off that list, or off the one that it is on by mistake. `remove_full`.
    func removeFull(_ cache: UInt32, _ number: UInt32) {
        guard readCache(cache).pointee.geometry.flags.contains(.storeUser) else { return }
        if slab(number).pointee.slubList == .none { return faultOnListPoison() }
        unlinkSlub(number)
    }

    /// Takes a slab off whatever list it is on.
    func unlinkSlub(_ number: UInt32) {
        let slab = slab(number)
        let owner = slab.pointee.slubListOwner
        switch slab.pointee.slubList {
        case .none: return
        case .partial: remove(slab, from: &slubCache(owner).pointee.partial)
        case .full: remove(slab, from: &slubCache(owner).pointee.full)
        case .cpuPartial: removeFromCPUs(owner, number)
        }
        note(number, on: .none, of: NodeTable.none)
    }

    private func note(_ number: UInt32, on list: Slab.ListKind, of cache: UInt32) {
        slab(number).pointee.slubList = list
        slab(number).pointee.slubListOwner = cache
    }

    private func insert(_ number: UInt32, into list: inout SlabList, toHead: Bool) {
        let neighbour = toHead ? list.first : list.last
        slab(number).pointee.next = toHead ? neighbour : NodeTable.none
        slab(number).pointee.previous = toHead ? NodeTable.none : neighbour
        if neighbour == NodeTable.none {
            list.first = number
            list.last = number
        } else if toHead {
            slab(neighbour).pointee.previous = number
            list.first = number
        } else {
            slab(neighbour).pointee.next = number
            list.last = number
        }
    }

    private func remove(_ slab: UnsafeMutablePointer<Slab>, from list: inout SlabList) {
        let (next, previous) = (slab.pointee.next, slab.pointee.previous)
        if previous == NodeTable.none {
            list.first = next
        } else {
            self.slab(previous).pointee.next = next
        }
        if next == NodeTable.none {
            list.last = previous
        } else {
            self.slab(next).pointee.previous = previous
        }
    }

    private func removeFromCPUs(_ cache: UInt32, _ number: UInt32) {
        for cpu in 0..<UInt32(shape.cpuCount) {
            let local = slubCache(cache).cpu(cpu)
            var current = local.pointee.partial
            if current == number { return local.pointee.partial = slab(number).pointee.next }
            while current != NodeTable.none {
                let next = slab(current).pointee.next
                if next == number { slab(current).pointee.next = slab(number).pointee.next }
                current = next
            }
        }
    }

    /// `list_del` of an entry that is on no list: its links are poison.
    private func faultOnListPoison() {
        markCorrupted()
        let poison: UInt64 = shape.architecture == .i386 ? 0x100 : 0xdead_0000_0000_0100
        oopsOnAccess(
            to: poison + UInt64(shape.architecture.pointerSize), isWrite: true, locks: 1)
    }
}
