/// Free pointers as bytes: whoever looks at a free object's memory sees them there, and whoever
/// writes over one has changed it.
extension Core {
    /// Puts the free pointers of a slab over bytes that were read from its memory.
    ///
    /// - Parameters:
    ///   - bytes: what the contents say of the memory from `start` on.
    ///   - start: an address within the slab.
    func overlayFreePointers(
        _ number: UInt32, on bytes: inout ArraySlice<UInt8>, from start: UInt64
    ) {
        forEachSlot(number, start..<(start + UInt64(bytes.count))) { index, slot in
            let link = readSlab(number).record(index).pointee.link
            if link == ObjectIndex.stray { return }
            for (offset, byte) in linkBytes(number, link).enumerated() {
                let address = slot + UInt64(offset)
                if address >= start, address - start < UInt64(bytes.count) {
                    bytes[bytes.startIndex + Int(address - start)] = byte
                }
            }
        }
    }

    /// Before bytes of a slab are written: what they cover of free pointers becomes plain bytes.
    func detachFreePointers(_ number: UInt32, _ range: Range<UInt64>) {
        let width = UInt64(shape.architecture.pointerSize)
        forEachSlot(number, range) { index, slot in
            let record = slab(number).record(index)
            let link = record.pointee.link
            if link == ObjectIndex.stray { return }
            record.pointee.link = ObjectIndex.stray
            if slot < range.lowerBound || slot + width > range.upperBound {
                writePlainBytes(linkBytes(number, link), at: physical(slot))
            }
        }
    }

    /// Before a slab goes back to the page allocator: its free pointers stay behind in pages that
    /// have contents of their own.
    ///
    /// Pages that were never written stay without; there the next owner reads zeroes where the kernel
    /// would show him old free pointers.
    func leaveFreePointers(of number: UInt32) {
        let slab = readSlab(number)
        let (pfn, order) = (slab.pointee.pfn, UInt32(slab.pointee.order))
        for page in pfn..<(pfn + 1 << order) where !contents.isZero(page) {
            let start = directAddress(page)
            forEachSlot(number, start..<(start + 4096)) { index, slot in
                let link = readSlab(number).record(index).pointee.link
                if link == ObjectIndex.stray { return }
                writePlainBytes(linkBytes(number, link), at: physical(slot))
            }
        }
    }

    /// Makes the free pointers in a range of addresses, whose other bytes are zero, zero too.
    func clearFreePointers(_ number: UInt32, _ range: Range<UInt64>) {
        forEachSlot(number, range) { index, _ in
            slab(number).record(index).pointee.link = ObjectIndex.stray
        }
    }

    private func linkBytes(_ number: UInt32, _ link: UInt16) -> [UInt8] {
        pointerBytes(
            link == ObjectIndex.none ? 0 : address(of: ObjectPlace(slab: number, index: link)))
    }

    /// Visits the objects whose slots touch a range of addresses.
    private func forEachSlot(
        _ number: UInt32, _ range: Range<UInt64>, _ body: (UInt16, UInt64) -> Void
    ) {
        if hasArrayCaches { return }
        let slab = readSlab(number).pointee
        let geometry = readCache(slab.cache).pointee.geometry
        let first = slab.base + UInt64(geometry.freePointerOffset)
        let size = UInt64(geometry.size)
        let width = UInt64(shape.architecture.pointerSize)
        var index =
            range.lowerBound + 1 > first + width ? (range.lowerBound - first - width) / size : 0
        while index < UInt64(slab.objects), first + index * size < range.upperBound {
            let slot = first + index * size
            if slot + width > range.lowerBound { body(UInt16(index), slot) }
            index += 1
        }
    }
}
