/// An object by its slab and its place in it.
struct ObjectPlace {
    var slab: UInt32
    var index: UInt16
}

/// Finding caches, slabs and objects.
extension Core {
    /// A cache by its number.
    @inline(__always)
    func slubCache(_ number: UInt32) -> UnsafeMutablePointer<SlubCache> {
        caches.writable(number).assumingMemoryBound(to: SlubCache.self)
    }

    /// The same for reading.
    func readSlubCache(_ number: UInt32) -> UnsafePointer<SlubCache> {
        caches.readable(number).assumingMemoryBound(to: SlubCache.self)
    }

    /// A slab by its number.
    @inline(__always)
    func slab(_ number: UInt32) -> UnsafeMutablePointer<Slab> {
        slabs.writable(number).assumingMemoryBound(to: Slab.self)
    }

    /// A slab for writing, by a number that may name none; `nil` then.
    ///
    /// Whoever takes a short cut takes it whether or not another machine shares the slab: once a rule
    /// was broken, the long way can lead elsewhere.
    @inline(__always)
    func ownSlab(_ number: UInt32) -> UnsafeMutablePointer<Slab>? {
        let node = slabs.node(orNone: number)
        guard _fastPath(node.isOwned) else { return copySlab(number) }
        return node.node.assumingMemoryBound(to: Slab.self)
    }

    @inline(never)
    private func copySlab(_ number: UInt32) -> UnsafeMutablePointer<Slab>? {
        slabs.pointee.contains(number) ? slab(number) : nil
    }

    /// A slab for reading.
    func readSlab(_ number: UInt32) -> UnsafePointer<Slab> {
        slabs.readable(number).assumingMemoryBound(to: Slab.self)
    }

    /// The slab of an address of the direct map; `nil` if it has none.
    func slabNumber(at address: UInt64) -> UInt32? {
        directFrame(address).flatMap { slabNumber(of: $0) }
    }

    /// The object that starts exactly at an address; `nil` if none does.
    func objectPlace(of address: UInt64) -> ObjectPlace? {
        guard let number = slabNumber(at: address) else { return nil }
        return objectPlace(of: address, in: number)
    }

    /// The object of one slab that starts exactly at an address.
    func objectPlace(of address: UInt64, in number: UInt32) -> ObjectPlace? {
        let slab = readSlab(number)
        guard address >= slab.pointee.base else { return nil }
        let offset = address - slab.pointee.base
        let index = slab.pointee.index(ofOffset: offset)
        guard index < UInt64(slab.pointee.objects), index * UInt64(slab.pointee.size) == offset
        else { return nil }
        return ObjectPlace(slab: number, index: UInt16(index))
    }

    /// The address of an object.
    func address(of place: ObjectPlace) -> UInt64 {
        let slab = readSlab(place.slab)
        return slab.pointee.base + UInt64(place.index) * UInt64(slab.pointee.size)
    }
}
