/// The array in which an area's pages stand, as `struct page *`: ordinary kernel memory, which whoever
/// writes over it has changed.
extension Core {
    /// Writes pointers to frames' pages.
    func storePagePointers(_ pfns: [UInt32], at array: UInt64) {
        let isNarrow = shape.architecture == .i386
        let size = pfns.count * (isNarrow ? 4 : 8)
        if let place = placeInOneFrame(array, size), detachLink(of: array) {
            frames.writable(place.pfn).pointee.flags |= Frame.hasBytes
            return writePointers(
                pfns, to: contents.writable(place.pfn) + place.offset, isNarrow: isNarrow)
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            if let base = buffer.baseAddress { writePointers(pfns, to: base, isNarrow: isNarrow) }
            count = size
        }
        storeBytes(bytes, at: array)
    }

    @inline(__always)
    private func writePointers(
        _ pfns: [UInt32], to base: UnsafeMutableRawPointer, isNarrow: Bool
    ) {
        let (map, shift) = (layout.memMap, pageStructShift)
        pfns.withUnsafeBufferPointer { pfns in
            for index in pfns.indices {
                let pointer = map &+ UInt64(pfns[index]) &<< shift
                if isNarrow {
                    base.storeBytes(
                        of: UInt32(truncatingIfNeeded: pointer), toByteOffset: index &* 4,
                        as: UInt32.self)
                } else {
                    base.storeBytes(of: pointer, toByteOffset: index &* 8, as: UInt64.self)
                }
            }
        }
    }

    /// Reads pointers back and visits them in their order; what they point to may be anything.
    func forEachPagePointer(_ count: UInt32, at array: UInt64, _ body: (PagePointer) -> Void) {
        let isNarrow = shape.architecture == .i386
        let size = Int(count) * (isNarrow ? 4 : 8)
        if let place = placeInOneFrame(array, size), hasNoLink(array) {
            // Nobody writes to the array while it is read, but a page of its own may be given up.
            let copy = contents.readable(place.pfn) + place.offset
            return withUnsafeTemporaryAllocation(byteCount: max(size, 1), alignment: 8) { buffer in
                buffer.copyMemory(from: UnsafeRawBufferPointer(start: copy, count: size))
                visit(UnsafeRawBufferPointer(rebasing: buffer[..<size]), isNarrow, body)
            }
        }
        loadBytes(size, at: array).withUnsafeBytes { visit($0, isNarrow, body) }
    }

    @inline(__always)
    private func visit(
        _ bytes: UnsafeRawBufferPointer, _ isNarrow: Bool, _ body: (PagePointer) -> Void
    ) {
        for index in 0..<(bytes.count / (isNarrow ? 4 : 8)) {
            body(
                PagePointer(
                    isNarrow
                        ? UInt64(bytes.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
                        : bytes.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self)))
        }
    }
}

// MARK: - Arrays that lie within one frame

extension Core {
    /// Where bytes of the direct map are that do not cross a page.
    @inline(__always)
    private func placeInOneFrame(_ address: UInt64, _ size: Int) -> (pfn: UInt32, offset: Int)? {
        let offset = Int(address & 4095)
        guard offset + size <= Page.sizeInBytes, let pfn = directFrame(address) else { return nil }
        return (pfn, offset)
    }

    /// Whether an object's slot holds plain bytes, and no link that stands beside them.
    private func hasNoLink(_ address: UInt64) -> Bool {
        guard let place = objectPlace(of: address) else { return slabNumber(at: address) == nil }
        return hasArrayCaches
            || readSlab(place.slab).record(place.index).pointee.link == ObjectIndex.stray
    }

    /// Makes it so for an object whose bytes are all about to be written, or are zero.
    ///
    /// - Returns: `false` if the address is no object's and lies in a slab.
    private func detachLink(of address: UInt64) -> Bool {
        guard let place = objectPlace(of: address) else { return slabNumber(at: address) == nil }
        if hasArrayCaches { return true }
        let record = slab(place.slab).record(place.index)
        if record.pointee.link != ObjectIndex.stray, record.pointee.link != ObjectIndex.none {
            return false
        }
        record.pointee.link = ObjectIndex.stray
        return true
    }
}
