/// What must hold of areas of vmalloc, page tables and TLBs, as long as callers keep the rules.
extension Core {
    /// The first thing that does not hold, in words; `nil` if all is well.
    ///
    /// Areas in use, free and lazily freed address space are ascending, and together they are all of it
    /// once; the page tables map the pages of areas in use and nothing else; the frames that count as
    /// mapped are theirs and the tables'; and a TLB disagrees with the tables about lazily freed
    /// addresses at most, about temporary mappings, and about free pages that were unmapped.
    func checkVmap() -> String? {
        var census = MappingCensus()
        return checkAddressSpace() ?? checkAreas(&census) ?? checkTables(census)
            ?? checkMappedFrames(&census) ?? checkTLBs()
    }

    // MARK: Address space

    private func checkAddressSpace() -> String? {
        let space = vmap.pointee
        let areas = space.areas.map(\.range)
        for list in [areas, space.free.ranges, space.unpurged.ranges] {
            for (range, next) in zip(list, list.dropFirst()) where range.end > next.start {
                return "\(text(next)) is not behind \(text(range))"
            }
        }
        let all = (areas + space.free.ranges + space.unpurged.ranges)
            .sorted { $0.start < $1.start }
        var end: UInt64 = 1
        for range in all {
            if range.start >= range.end { return "\(text(range)) is empty" }
            if range.start < end { return "\(text(range)) has two uses" }
            // A recorded kernel has areas of which the record does not tell.
            if range.start > end, !isRecorded { return "nobody has what is before \(text(range))" }
            end = range.end
        }
        if end != pointerMask, !isRecorded { return "nobody has the end of the address space" }
        let lazy = space.unpurged.ranges.map(\.pageCount).reduce(0, +)
        return lazy == space.lazyPages || isRecorded
            ? nil : "\(lazy) pages wait for a purge, counted \(space.lazyPages)"
    }

    private var isRecorded: Bool { vmap.pointee.areas.contains { $0.step == 0 } }

    private func text(_ range: VmapRange) -> String {
        "\(VirtualAddress(range.start))-\(VirtualAddress(range.end))"
    }

    // MARK: Areas and their pages

    private func checkAreas(_ census: inout MappingCensus) -> String? {
        var pages: Int64 = 0
        for area in vmap.pointee.areas where area.step != 0 {
            pages += Int64(area.pageCount)
            census.areaPages += (area.mappedEnd - area.range.start) >> 12
            if walk(area.mappedEnd) != nil { return "\(text(area.range)): no guard page" }
            let violation =
                area.flags.contains(.alloc) ? checkPages(of: area, &census) : checkMap(area)
            if let violation { return "\(text(area.range)): " + violation }
        }
        let counted = vmap.pointee.pageCount
        return pages == counted || isRecorded || (hasLostPages && pages < counted)
            ? nil : "\(pages) pages in areas, counted \(counted)"
    }

    /// Whether vunmap took an area from vmalloc away: its pages are counted, and nobody's.
    private var hasLostPages: Bool { cold.misuses.contains { $0.code == .vunmapOfVmalloc } }

    private func checkPages(of area: VmArea, _ census: inout MappingCensus) -> String? {
        if UInt64(area.pageCount) != (area.mappedEnd - area.range.start) >> 12 {
            return "\(area.pageCount) pages"
        }
        var pfns: [UInt32] = []
        withPagePointers(area.pageCount, at: area.pages) { pages in
            for index in 0..<pages.count {
                if let pfn = frame(of: pages[index]) { pfns.append(pfn) }
            }
        }
        if pfns.count != Int(area.pageCount) { return "no page behind some pointer" }
        for (index, pfn) in pfns.enumerated() {
            let address = area.range.start + UInt64(index) << 12
            if walk(address)?.frame != UInt64(pfn) { return "page \(index) is not mapped" }
            let frame = frames.readable(pfn).pointee
            let code = MappingUse.vmallocPage(mappedPage(address)).code
            if !frame.has(Frame.mapping) || frame.next != code || frame.referenceCount != 1 {
                return "frame \(pfn) of page \(index) does not know it"
            }
            if !census.frames.insert(pfn).inserted { return "frame \(pfn) is in two areas" }
        }
        return nil
    }

