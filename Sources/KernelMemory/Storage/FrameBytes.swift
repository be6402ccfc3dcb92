/// The contents of frames that were ever written; all others read as zeroes.
///
/// Freed frames keep their bytes, as real memory does.
struct FrameBytes {
    private var pages: [UInt32: [UInt8]] = [:]

    var isEmpty: Bool { pages.isEmpty }

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
        var rest = bytes[...]
        var address = address.rawValue
        while !rest.isEmpty {
            let pfn = UInt32(address >> UInt64(Page.shift))
            let offset = Int(address) & (Page.sizeInBytes - 1)
            let part = rest.prefix(Page.sizeInBytes - offset)
            frames.writable(pfn).pointee.flags |= Frame.hasBytes
            cold.bytes.write(part, frame: pfn, offset: offset)
            rest = rest.dropFirst(part.count)
            address += UInt64(part.count)
        }
    }

    /// Reads bytes from consecutive physical addresses, all of them in frames of the machine.
    func readBytes(_ count: Int, at address: PhysicalAddress) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        var address = address.rawValue
        while result.count < count {
            let offset = Int(address) & (Page.sizeInBytes - 1)
            let length = min(Page.sizeInBytes - offset, count - result.count)
            if let page = cold.bytes.page(UInt32(address >> UInt64(Page.shift))) {
                result += page[offset..<(offset + length)]
            } else {
                result += repeatElement(0, count: length)
            }
            address += UInt64(length)
        }
        return result
    }
}
