/// The contents of frames that were ever written; all others read as zeroes.
///
/// Freed frames keep their bytes, as real memory does.
struct FrameBytes {
    private var pages: [UInt32: [UInt8]] = [:]

    var isEmpty: Bool { pages.isEmpty }
    /// Frames that have contents.
    var frameCount: Int { pages.count }

    /// The 4,096 bytes of a frame; `nil` if they are all zero.
    func page(_ pfn: UInt32) -> [UInt8]? { pages[pfn] }

    mutating func write(_ bytes: some Collection<UInt8>, frame pfn: UInt32, offset: Int) {
        pages[pfn, default: [UInt8](repeating: 0, count: Page.sizeInBytes)]
            .replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    }

    mutating func clear(_ pfn: UInt32) { pages[pfn] = nil }
}

extension Core {
    /// Makes a block's bytes zero. `kernel_init_pages` (mm/page_alloc.c, 6.1).
    @inline(never)
    func clearBytes(_ pfn: UInt32, order: UInt32) {
        if cold.bytes.isEmpty { return }
        for current in pfn..<min(pfn + (1 << order), shape.frameEnd)
        where frames.readable(current).pointee.has(Frame.hasBytes) {
            frames.writable(current).pointee.flags &= ~Frame.hasBytes
            cold.bytes.clear(current)
        }
    }

    /// Writes bytes to consecutive physical addresses, all of them in frames of the machine.
    func writeBytes(_ bytes: some RandomAccessCollection<UInt8>, at address: PhysicalAddress) {
        forEachPage(address, bytes.count) { pfn, offset, part in
            if let slab = slabNumber(of: pfn) {
                let start = directAddress(pfn) + UInt64(offset)
                detachFreePointers(slab, start..<(start + UInt64(part.count)))
            }
        }
        writePlainBytes(bytes, at: address)
    }

    /// Writes bytes over whatever is there.
    func writePlainBytes(
        _ bytes: some RandomAccessCollection<UInt8>, at address: PhysicalAddress
    ) {
        forEachPage(address, bytes.count) { pfn, offset, part in
            frames.writable(pfn).pointee.flags |= Frame.hasBytes
            let from = bytes.index(bytes.startIndex, offsetBy: part.lowerBound)
            let to = bytes.index(from, offsetBy: part.count)
            cold.bytes.write(bytes[from..<to], frame: pfn, offset: offset)
        }
    }

    /// Reads bytes from consecutive physical addresses, all of them in frames of the machine.
    func readBytes(_ count: Int, at address: PhysicalAddress) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        forEachPage(address, count) { pfn, offset, part in
            if let page = cold.bytes.page(pfn) {
                result += page[offset..<(offset + part.count)]
            } else {
                result += repeatElement(0, count: part.count)
            }
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
