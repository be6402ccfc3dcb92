/// What one CPU remembers of its walks at a moment.
public struct TLBSnapshot: Sendable {
    /// One translation.
    public struct Entry: Hashable, Sendable {
        /// The first address of the page.
        public let address: VirtualAddress
        /// Base-2 logarithm of the page's size.
        public let pageShift: UInt64
        /// The page's first frame.
        public let frame: UInt64
        /// Whether stores are allowed.
        public let isWritable: Bool
        /// The page tables say otherwise by now: another frame, other rights, or nothing.
        public let isStale: Bool
    }

    /// What the CPU counted.
    public let counters: TLBCounters
    /// Translations of small pages, set by set, each set from the newest to the oldest; then of large
    /// ones.
    public let entries: [Entry]
}

extension Machine {
    /// What each CPU can remember.
    public var tlbShape: TLBShape { core.shape.tlb }

    /// What a CPU remembers.
    ///
    /// - Complexity: O(entries).
    public func tlb(ofCPU cpu: Int) -> TLBSnapshot {
        let tlb = core.tlb(UInt32(cpu))
        var entries: [TLBSnapshot.Entry] = []
        tlb.small.forEach { entries.append(core.snapshot($0, shift: 12)) }
        tlb.large.forEach { entries.append(core.snapshot($0, shift: core.paging.largeShift)) }
        return TLBSnapshot(counters: tlb.counters.pointee, entries: entries)
    }

    /// What the current CPU remembers of an address; `nil` if it would have to walk.
    public func tlbEntry(for address: VirtualAddress) -> TLBSnapshot.Entry? {
        guard core.shape.architecture.isCanonical(address.rawValue) else { return nil }
        let tlb = core.tlb(core.control.pointee.cpu)
        if let entry = tlb.small.peek(core.smallPage(address.rawValue)) {
            return core.snapshot(entry, shift: 12)
        }
        return tlb.large.peek(core.largePage(address.rawValue))
            .map { core.snapshot($0, shift: core.paging.largeShift) }
    }
}

extension Core {
    fileprivate func snapshot(_ entry: TLBEntry, shift: UInt64) -> TLBSnapshot.Entry {
        let address = shape.architecture.canonical(entry.page << shift)
        let now = walk(address)
        return TLBSnapshot.Entry(
            address: VirtualAddress(address), pageShift: shift, frame: entry.frame,
            isWritable: entry.isWritable,
            isStale: now?.frame != entry.frame || now?.isWritable != entry.isWritable)
    }
}
