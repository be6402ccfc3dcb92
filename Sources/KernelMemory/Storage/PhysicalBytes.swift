/// Bytes by their physical addresses: what is really in memory, whoever looks at it.
///
/// Frames that were never written read as zeroes. Freed frames keep their bytes, as real memory does.
extension Core {
    /// Makes a block's bytes zero. `kernel_init_pages` (mm/page_alloc.c, 6.1).
    @inline(never)
    func clearBytes(_ pfn: UInt32, order: UInt32) {
        for current in pfn..<min(pfn + (1 << order), shape.frameEnd) {
            contents.fill(current, with: 0)
        }
    }

    /// Writes bytes to consecutive physical addresses, all of them in frames of the machine.
    func writeBytes(_ bytes: some RandomAccessCollection<UInt8>, at address: PhysicalAddress) {
        detachFreePointers(bytes.count, at: address)
        writePlainBytes(bytes, at: address)
    }

    /// Writes bytes over whatever is there.
    func writePlainBytes(
        _ bytes: some RandomAccessCollection<UInt8>, at address: PhysicalAddress
    ) {
        forEachPage(address, bytes.count) { pfn, offset, part in
            let from = bytes.index(bytes.startIndex, offsetBy: part.lowerBound)
            let to = bytes.index(from, offsetBy: part.count)
            UnsafeMutableRawBufferPointer(start: contents.writable(pfn) + offset, count: part.count)
                .copyBytes(from: bytes[from..<to])
        }
    }

    /// Writes the same byte to consecutive physical addresses, all of them in frames of the machine.
    func fillBytes(_ byte: UInt8, count: Int, at address: PhysicalAddress) {
        detachFreePointers(count, at: address)
        fillPlainBytes(byte, count: count, at: address)
    }

    /// Before bytes are written: free pointers among them become plain bytes.
    private func detachFreePointers(_ count: Int, at address: PhysicalAddress) {
        forEachPage(address, count) { pfn, offset, part in
            guard let slab = slabNumber(of: pfn) else { return }
            let start = directAddress(pfn) + UInt64(offset)
            detachFreePointers(slab, start..<(start + UInt64(part.count)))
        }
    }

    /// Writes the same byte over whatever is there.
    func fillPlainBytes(_ byte: UInt8, count: Int, at address: PhysicalAddress) {
        forEachPage(address, count) { pfn, offset, part in
            if part.count == Page.sizeInBytes { return contents.fill(pfn, with: byte) }
            (contents.writable(pfn) + offset)
                .initializeMemory(as: UInt8.self, repeating: byte, count: part.count)
        }
    }

    /// Reads bytes from consecutive physical addresses, all of them in frames of the machine.
    func readBytes(_ count: Int, at address: PhysicalAddress) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        forEachPage(address, count) { pfn, offset, part in
            result.append(
                contentsOf: UnsafeRawBufferPointer(
                    start: contents.readable(pfn) + offset, count: part.count))
            if let slab = slabNumber(of: pfn) {
                overlayFreePointers(
                    slab, on: &result[part], from: directAddress(pfn) + UInt64(offset))
            }
        }
        return result
    }

    /// Cuts a stretch of physical memory at page boundaries: each page, where the part starts
    /// within it, and which of the bytes it is.
    private func forEachPage(
        _ address: PhysicalAddress, _ count: Int, _ body: (UInt32, Int, Range<Int>) -> Void
    ) {
        var done = 0
        while done < count {
            let current = address.rawValue + UInt64(done)
            let offset = Int(current) & (Page.sizeInBytes - 1)
            let length = min(Page.sizeInBytes - offset, count - done)
            body(UInt32(current >> UInt64(Page.shift)), offset, done..<(done + length))
            done += length
        }
    }
}
