/// Pages that are mapped only while somebody has them, so that whoever touches a freed one faults.
/// `CONFIG_DEBUG_PAGEALLOC`
///
/// Such a kernel maps all of low memory in small pages. A page that is freed loses what makes the CPU
/// take its entry, and gets it back with its next owner; its bytes stay as they are:
///
///     allocated at boot     pfn << 12 | G D A . . RW P
///     free                  pfn << 12 | . D A . . .  .
///     allocated again       pfn << 12 | . D A . . RW P
///
/// Every call of such a machine goes the long way, as on a corrupted one, so that others pay nothing.
extension Core {
    /// Whether free pages are not mapped.
    var unmapsFreePages: Bool { control.pointee.state & Control.unmapsFreePages != 0 }

    /// Maps the pages of a block that is about to be handed out, for stores too. High memory has no
    /// addresses of its own and is left alone.
    ///
    /// - Complexity: O(pages).
    ///
    /// The corresponding kernel function is `debug_pagealloc_map_pages` (include/linux/mm.h, 6.1).
    func mapAllocatedPages(_ pfn: UInt32, order: UInt32) {
        guard unmapsFreePages else { return }
        mapPages(pfn..<(pfn + (1 << order)), isMapped: true)
    }

    /// Unmaps the pages of a block that was freed, and notes in every one of them at which step.
    ///
    /// - Complexity: O(pages).
    ///
    /// The corresponding kernel function is `debug_pagealloc_unmap_pages` (include/linux/mm.h, 6.1).
    func unmapFreedPages(_ pfn: UInt32, order: UInt32) {
        guard unmapsFreePages else { return }
        let block = pfn..<(pfn + (1 << order))
        for page in block { frames.writable(page).pointee.step = control.pointee.step }
        mapPages(block, isMapped: false)
    }

    /// Other CPUs may remember the pages for longer: only this one's TLB is flushed, but all of it.
    ///
    /// The corresponding kernel function is `__kernel_map_pages` (arch/x86/mm/pat/set_memory.c, 6.1).
    private func mapPages(_ block: Range<UInt32>, isMapped: Bool) {
        let direct = block.clamped(to: 0..<directEnd)
        if direct.isEmpty { return }
        setPresent(direct, isMapped)
        tlb(control.pointee.cpu).flush()
    }

    /// Whether the page of a frame can be used at its address in the direct map, by the tables alone.
    func isMappedDirectly(_ pfn: UInt32) -> Bool { walk(directAddress(pfn)) != nil }
}

// MARK: - Entries of the direct map

extension Core {
    /// One past the last frame of the direct map.
    var directEnd: UInt32 { UInt32((layout.highMemory - layout.pageOffset) >> 12) }

    /// Changes what the CPU takes an entry for, of small pages in the direct map.
    ///
    /// The corresponding kernel functions are `__set_pages_p` and `__set_pages_np`
    /// (arch/x86/mm/pat/set_memory.c, 6.1).
    private func setPresent(_ pfns: Range<UInt32>, _ isPresent: Bool) {
        let access = PageTableEntry.present | PageTableEntry.writable
        changeEntries(pfns) { isPresent ? $0 | access : $0 & ~(access | PageTableEntry.global) }
    }

    /// Changes entries of the direct map; where there is none, nothing changes.
    ///
    /// The corresponding kernel function is `__change_page_attr` (arch/x86/mm/pat/set_memory.c, 6.1).
    private func changeEntries(_ pfns: Range<UInt32>, _ change: (UInt64) -> UInt64) {
        let span = UInt32(paging.entryCount)
        var pfn = pfns.lowerBound
        while pfn < pfns.upperBound {
            let end = min(pfns.upperBound, (pfn & ~(span - 1)) + span)
            if let table = leafTable(directAddress(pfn)) {
                let first = Int(pfn & (span - 1))
                for index in first..<(first + Int(end - pfn)) {
                    let old = entry(UInt64(table), index).rawValue
                    let new = old == 0 ? 0 : change(old)
                    if new != old { setEntry(table, index, new) }
                }
            }
            pfn = end
        }
    }
}

// MARK: - Booting

extension Core {
    /// Unmaps all pages that are free when the machine has booted, and every one that is freed later.
    ///
    /// - Complexity: O(frames of low memory).
    func unmapFreePages() {
        control.pointee.state |= Control.unmapsFreePages
        for zone in 0..<MachineShape.zoneCount where !shape.architecture.isHighmem(zone) {
            for order in 0...Order.largest {
                for type in 0..<MachineShape.migrateTypeCount {
                    forEach(in: freeList(zone, order, type)) { unmap($0, order: order) }
                }
            }
            for cpu in 0..<shape.cpuCount {
                let local = perCPU + (cpu * MachineShape.zoneCount + zone)
                for list in 0..<MachineShape.perCPUListCount {
                    let order = UInt32(list / MigrateType.perCPUTypeCount)
                    forEach(in: local.list(list)) { unmap($0, order: order) }
                }
            }
        }
    }

    /// Unmaps the kernel's initialisation code and data and the initial RAM disk, which stay reserved.
    ///
    /// The corresponding kernel function is `set_memory_np` (arch/x86/mm/pat/set_memory.c, 6.1).
    func unmapInitMemory(_ ranges: [Range<UInt32>]) {
        for range in ranges {
            changeEntries(range.clamped(to: 0..<directEnd)) {
                $0 & ~(PageTableEntry.present | PageTableEntry.global)
            }
        }
    }

    private func unmap(_ pfn: UInt32, order: UInt32) {
        setPresent((pfn..<(pfn + (1 << order))).clamped(to: 0..<directEnd), false)
    }
}
