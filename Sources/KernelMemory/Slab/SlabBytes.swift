/// The bytes of objects and of the free pointers in them.
extension Core {
    /// Where an address of the direct map is in physical memory.
    @inline(__always)
    func physical(_ address: UInt64) -> PhysicalAddress {
        PhysicalAddress(address &- layout.pageOffset)
    }

    /// Loads a pointer as the kernel does; faults where nothing is mapped.
    func loadPointer(at address: UInt64) -> UInt64 {
        guard isMapped(address) else {
            oopsOnAccess(to: address, isWrite: false)
            return 0
        }
        let width = Int(shape.architecture.pointerSize)
        return readBytes(width, at: physical(address)).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Stores a pointer as the kernel does; faults where nothing is mapped.
    func storePointer(_ value: UInt64, at address: UInt64) {
        guard isMapped(address) else { return oopsOnAccess(to: address, isWrite: true) }
        writeBytes(pointerBytes(value), at: physical(address))
    }

    /// A pointer as it lies in memory, lowest byte first.
    func pointerBytes(_ value: UInt64) -> [UInt8] {
        (0..<UInt64(shape.architecture.pointerSize)).map {
            UInt8(truncatingIfNeeded: value >> ($0 * 8))
        }
    }

    private func isMapped(_ address: UInt64) -> Bool {
        let last = address &+ UInt64(shape.architecture.pointerSize) &- 1
        return last >= address && directFrame(address) != nil && directFrame(last) != nil
    }

    /// Copies bytes from one allocation to another.
    func copyBytes(from source: UInt64, to target: UInt64, count: Int) {
        writeBytes(readBytes(count, at: physical(source)), at: physical(target))
    }

    /// Makes an object's bytes zero. `memset` for `__GFP_ZERO` in `slab_post_alloc_hook`.
    ///
    /// Pages that were never written stay without contents of their own.
    @inline(never)
    func clearObject(_ address: UInt64, _ size: UInt32) {
        var rest = address..<(address + UInt64(size))
        while !rest.isEmpty {
            let end = min(rest.upperBound, (rest.lowerBound | 0xfff) + 1)
            let pfn = UInt32(physical(rest.lowerBound).rawValue >> 12)
            if frames.readable(pfn).pointee.has(Frame.hasBytes) {
                let count = Int(end - rest.lowerBound)
                writeBytes(repeatElement(0, count: count), at: physical(rest.lowerBound))
            } else if let slab = slabNumber(of: pfn) {
                clearFreePointers(slab, rest.lowerBound..<end)
            }
            rest = end..<rest.upperBound
        }
    }
}
