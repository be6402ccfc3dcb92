/// Mapping pages that somebody already has.
extension Core {
    /// Maps pages to consecutive addresses of the vmalloc area.
    ///
    /// - Parameter pages: `struct page` pointers; they stay their owner's.
    /// - Returns: the address; 0 if there is no room or no memory, if there are no pages, or if one of the
    ///   pointers is no page's.
    ///
    /// The corresponding kernel function is `vmap` (mm/vmalloc.c, 6.1).
    func vmap(_ pages: [PagePointer]) -> UInt64 {
        mightSleep(.vmap)
        if pages.isEmpty { return 0 }
        let size = UInt64(pages.count) << 12
        guard
            let start = makeArea(
                size, requested: size, .map, in: vmallocWindow, .kernel,
                caller: .call)
        else { return 0 }
        if isHalted { return 0 }
        let pfns = pages.prefix { frame(of: $0) != nil }.compactMap { frame(of: $0) }
        let isMapped = pfns.withUnsafeBufferPointer {
            mapPages($0, at: start, PageTableEntry.kernel(shape.architecture))
        }
        if isHalted { return 0 }
        if isMapped, pfns.count == pages.count { return start }
        if pfns.count < pages.count { refusePage(pages[pfns.count]) }
        vunmap(start)
        return 0
    }

    /// The corresponding kernel macros are `WARN_ON` in `vmap_pages_pte_range` (mm/vmalloc.c, 6.1).
    private func refusePage(_ page: PagePointer) {
        noteMisuse(.wildPointer, at: page.rawValue)
        beginWarning()
        finishWarning(
            at: page.rawValue == 0 ? "mm/vmalloc.c:544" : "mm/vmalloc.c:548",
            in: "vmap_pages_pte_range")
    }
}
