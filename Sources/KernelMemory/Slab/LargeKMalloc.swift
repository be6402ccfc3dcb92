/// kmalloc of more than any cache has: whole pages.
extension Core {
    /// Allocates a compound page for `size` bytes, more than 8,192.
    ///
    /// - Returns: 0 without a word for a product of `kmalloc_array` that no `size_t` holds.
    ///
    /// The corresponding kernel function is `kmalloc_large` (mm/slab_common.c, 6.1).
    @inline(never)
    func kmallocLarge(_ size: UInt64, _ gfp: GFPFlags) -> UInt64 {
        if size > pointerMask { return 0 }
        let pages = (size - 1) >> 12
        let order = UInt32(UInt64.bitWidth - pages.leadingZeroBitCount)
        if order <= Order.largest {
            explain(
                .kmallocLarge,
                [
                    "size_bytes": size, "order": order, "block_bytes": UInt64(4096) << order,
                    "waste_bytes": (UInt64(4096) << order) - size,
                ])
        }
        let gfp = withoutForeignZones(gfp).union(.comp)
        let pfn = allocatePages(gfp, order: order)
        if pfn == noFrame { return 0 }
        let frame = frames.writable(pfn)
        frame.pointee.flags |= Frame.largeKMalloc
        frame.pointee.next = UInt32(truncatingIfNeeded: size)
        return directAddress(pfn)
    }

    /// `kfree` of something that is in no slab: a large allocation, or a caller's mistake.
    ///
    /// The corresponding kernel function is `free_large_kmalloc` (mm/slab_common.c, 6.1).
    @inline(never)
    func kfreeLarge(_ address: UInt64, _ number: UInt64) {
        if address <= KMallocSizes.zeroSizePointer {
            return explain(.kfreeOfNothing, ["address": VirtualAddress(address)])
        }
        if isTooWide(address) || isBeyondDirectMap(address) { return }
        guard number < UInt64(shape.frameEnd), shape.hasFrame(UInt32(number)) else {
            noteMisuse(.wildPointer, at: address)
            return oopsOnAccess(to: compoundHeadAddress(number), isWrite: false, in: "kfree")
        }
        let pfn = UInt32(number)
        guard let block = liveBlock(covering: pfn),
            frames.readable(block.pfn).pointee.has(Frame.head)
        else {
            noteForeignFree(address, pfn)
            let warns = warnOfSinglePage(address)
            freePages(pfn, order: 0)
            if warns { cold.markNoticed(step: control.pointee.step) }
            return
        }
        let head = frames.writable(block.pfn)
        if !head.pointee.has(Frame.largeKMalloc) || address != directAddress(block.pfn) {
            noteMisuse(.kfreeOfPages, pfn: pfn, at: address, allocatedAtStep: block.step)
        }
        head.pointee.flags &= ~Frame.largeKMalloc
        explain(
            .kfreeLarge,
            ["address": VirtualAddress(address), "pfn": block.pfn, "order": block.order])
        freePages(block.pfn, order: block.order)
    }

    /// `kfree` of pages that did not come from kmalloc; those that nobody owns are another mistake,
    /// which the free of the page records.
    private func noteForeignFree(_ address: UInt64, _ pfn: UInt32) {
        markCorrupted()
        guard let block = liveBlock(covering: pfn) else { return }
        noteMisuse(.kfreeOfPages, pfn: pfn, at: address, allocatedAtStep: block.step)
    }

    /// The kernel expects at least two pages here, and says so once if it is one.
    ///
    /// - Returns: whether it did.
    private func warnOfSinglePage(_ address: UInt64) -> Bool {
        guard cold.warnedOnce.insert(.freeOfSinglePage).inserted else { return false }
        beginWarning()
        finishWarning(at: "mm/slab_common.c:904", in: "free_large_kmalloc")
        printk("object pointer: \(pointerText(address))")
        return true
    }

    /// The bytes of what is in no slab: a compound page, which the kernel expects to be larger than
    /// any cache's objects and to be named by its first byte.
    ///
    /// - Returns: 0 after a warning if it is something else.
    ///
    /// The corresponding kernel function is `__ksize` (mm/slab_common.c, 6.1).
    func largeKSize(_ address: UInt64, _ pfn: UInt32) -> UInt64 {
        var start = pfn
        var size: UInt64 = 4096
        if let block = liveBlock(covering: pfn), frames.readable(block.pfn).pointee.has(Frame.head)
        {
            start = block.pfn
            size <<= UInt64(block.order)
        }
        let isLarge = size > KMallocSizes.largest
        if isLarge, address == directAddress(start) { return size }
        beginWarning()
        finishWarning(at: "mm/slab_common.c:\(isLarge ? 1016 : 1014)", in: "__ksize")
        return 0
    }

    /// Takes note of the size that an owner of whole pages asks for from now on.
    func noteNewLargeSize(_ address: UInt64, _ size: UInt64) {
        guard let pfn = directFrame(address) else { return }
        let frame = frames.writable(pfn)
        guard frame.pointee.has(Frame.live), frame.pointee.has(Frame.largeKMalloc) else { return }
        frame.pointee.next = UInt32(truncatingIfNeeded: size)
    }
}
