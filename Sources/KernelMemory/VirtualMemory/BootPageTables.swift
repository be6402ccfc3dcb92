/// The page tables that a kernel has when it has booted.
extension Core {
    /// Maps low memory at ``AddressLayout/pageOffset``: in large pages, but in small ones at the start,
    /// around the kernel's image and where the end does not fill a large page. The tables lie in frames
    /// of the kernel's own.
    ///
    /// On i386 the tables of the permanent and fixed mappings are there too, both empty; on x86_64 the
    /// second-level table of the vmalloc area.
    ///
    /// The corresponding kernel functions are `init_mem_mapping` (arch/x86/mm/init.c),
    /// `permanent_kmaps_init` (arch/x86/mm/init_32.c) and `preallocate_vmalloc_pages`
    /// (arch/x86/mm/init_64.c, 6.1).
    func makeBootTables() {
        var frames = bootTableFrames()
        let next = { () -> UInt32? in
            defer { frames = frames.dropFirst() }
            return frames.first
        }
        control.pointee.rootTable = frames.removeLast()
        for chunk in smallChunks() { mapSmall(chunk, next) }
        mapLarge(next)
        if shape.architecture == .i386 {
            let pkmap = layout.pkmapBase ?? layout.fixaddrStart
            control.pointee.pkmapTable = makeTable(pkmap, to: paging.leafLevel, next) ?? 0
            control.pointee.fixmapTable =
                makeTable(layout.fixaddrStart, to: paging.leafLevel, next) ?? 0
        } else {
            _ = makeTable(layout.vmallocStart, to: 1, next)
        }
    }

    private var directEnd: UInt32 {
        UInt32((layout.highMemory - layout.pageOffset) >> 12)
    }
    private var chunkPages: UInt32 { 1 << UInt32(paging.largeShift - 12) }

    /// Large pages' worth of memory that is mapped in small pages, in the order of their making: the
    /// first, the last if it is not whole, and those with the kernel's image.
    private func smallChunks() -> [UInt32] {
        let last = directEnd / chunkPages
        var chunks: [UInt32] = [0]
        if !directEnd.isMultiple(of: chunkPages), last != 0 { chunks.append(last) }
        let image = bootImageStart
        let end = min(image + 4096, directEnd)
        for pfn in image..<max(image, end) where frames.readable(pfn).pointee.has(Frame.reserved) {
            let chunk = pfn / chunkPages
            if !chunks.contains(chunk) { chunks.append(chunk) }
        }
        if let chunk = chunkOfModules(behind: image / chunkPages), !chunks.contains(chunk) {
            chunks.append(chunk)
        }
        return chunks
    }

    /// The large page that the recorded i386 kernels had cut up for the text of one module, the one that
    /// recorded them: its pages are read-only in the direct map too. Pages of high memory, where there is
    /// any, are not in the direct map.
    ///
    /// The corresponding kernel function is `__change_page_attr_set_clr` (arch/x86/mm/pat/set_memory.c, 6.1).
    private func chunkOfModules(behind image: UInt32) -> UInt32? {
        guard shape.architecture == .i386, shape.zonePopulation & 1 << 2 == 0,
            image > 0, image + 2 <= directEnd / chunkPages
        else { return nil }
        return image + 1
    }

    /// The first frame of the kernel's image: the first reserved one above the first MiB.
    private var bootImageStart: UInt32 {
        let first = min(UInt32(256), shape.zoneStart[0])
        return (first..<max(first, directEnd)).first {
            frames.readable($0).pointee.has(Frame.reserved)
        } ?? 0
    }

    private func mapSmall(_ chunk: UInt32, _ next: () -> UInt32?) {
        let first = chunk * chunkPages
        let protection = PageTableEntry.kernel(shape.architecture)
        guard let table = makeTable(directAddress(first), to: paging.leafLevel, next) else {
            return
        }
        for pfn in first..<min(first + chunkPages, directEnd) {
            setEntry(table, Int(pfn - first), UInt64(pfn) << 12 | protection)
        }
    }

    private func mapLarge(_ next: () -> UInt32?) {
        let protection = PageTableEntry.kernel(shape.architecture) | PageTableEntry.large
        var pfn: UInt32 = 0
        while pfn + chunkPages <= directEnd {
            defer { pfn += chunkPages }
            guard shape.hasFrame(pfn),
                let table = makeTable(directAddress(pfn), to: paging.largeLevel, next)
            else { continue }
            let index = paging.index(directAddress(pfn), at: paging.largeLevel)
            if entry(UInt64(table), index).isPresent { continue }
            setEntry(table, index, UInt64(pfn) << 12 | protection)
        }
    }

    /// Frames for the tables: the last of the kernel's data, or where a recording has none, behind
    /// the last frame of memory.
    private func bootTableFrames() -> ArraySlice<UInt32> {
        let count = shape.architecture == .i386 ? UInt32(7) : 48 + directEnd >> 18
        var run: UInt32 = 0
        let image = bootImageStart
        var end: UInt32?
        for pfn in image..<max(image, min(image + 4096, directEnd)) {
            run = frames.readable(pfn).pointee.has(Frame.reserved) ? run + 1 : 0
            if run >= count { end = pfn + 1 }
        }
        let first = end.map { $0 - count } ?? shape.frameEnd
        return ArraySlice(first..<(first + count))
    }
}
