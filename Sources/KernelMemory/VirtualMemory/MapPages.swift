/// Filling and clearing the page tables of the vmalloc area.
extension Core {
    /// Maps frames to consecutive pages.
    ///
    /// - Parameter protection: the bits of every entry beside the frame.
    /// - Returns: `false` if there was no memory for a table; what was mapped stays mapped.
    /// - Complexity: O(pages).
    ///
    /// The corresponding kernel function is `vmap_small_pages_range_noflush` (mm/vmalloc.c, 6.1).
    func mapPages(
        _ pfns: UnsafeBufferPointer<UInt32>, at start: UInt64, _ protection: UInt64
    ) -> Bool {
        var done = 0
        explainRounds(of: .pageRequest, keeping: [.tableMade, .entriesWritten])
        defer { endExplainedRounds() }
        while done < pfns.count {
            let address = start &+ UInt64(done) &<< 12
            let first = paging.index(address, at: paging.leafLevel)
            let count = min(pfns.count - done, paging.entryCount - first)
            guard let table = makeTable(address, to: paging.leafLevel, allocateTable) else {
                return false
            }
            let part = UnsafeBufferPointer(rebasing: pfns[done..<(done + count)])
            explain(
                .entriesWritten,
                [
                    "address": VirtualAddress(address), "entries": count, "table_pfn": table,
                    "index": first, "first_pfn": part[0], "last_pfn": part[count - 1],
                ])
            setEntries(contents.writable(table) + first * paging.entrySize, part, protection)
            done += count
        }
        return true
    }

    @inline(__always)
    private func setEntries(
        _ place: UnsafeMutableRawPointer, _ pfns: UnsafeBufferPointer<UInt32>, _ protection: UInt64
    ) {
        if shape.architecture == .i386 {
            let entries = place.assumingMemoryBound(to: UInt32.self)
            let bits = UInt32(truncatingIfNeeded: protection)
            for index in pfns.indices { entries[index] = pfns[index] &<< 12 | bits }
        } else {
            let entries = place.assumingMemoryBound(to: UInt64.self)
            for index in pfns.indices { entries[index] = UInt64(pfns[index]) &<< 12 | protection }
        }
    }

    /// Clears the entries of a range of addresses; the tables stay, and so does the TLB.
    ///
    /// - Complexity: O(pages).
    ///
    /// The corresponding kernel function is `vunmap_range_noflush` (mm/vmalloc.c, 6.1).
    func unmapPages(_ range: Range<UInt64>) {
        let tableSpan = paging.tableSpan
        var address = range.lowerBound
        while address < range.upperBound {
            let end = min(range.upperBound, (address & ~(tableSpan - 1)) + tableSpan)
            if let table = leafTable(address), !contents.isZero(table) {
                let first = paging.index(address, at: paging.leafLevel)
                let count = Int((end - address) >> 12)
                explain(
                    .entriesCleared,
                    [
                        "address": VirtualAddress(address), "entries": count, "table_pfn": table,
                        "index": first,
                    ])
                (contents.writable(table) + first * paging.entrySize).initializeMemory(
                    as: UInt8.self, repeating: 0, count: count * paging.entrySize)
            }
            address = end
        }
    }

    /// Gives up the memory of ours that tables cost whose entries are all gone.
    func trimTables(_ range: Range<UInt64>) {
        let tableSpan = paging.tableSpan
        var address = range.lowerBound & ~(tableSpan - 1)
        while address < range.upperBound {
            if let table = leafTable(address) { contents.trim(table) }
            address += tableSpan
        }
    }
}