    private func checkMap(_ area: VmArea) -> String? {
        for address in stride(from: area.range.start, to: area.mappedEnd, by: 4096)
        where walk(address).map({ !isMemory($0.frame) }) ?? true {
            return "\(VirtualAddress(address)) is not mapped"
        }
        return nil
    }

    // MARK: Tables, frames, TLBs

    /// Counts what is mapped where areas lie.
    private func checkTables(_ census: MappingCensus) -> String? {
        if isRecorded { return nil }
        var mapped = mappedPages(in: vmallocWindow)
        if shape.architecture == .x86_64 { mapped += mappedPages(in: moduleWindow) }
        return mapped == census.areaPages
            ? nil : "\(mapped) pages mapped, but areas have \(census.areaPages)"
    }

    private func mappedPages(in window: VmapWindow) -> UInt64 {
        let span = paging.tableSpan
        var mapped: UInt64 = 0
        var address = window.start
        while address < window.end {
            guard let table = leafTable(address) else {
                address = skipEmpty(address)
                continue
            }
            let next = (address & ~(span - 1)) + span
            for page in stride(from: address, to: min(next, window.end), by: 4096)
            where entry(UInt64(table), paging.index(page, at: paging.leafLevel)).isPresent {
                mapped += 1
            }
            address = next
        }
        return mapped
    }

    /// The next address that may be mapped, behind one that has no table of the last level.
    private func skipEmpty(_ address: UInt64) -> UInt64 {
        let last = tracedWalk(address).steps.last?.level ?? 0
        let span = paging.levels[min(last, paging.leafLevel - 1)].span
        let (next, overflow) = (address & ~(span - 1)).addingReportingOverflow(span)
        return overflow ? .max : next
    }

    private func checkMappedFrames(_ census: inout MappingCensus) -> String? {
        for (table, _) in pageTables where table < shape.frameEnd {
            let frame = frames.readable(table).pointee
            if frame.has(Frame.reserved) { continue }
            if !frame.has(Frame.mapping) || !isTable(table) {
                if isRecorded { continue }
                return "table \(table) is no table's frame"
            }
            if !census.frames.insert(table).inserted { return "table \(table) is an area's page" }
        }
        let hasLostPages = hasLostPages
        for pfn in 0..<shape.frameEnd where frames.readable(pfn).pointee.has(Frame.mapping) {
            if census.frames.remove(pfn) != nil || isRecorded { continue }
            if hasLostPages, !isTable(pfn) { continue }
            return "frame \(pfn) counts as mapped, but is not"
        }
        return nil
    }

    /// Whether a frame that counts as mapped does so as a page table.
    private func isTable(_ pfn: UInt32) -> Bool {
        MappingUse(code: frames.readable(pfn).pointee.next) == .pageTable
    }

    /// Whether an address is for temporary mappings, which only their own CPU's TLB has to forget.
    private func isTemporary(_ address: UInt64) -> Bool {
        hasHighmem
            && (localAddresses.contains(address) || typedAddresses.contains(address))
    }

    /// Whether an address is a free page's that was unmapped: one CPU's TLB forgot it, others may not have.
    private func isUnmapped(_ address: UInt64) -> Bool {
        unmapsFreePages && directFrame(address) != nil && walk(address) == nil
    }

    private func checkTLBs() -> String? {
        for cpu in 0..<shape.cpuCount {
            let tlb = tlb(UInt32(cpu))
            for (sets, shift) in [(tlb.small, 12), (tlb.large, paging.largeShift)] {
                var violation: String?
                sets.forEach { known in
                    let address = shape.architecture.canonical(known.page << shift)
                    let now = walk(address)
                    if now?.frame == known.frame, now?.isWritable == known.isWritable { return }
                    if isTemporary(address) || isUnmapped(address) { return }
                    let isLazy = vmap.pointee.unpurged.ranges.contains {
                        $0.start <= address && address < $0.end
                    }
                    if !isLazy { violation = "cpu \(cpu): stale \(VirtualAddress(address))" }
                }
                if let violation { return violation }
            }
        }
        return nil
    }
}

/// What areas have.
private struct MappingCensus {
    var frames: Set<UInt32> = []
    var areaPages: UInt64 = 0
}
