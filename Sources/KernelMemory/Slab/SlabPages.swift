/// Pages that a slab allocator takes from the page allocator, and finding the slab of a page.
extension Core {
    /// Allocates a block of pages and says of each page which slab it belongs to.
    ///
    /// - Parameter slab: the slab's number, kept in the frames' unused link.
    /// - Returns: the first frame, or ``noFrame``.
    ///
    /// The corresponding kernel function is `alloc_slab_page` (mm/slub.c, 6.1).
    func allocateSlabPages(_ gfp: GFPFlags, order: UInt32, slab: UInt32) -> UInt32 {
        settlePeak()
        let pfn = allocatePages(gfp, order: order)
        if pfn == noFrame { return noFrame }
        control.pointee.kernelPages.slabs &+= 1 << Int32(order)
        claimPages(pfn, order: order, slab: slab)
        return pfn
    }

    /// Complains of zones that objects are never taken from, and takes them out of a mask.
    ///
    /// The corresponding kernel function is `kmalloc_fix_flags` (mm/slab_common.c, 6.1).
    func withoutForeignZones(_ gfp: GFPFlags) -> GFPFlags {
        let wrong = gfp.intersection([.dma32, .highmem])
        if wrong.isEmpty { return gfp }
        let right = gfp.subtracting(wrong)
        printk(
            "Unexpected gfp: \(hexadecimal(UInt64(wrong.rawValue))) (\(wrong)). Fixing up to gfp: "
                + "\(hexadecimal(UInt64(right.rawValue))) (\(right)). Fix your code!")
        printRunning(nil)
        printk("Call Trace:")
        for function in ["dump_stack", "kmalloc_fix_flags"] { printk(" \(function)") }
        return right
    }

    /// Warns, once, of a caller who wants zeroed objects of a cache whose constructor filled them. It
    /// shows when the cache needs a new slab; the object is zeroed all the same.
    ///
    /// The corresponding kernel functions are `new_slab` (mm/slub.c) and `cache_grow_begin`
    /// (mm/slab.c, 6.1).
    func warnIfZeroing(
        _ geometry: CacheGeometry, _ gfp: GFPFlags, at place: String, in function: String
    ) {
        guard geometry.constructor != .none, gfp.contains(.zero),
            cold.warnedOnce.insert(.zeroedConstructor).inserted
        else { return }
        beginWarning()
        finishWarning(at: place, in: function)
    }

    /// Says of each page of a block which slab it belongs to.
    func claimPages(_ pfn: UInt32, order: UInt32, slab: UInt32) {
        for page in pfn..<(pfn + 1 << order) {
            let frame = frames.writable(page)
            frame.pointee.flags = frame.pointee.flags & ~Frame.live | Frame.slab
            frame.pointee.next = slab
        }
    }

    /// Gives a slab's pages back to the page allocator.
    ///
    /// The corresponding kernel function is `__free_slab` (mm/slub.c, 6.1).
    func freeSlabPages(_ pfn: UInt32, order: UInt32) {
        for page in pfn..<(pfn + 1 << order) {
            frames.writable(page).pointee.word = 0
        }
        frames.writable(pfn).pointee.word = Frame.ownedWord(order: order)
        forgetSlabPages(pfn, order: order)
        freePages(pfn, order: order)
    }

    /// Takes a block from the page allocator; ``noFrame`` if it has none.
    func allocatePages(_ gfp: GFPFlags, order: UInt32) -> UInt32 {
        control.pointee.state == 0
            ? allocateBlock(gfp, order: order) : allocateAnywhere(gfp, order: order)
    }

    /// Gives one back.
    func freePages(_ pfn: UInt32, order: UInt32) {
        freeBlock(pfn, order: order, isUsual: control.pointee.state == 0)
    }

    /// The number of the slab that a frame belongs to; `nil` if it belongs to none.
    ///
    /// Once a rule was broken the mark on a frame may be stale: then the slab must know the frame too.
    ///
    /// The corresponding kernel function is `virt_to_slab` (mm/slab.h, 6.1).
    @inline(__always)
    func slabNumber(of pfn: UInt32) -> UInt32? {
        let frame = frames.readable(pfn)
        guard frame.pointee.has(Frame.slab) else { return nil }
        return isCorrupted ? knownSlab(frame.pointee.next, of: pfn) : frame.pointee.next
    }

    @inline(never)
    private func knownSlab(_ number: UInt32, of pfn: UInt32) -> UInt32? {
        guard slabs.pointee.contains(number) else { return nil }
        let slab = readSlab(number).pointee
        return (slab.pfn..<(slab.pfn + 1 << UInt32(slab.order))).contains(pfn) ? number : nil
    }
}
