/// The page tables that a kernel has when it has booted.
extension Core {
    /// Maps low memory at ``AddressLayout/pageOffset``: in large pages, but in small ones at the start,
    /// around the kernel's image and where the end does not fill a large page; a kernel that unmaps free
    /// pages needs small ones everywhere. The tables lie in frames of the kernel's own.
    ///
    /// On i386 the tables of the permanent and fixed mappings are there too, both empty; on x86_64 the
    /// second-level table of the vmalloc area.
    ///
    /// The corresponding kernel functions are `init_mem_mapping` (arch/x86/mm/init.c),
    /// `permanent_kmaps_init` (arch/x86/mm/init_32.c) and `preallocate_vmalloc_pages`
    /// (arch/x86/mm/init_64.c, 6.1).
    ///
    /// - Parameter reserved: frames that were set aside for the tables of the direct map, beside those
    ///   in the kernel's image.
    func makeBootTables(in reserved: Range<UInt32> = 0..<0) {
        var frames = bootTableFrames(besides: reserved)
        control.pointee.rootTable = frames.removeLast()
        let empty = frames.suffix(shape.architecture == .i386 ? 2 : 1)
        frames = frames.dropLast(empty.count) + reserved + empty
        var tables = frames.makeIterator()
        let next = { tables.next() }
        let early = earlyChunkCount
        for chunk in smallChunks() { mapSmall(chunk, isEarly: chunk < early, next) }
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
        return shape.debug ? allChunks : chunks
    }

    /// The same where no large pages are used: those mapped early, the last one, and the others as far as
    /// there is memory.
    private var allChunks: [UInt32] {
        let last = (directEnd - 1) / chunkPages
        let early = earlyChunkCount
        let others = (min(early, last)..<last).filter { shape.hasFrame($0 * chunkPages) }
        return Array(0..<min(early, last)) + [last] + others
    }

    /// Large pages' worth of memory that i386 maps before it knows how much there is: the kernel's image
    /// and a MiB behind it.
    ///
    /// The corresponding kernel function is `mk_early_pgtbl_32` (arch/x86/kernel/head32.c, 6.1).
    private var earlyChunkCount: UInt32 {
        guard shape.architecture == .i386 else { return 0 }
        return (imageEnd + 256 + chunkPages - 1) / chunkPages
    }

    /// One past the kernel's data, as far as it is known.
    private var imageEnd: UInt32 {
        let image = bootImageStart
        let window = image..<max(image, min(image + 4096, directEnd))
        let last = window.last { frames.readable($0).pointee.has(Frame.reserved) }
        return last.map { $0 + 1 } ?? image
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

    private func mapSmall(_ chunk: UInt32, isEarly: Bool, _ next: () -> UInt32?) {
        let first = chunk * chunkPages
        let protection = PageTableEntry.kernel(shape.architecture)
        let address = directAddress(first)
        guard let table = makeTable(address, to: paging.leafLevel, next) else { return }
        for pfn in first..<min(first + chunkPages, directEnd) {
            setEntry(table, Int(pfn - first), UInt64(pfn) << 12 | protection)
        }
        if isEarly {
            let entry = UInt64(table) << 12 | PageTableEntry.kernelTable
            setEntry(rootTable, paging.index(address, at: 0), entry)
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
    private func bootTableFrames(besides reserved: Range<UInt32>) -> [UInt32] {
        let count = imageTableCount(besides: reserved)
        var run: UInt32 = 0
        let image = bootImageStart
        var end: UInt32?
        for pfn in image..<max(image, min(image + 4096, directEnd)) {
            let isKernels = frames.readable(pfn).pointee.has(Frame.reserved)
            run = isKernels && !reserved.contains(pfn) ? run + 1 : 0
            if run >= count { end = pfn + 1 }
        }
        let first = end.map { $0 - count } ?? shape.frameEnd
        return Array(first..<(first + count))
    }

    /// Frames for tables in the kernel's image: for all of them but those that have frames set aside. On
    /// i386 they are what `extend_brk` gave, 12 pages if all is used.
    private func imageTableCount(besides reserved: Range<UInt32>) -> UInt32 {
        let others = shape.architecture == .i386 ? UInt32(4) : 48 + directEnd >> 18
        guard shape.debug else { return shape.architecture == .i386 ? 7 : others }
        let chunks = UInt32(allChunks.count)
        return others + chunks - min(UInt32(reserved.count), chunks)
    }
}
