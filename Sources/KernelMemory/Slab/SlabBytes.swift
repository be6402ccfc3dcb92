/// The bytes of objects and of the free pointers in them.
extension Core {
    /// Where an address of the direct map is in physical memory.
    @inline(__always)
    func physical(_ address: UInt64) -> PhysicalAddress {
        PhysicalAddress(address &- layout.pageOffset)
    }

    /// Loads a pointer as the kernel does; faults where nothing is mapped.
    func loadPointer(at address: UInt64) -> UInt64 {
        if isHalted { return 0 }
        return loadBytes(Int(shape.architecture.pointerSize), at: address).reversed()
            .reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Stores a pointer as the kernel does; faults where nothing is mapped.
    func storePointer(_ value: UInt64, at address: UInt64) {
        if isHalted { return }
        storeBytes(pointerBytes(value), at: address)
    }

    /// A pointer as it lies in memory, lowest byte first.
    func pointerBytes(_ value: UInt64) -> [UInt8] {
        (0..<UInt64(shape.architecture.pointerSize)).map {
            UInt8(truncatingIfNeeded: value >> ($0 * 8))
        }
    }

    /// The first of some addresses that is not in the direct map; `nil` if all of them are.
    func faultAddress(_ address: UInt64, count: UInt64) -> UInt64? {
        let end = min(layout.highMemory, layout.pageOffset + UInt64(shape.frameEnd) << 12)
        if address < layout.pageOffset || address >= end { return address }
        return count > end - address ? end : nil
    }

    /// Copies bytes from one allocation to another; faults where nothing is mapped.
    func copyBytes(from source: UInt64, to target: UInt64, count: Int) {
        let bytes = loadBytes(count, at: source, in: "memcpy")
        if !isHalted { storeBytes(bytes, at: target, in: "memcpy") }
    }

    /// Makes an object's bytes zero. `memset` for `__GFP_ZERO` in `slab_post_alloc_hook`.
    ///
    /// Pages that were never written stay without contents of their own.
    @inline(never)
    func clearObject(_ address: UInt64, _ size: UInt32) {
        if let fault = faultAddress(address, count: UInt64(size)) {
            return oopsOnAccess(to: fault, isWrite: true, in: "memset")
        }
        var rest = address..<(address + UInt64(size))
        while !rest.isEmpty {
            let end = min(rest.upperBound, (rest.lowerBound | 0xfff) + 1)
            let pfn = UInt32(physical(rest.lowerBound).rawValue >> 12)
            if !contents.isZero(pfn) {
                let count = Int(end - rest.lowerBound)
                fillBytes(0, count: count, at: physical(rest.lowerBound))
            } else if let slab = slabNumber(of: pfn) {
                clearFreePointers(slab, rest.lowerBound..<end)
            }
            rest = end..<rest.upperBound
        }
    }
}
