/// Page tables: frames whose bytes are entries.
///
/// They lie in the machine's memory like everything else. Whoever writes over one has changed what is
/// mapped, and a walk follows whatever stands there.
extension Core {
    /// The frame of the root table, which the CPUs' `CR3` names. `swapper_pg_dir`, `init_top_pgt`.
    var rootTable: UInt32 { control.pointee.rootTable }

    /// The entry of a table; of what is no memory at all, one that maps nothing.
    @inline(__always)
    func entry(_ table: UInt64, _ index: Int) -> PageTableEntry {
        guard table < UInt64(contents.limit) else { return PageTableEntry(rawValue: 0) }
        let page = contents.readable(UInt32(truncatingIfNeeded: table))
        return PageTableEntry(
            rawValue: shape.architecture == .i386
                ? UInt64(page.load(fromByteOffset: index &* 4, as: UInt32.self))
                : page.load(fromByteOffset: index &* 8, as: UInt64.self))
    }

    /// Writes an entry. `set_pte`.
    @inline(__always)
    func setEntry(_ table: UInt32, _ index: Int, _ value: UInt64) {
        let page = contents.writable(table)
        if shape.architecture == .i386 {
            page.storeBytes(
                of: UInt32(truncatingIfNeeded: value), toByteOffset: index &* 4, as: UInt32.self)
        } else {
            page.storeBytes(of: value, toByteOffset: index &* 8, as: UInt64.self)
        }
    }

    /// The frame that an entry names. `pte_pfn`.
    @inline(__always)
    func frameNumber(_ entry: PageTableEntry) -> UInt64 {
        (entry.rawValue & paging.frameMask) >> 12
    }

    /// The table of the last level for an address, made with all the tables on the way to it.
    ///
    /// - Parameters:
    ///   - last: the level of the table that is wanted.
    ///   - allocate: gives a frame full of zeroes; `nil` if there is no memory.
    /// - Returns: `nil` if there was no memory, or if the way is blocked by something else; tables that
    ///   were made stay.
    ///
    /// The corresponding kernel functions are `pud_alloc`, `pmd_alloc` and `pte_alloc_kernel`
    /// (mm/memory.c, 6.1).
    func makeTable(_ address: UInt64, to last: Int, _ allocate: () -> UInt32?) -> UInt32? {
        var table = rootTable
        for level in 0..<last {
            let index = paging.index(address, at: level)
            let present = entry(UInt64(table), index)
            if !present.isPresent {
                guard let new = allocate() else { return nil }
                explain(
                    .tableMade,
                    ["address": VirtualAddress(address), "table_pfn": new, "index": index])
                setEntry(table, index, UInt64(new) << 12 | PageTableEntry.table)
                table = new
                continue
            }
            let next = frameNumber(present)
            guard !present.isLarge, next < UInt64(contents.limit) else { return nil }
            table = UInt32(next)
        }
        return table
    }

    /// The table of the last level for an address, as far as there is one.
    func leafTable(_ address: UInt64) -> UInt32? {
        var table = UInt64(rootTable)
        for level in 0..<paging.leafLevel {
            let next = entry(table, paging.index(address, at: level))
            guard next.isPresent, !next.isLarge else { return nil }
            table = frameNumber(next)
        }
        return table < UInt64(contents.limit) ? UInt32(table) : nil
    }

    /// Takes a page for a table, full of zeroes.
    ///
    /// The corresponding kernel function is `__pte_alloc_one_kernel` (include/asm-generic/pgalloc.h,
    /// 6.1).
    func allocateTable() -> UInt32? {
        let pfn = allocateForMapping(GFPFlags.kernel.union(.zero), .pageTable)
        return pfn == noFrame ? nil : pfn
    }
}
