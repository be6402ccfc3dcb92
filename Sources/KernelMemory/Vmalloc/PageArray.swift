/// The array in which an area's pages stand, as `struct page *`: ordinary kernel memory, which whoever
/// writes over it has changed.
extension Core {
    /// Writes pointers to frames' pages into an array that was just made, and is clear.
    func storePagePointers(_ pfns: UnsafeBufferPointer<UInt32>, at array: UInt64) {
        let isNarrow = shape.architecture == .i386
        let size = pfns.count * (isNarrow ? 4 : 8)
        // An array that was made for an area is clear: no link stands beside its bytes.
        if let place = placeInOneFrame(array, size) {
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
        _ pfns: UnsafeBufferPointer<UInt32>, to base: UnsafeMutableRawPointer, isNarrow: Bool
    ) {
        let (map, shift) = (layout.memMap, pageStructShift)
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

    /// Reads pointers back; what they point to may be anything.
    func withPagePointers(
        _ count: UInt32, at array: UInt64, _ body: (borrowing PagePointers) -> Void
    ) {
        let isNarrow = shape.architecture == .i386
        let size = Int(count) * (isNarrow ? 4 : 8)
        if let place = placeInOneFrame(array, size), hasNoLink(array) {
            // A copy: the page may change hands while its pointers are followed.
            let bytes = contents.readable(place.pfn) + place.offset
            return withUnsafeTemporaryAllocation(byteCount: max(size, 1), alignment: 8) { buffer in
                buffer.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: size))
                let copy = UnsafeRawBufferPointer(rebasing: buffer[..<size])
                body(PagePointers(bytes: copy, isNarrow: isNarrow))
            }
        }
        loadBytes(size, at: array).withUnsafeBytes {
            body(PagePointers(bytes: $0, isNarrow: isNarrow))
        }
    }
}

/// An array of `struct page *` as it lay in memory.
struct PagePointers {
    let bytes: UnsafeRawBufferPointer
    let isNarrow: Bool

    var count: Int { bytes.count / (isNarrow ? 4 : 8) }

    @inline(__always)
    subscript(index: Int) -> PagePointer {
        PagePointer(
            isNarrow
                ? UInt64(bytes.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
                : bytes.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self))
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
}
