/// How the kernel prints a `struct page` that it is not content with.
extension Core {
    /// The corresponding kernel function is `dump_page` (mm/debug.c, 6.1).
    func dumpPage(_ pfn: UInt32, _ reason: String) {
        let frame = frames.readable(pfn).pointee
        let zone = zoneIndex(of: pfn)
        let flags = UInt64(zone) << (shape.architecture == .i386 ? 30 : 62)
        let mapcount = frame.has(Frame.buddy) ? -128 : 0
        printk(
            "page:\(pointerDigits(pagePointer(pfn))) refcount:\(frame.referenceCount) "
                + "mapcount:\(mapcount) mapping:\(pointerDigits(0)) index:0x0 "
                + "pfn:\(hexadecimal(UInt64(pfn)))")
        printk("flags: \(hexadecimal(flags))(zone=\(zone))")
        for line in rawLines(frame, flags: flags) { printk("raw: " + line) }
        printk("page dumped because: \(reason)")
    }

    /// The words of the structure: flags, list links, mapping, index, private, and the map and
    /// reference counts.
    private func rawLines(_ frame: Frame, flags: UInt64) -> [String] {
        let isListed = frame.has(Frame.buddy | Frame.perCPU)
        let linkOffset: UInt64 = shape.architecture == .i386 ? 4 : 8
        let next = isListed ? pagePointer(frame.next) + linkOffset : Self.listPoison.next
        let previous =
            isListed ? pagePointer(frame.previous) + linkOffset : Self.listPoison.previous
        let isBuddy = frame.has(Frame.buddy)
        let order = isBuddy ? UInt64(frame.order) : 0
        let mapcount: UInt32 = isBuddy ? 0xffff_ff7f : 0xffff_ffff
        let count = UInt32(bitPattern: Int32(frame.referenceCount))
        let head = [flags, next, previous, 0, 0, order]
        if shape.architecture == .i386 {
            let words = head + [UInt64(mapcount), UInt64(count)]
            return [words.map(pointerDigits).joined(separator: " ")]
        }
        let words = head + [UInt64(count) << 32 | UInt64(mapcount), 0]
        return [words[..<4], words[4...]].map { $0.map(pointerDigits).joined(separator: " ") }
    }

    /// What `list_del` leaves in the links of an entry. `LIST_POISON1`, `LIST_POISON2`.
    private static let listPoison: (next: UInt64, previous: UInt64) = (0x100, 0x122)
}
