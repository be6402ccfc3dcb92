/// The page tables as a whole.
extension Machine {
    /// How the machine cuts addresses into indices.
    public var paging: PagingMode { core.paging }
    /// The frame of the root table.
    public var rootTable: PageFrameNumber { PageFrameNumber(core.rootTable) }

    /// The frames that are page tables, those of the kernel's image included, each with its level: 0 is
    /// the root's.
    ///
    /// - Complexity: O(tables x entries of one).
    public var pageTables: [PageFrameNumber: Int] {
        Dictionary(
            uniqueKeysWithValues: core.pageTables.map { (PageFrameNumber($0.key), $0.value) })
    }

    /// The frame behind an address, by the page tables alone; `nil` if nothing is mapped.
    ///
    /// - Complexity: O(levels).
    public func mappedFrame(_ address: VirtualAddress) -> UInt64? {
        core.walk(address.rawValue)?.frame
    }

    /// Whether there is memory behind a frame number, as an entry has it.
    public func isMemory(_ frame: UInt64) -> Bool { core.isMemory(frame) }
}

extension Core {
    /// Every table that the root leads to, by its frame, with its level.
    var pageTables: [UInt32: Int] {
        var found = [rootTable: 0]
        var tables = [rootTable]
        for level in 0..<paging.leafLevel {
            var below: [UInt32] = []
            for table in tables {
                for index in 0..<paging.entryCount {
                    let next = entry(UInt64(table), index)
                    let pfn = frameNumber(next)
                    guard next.isPresent, !next.isLarge, pfn < UInt64(contents.limit),
                        found[UInt32(pfn)] == nil
                    else { continue }
                    found[UInt32(pfn)] = level + 1
                    below.append(UInt32(pfn))
                }
            }
            tables = below
        }
        return found
    }

    /// Bytes of the direct map that are mapped in small pages, and in large ones. Pages that are unmapped
    /// while they are free count as well.
    ///
    /// The corresponding kernel variable is `direct_pages_count` (arch/x86/mm/pat/set_memory.c, 6.1).
    var directMapBytes: (small: UInt64, large: UInt64) {
        var bytes: (small: UInt64, large: UInt64) = (0, 0)
        var address = layout.pageOffset
        let span = paging.levels[paging.largeLevel].span
        while address < layout.highMemory {
            defer { address += span }
            if let table = leafTable(address) {
                let count = Int((min(address + span, layout.highMemory) - address) >> 12)
                let mapped = (0..<count).count { entry(UInt64(table), $0).rawValue != 0 }
                bytes.small += UInt64(mapped) << 12
            } else if walk(address) != nil {
                bytes.large += span
            }
        }
        return bytes
    }

    /// Second-level tables that the kernel took for itself after boot: on x86_64 it counts these among
    /// users' page tables. `NR_PAGETABLE`, `pmd_alloc_one` (include/asm-generic/pgalloc.h, 6.1).
    var countedTables: Int {
        guard shape.architecture == .x86_64 else { return 0 }
        return pageTables.count {
            $0.value == paging.leafLevel - 1 && $0.key < shape.frameEnd
                && frames.readable($0.key).pointee.has(Frame.mapping)
        }
    }
}
