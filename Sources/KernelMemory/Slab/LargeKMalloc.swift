/// kmalloc of more than any cache has: whole pages.
extension Core {
    /// Allocates a compound page for `size` bytes, more than 8,192.
    ///
    /// The corresponding kernel function is `kmalloc_large` (mm/slab_common.c, 6.1).
    @inline(never)
    func kmallocLarge(_ size: UInt64, _ gfp: GFPFlags) -> UInt64 {
        let pages = (size - 1) >> 12
        let order = UInt32(UInt64.bitWidth - pages.leadingZeroBitCount)
        let gfp = gfp.subtracting(.highmem).union(.comp)
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
        if address <= KMallocSizes.zeroSizePointer { return }
        guard number < UInt64(shape.frameEnd), shape.hasFrame(UInt32(number)) else {
            return followWildPointer(to: pagePointer(number), order: 0)
        }
        let pfn = UInt32(number)
        guard let block = liveBlock(covering: pfn),
            frames.readable(block.pfn).pointee.has(Frame.head)
        else {
            noteForeignFree(address, pfn)
            return freePages(pfn, order: 0)
        }
        let head = frames.writable(block.pfn)
        if !head.pointee.has(Frame.largeKMalloc) || address != directAddress(block.pfn) {
            noteForeignFree(address, pfn)
        }
        head.pointee.flags &= ~Frame.largeKMalloc
        freePages(block.pfn, order: block.order)
    }

    /// `kfree` of pages that did not come from kmalloc: the kernel says so once, of single pages.
    private func noteForeignFree(_ address: UInt64, _ pfn: UInt32) {
        noteMisuse(.kfreeOfPages, pfn: pfn, order: 0)
        markCorrupted()
    }
}
