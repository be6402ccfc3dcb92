/// The array in which an area's pages stand, as `struct page *`: ordinary kernel memory, which whoever
/// writes over it has changed.
extension Core {
    /// Writes pointers to frames' pages.
    func storePagePointers(_ pfns: [UInt32], at array: UInt64) {
        let isNarrow = shape.architecture == .i386
        let width = isNarrow ? 4 : 8
        let bytes = [UInt8](unsafeUninitializedCapacity: pfns.count * width) { buffer, count in
            let base = UnsafeMutableRawPointer(buffer.baseAddress)
            for (index, pfn) in pfns.enumerated() {
                let pointer = pagePointer(pfn)
                if isNarrow {
                    base?.storeBytes(
                        of: UInt32(truncatingIfNeeded: pointer), toByteOffset: index &* 4,
                        as: UInt32.self)
                } else {
                    base?.storeBytes(of: pointer, toByteOffset: index &* 8, as: UInt64.self)
                }
            }
            count = pfns.count * width
        }
        storeBytes(bytes, at: array)
    }

    /// Reads pointers back and visits them in their order; what they point to may be anything.
    func forEachPagePointer(_ count: UInt32, at array: UInt64, _ body: (PagePointer) -> Void) {
        let isNarrow = shape.architecture == .i386
        loadBytes(Int(count) * (isNarrow ? 4 : 8), at: array).withUnsafeBytes { bytes in
            for index in 0..<(bytes.count / (isNarrow ? 4 : 8)) {
                body(
                    PagePointer(
                        isNarrow
                            ? UInt64(
                                bytes.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
                            : bytes.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self)))
            }
        }
    }
}
