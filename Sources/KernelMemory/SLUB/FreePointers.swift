/// The links of free objects.
///
/// SLUB keeps the address of the next free object in the free object itself. Here the slot's value
/// stands in the object's record as long as it is what the allocator wrote: the place of another
/// object of the slab. As soon as anybody writes over the slot, or frees what is no object, the
/// truth is in the bytes of memory, and followed wherever it leads.
extension Core {
    /// The next free object after one, as its slot says; 0 at the end.
    ///
    /// The corresponding kernel function is `get_freepointer` (mm/slub.c, 6.1).
    func freePointer(of object: UInt64, _ owner: UnsafePointer<SlubCache>) -> UInt64 {
        if let place = linkedPlace(of: object, owner) {
            let slab = readSlab(place.slab)
            let link = slab.record(place.index).pointee.link
            if link == ObjectIndex.none { return 0 }
            if link != ObjectIndex.stray {
                return address(of: ObjectPlace(slab: place.slab, index: link))
            }
        }
        return loadPointer(at: object &+ UInt64(owner.pointee.geometry.freePointerOffset))
    }

    /// Writes an object's slot.
    ///
    /// The corresponding kernel function is `set_freepointer` (mm/slub.c, 6.1).
    func setFreePointer(of object: UInt64, to next: UInt64, _ owner: UnsafePointer<SlubCache>) {
        if let place = linkedPlace(of: object, owner) {
            let record = slab(place.slab).record(place.index)
            let link = index(of: next, in: place.slab)
            record.pointee.link = link
            if link != ObjectIndex.stray { return }
        }
        storePointer(next, at: object &+ UInt64(owner.pointee.geometry.freePointerOffset))
    }

    /// An object whose slot is where its own cache has it; a caller may name another cache.
    func linkedPlace(
        of object: UInt64, _ owner: UnsafePointer<SlubCache>
    ) -> ObjectPlace? {
        guard let place = objectPlace(of: object) else { return nil }
        let own = readCache(readSlab(place.slab).pointee.cache).pointee.geometry
        return own.freePointerOffset == owner.pointee.geometry.freePointerOffset ? place : nil
    }

    /// A pointer in short: to an object of the slab, to nothing, or stray.
    private func index(of address: UInt64, in number: UInt32) -> UInt16 {
        if address == 0 { return ObjectIndex.none }
        return objectPlace(of: address, in: number)?.index ?? ObjectIndex.stray
    }
}

// MARK: - The heads of lists

extension Core {
    /// The first object on the CPU's own list; 0 if it is empty.
    func cpuHead(_ cache: UInt32) -> UInt64 {
        let number = slubCache(cache).cpu(control.pointee.cpu).pointee.slab
        if number == NodeTable.none { return 0 }
        return pointer(readSlab(number).pointee.cpuHead, in: number, StrayHead(cpuOf: number))
    }

    /// Makes an object, or 0, the head of the CPU's own list; the CPU must have a slab.
    func setCPUHead(_ cache: UInt32, _ object: UInt64) {
        let number = slubCache(cache).cpu(control.pointee.cpu).pointee.slab
        let key = StrayHead(cpuOf: number)
        if object != 0, readSlab(number).pointee.cache != cache {
            cold.strayHeads[key] = object
            slab(number).pointee.cpuHead = ObjectIndex.stray
        } else {
            slab(number).pointee.cpuHead = code(object, in: number, key)
        }
    }

    /// The first object on a slab's list; 0 if it is empty.
    func slabHead(_ number: UInt32) -> UInt64 {
        pointer(readSlab(number).pointee.head, in: number, StrayHead(slab: number))
    }

    /// Makes an object, or 0, the head of a slab's list.
    func setSlabHead(_ number: UInt32, _ object: UInt64) {
        slab(number).pointee.head = code(object, in: number, StrayHead(slab: number))
    }

    private func pointer(_ code: UInt16, in number: UInt32, _ key: StrayHead) -> UInt64 {
        switch code {
        case ObjectIndex.none: 0
        case ObjectIndex.stray: cold.strayHeads[key] ?? 0
        default: address(of: ObjectPlace(slab: number, index: code))
        }
    }

    private func code(_ address: UInt64, in number: UInt32, _ key: StrayHead) -> UInt16 {
        let code = index(of: address, in: number)
        if code == ObjectIndex.stray { cold.strayHeads[key] = address }
        return code
    }
}

/// Names a list whose head is not an object of its slab.
struct StrayHead: Hashable {
    private var list: UInt64

    /// A slab's own list.
    init(slab: UInt32) { list = UInt64(slab) }
    /// The list of the CPU that takes objects from a slab.
    init(cpuOf slab: UInt32) { list = 1 << 32 | UInt64(slab) }
}
