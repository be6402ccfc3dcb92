/// The array in which an area's pages stand, as `struct page *`: ordinary kernel memory, which whoever
/// writes over it has changed.
extension Core {
    /// Writes pointers to frames' pages.
    func storePagePointers(_ pfns: [UInt32], at array: UInt64) {
        let width = shape.architecture.pointerSize
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pfns.count * Int(width))
        for pfn in pfns {
            let pointer = pagePointer(pfn)
            for byte in 0..<UInt64(width) {
                bytes.append(UInt8(truncatingIfNeeded: pointer >> (byte * 8)))
            }
        }
        storeBytes(bytes, at: array)
    }

    /// Reads pointers back; what they point to may be anything.
    func loadPagePointers(_ count: Int, at array: UInt64) -> [PagePointer] {
        let width = Int(shape.architecture.pointerSize)
        let bytes = loadBytes(count * width, at: array)
        return stride(from: 0, to: bytes.count, by: width).map { start in
            PagePointer(
                bytes[start..<(start + width)].reversed().reduce(0) { $0 << 8 | UInt64($1) })
        }
    }
}
