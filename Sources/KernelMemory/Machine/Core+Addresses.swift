/// Between frames and the pointers that kernel code has to them.
extension Core {
    /// The address of a frame's `struct page`. `pfn_to_page`.
    @inline(__always)
    func pagePointer(_ pfn: UInt32) -> UInt64 { pagePointer(UInt64(pfn)) }

    @inline(__always)
    func pagePointer(_ pfn: UInt64) -> UInt64 {
        (layout.memMap &+ pfn &<< pageStructShift) & pointerMask
    }

    /// The frame whose `struct page` stands at an address; `nil` if none does. `page_to_pfn`.
    @inline(__always)
    func frame(of page: PagePointer) -> UInt32? {
        let pfn = frameNumber(behind: page)
        guard pfn < UInt64(shape.frameEnd), shape.hasFrame(UInt32(truncatingIfNeeded: pfn)) else {
            return nil
        }
        return UInt32(truncatingIfNeeded: pfn)
    }

    /// The frame number that a `struct page` pointer stands for; no frame's if it is none.
    ///
    /// The rotation moves a remainder of the division to the highest bits.
    @inline(__always)
    func frameNumber(behind page: PagePointer) -> UInt64 {
        let offset = page.rawValue &- layout.memMap
        return offset &>> pageStructShift | offset &<< (64 &- pageStructShift)
    }

    /// A frame's address in the direct map; it has one if it is not high memory. `__va`.
    @inline(__always)
    func directAddress(_ pfn: UInt32) -> UInt64 { layout.pageOffset &+ UInt64(pfn) &<< 12 }

    /// The frame number that the kernel computes for an address as if it were in the direct map,
    /// whether it is or not. `virt_to_pfn`.
    @inline(__always)
    func frameNumber(behind address: VirtualAddress) -> UInt64 {
        ((address.rawValue &- layout.pageOffset) & pointerMask) >> 12
    }

    /// The frame behind an address of the direct map; `nil` outside of it.
    func directFrame(_ address: UInt64) -> UInt32? {
        guard address >= layout.pageOffset, address < layout.highMemory else { return nil }
        let pfn = UInt32((address - layout.pageOffset) >> 12)
        return pfn < shape.frameEnd ? pfn : nil
    }

    /// The address of a page: its own, or that of the slot that maps it.
    ///
    /// The corresponding kernel function is `page_address` (mm/highmem.c, 6.1).
    func pageAddress(_ page: PagePointer) -> Outcome {
        guard let pfn = frame(of: page) else { return mistakenPointer(page, in: "page_address") }
        if !isHighmem(pfn) { return .pointer(directAddress(pfn)) }
        return .pointer(cold.kmaps.hash.slot(of: page.rawValue).map(kmapAddress) ?? 0)
    }
}
