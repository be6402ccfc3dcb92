/// The permanent mappings of high memory: few addresses for many pages.
///
/// A slot's count is 0 when it is free, 1 when nobody uses it but TLBs may still know it, and one more than
/// its users otherwise. Slots are taken round and round; at each wrap all that count 1 are flushed at once.
///
///     slot     0      1      2      3            last_pkmap_nr
///     count  | 0  |  2   |  1   |  3   | ...   |  2  |  0  |  0  | ...
///              free  1 user  stale  2 users
struct KmapPool: Hashable {
    /// `pkmap_count`; empty until the first mapping.
    private(set) var counts: [Int32] = []
    /// Slots with users.
    private(set) var usedCount = 0
    /// The slot that was taken last. `last_pkmap_nr`
    var last = 0
    /// From pages to slots.
    var hash = PageAddressHash()
    /// Who uses an address, in the order of the calls, as the simulator knows it.
    var uses: [KmapUse] = []
    /// Temporary mappings that were not given up, in the order of the calls.
    var temporary: [TemporaryMapping] = []

    func count(_ slot: Int) -> Int32 { slot < counts.count ? counts[slot] : 0 }

    mutating func setCount(_ slot: Int, _ count: Int32, slotCount: Int) {
        if counts.isEmpty { counts = Array(repeating: 0, count: slotCount) }
        usedCount += (count > 1 ? 1 : 0) - (counts[slot] > 1 ? 1 : 0)
        counts[slot] = count
    }
}

/// One `kmap` that was not answered by a `kunmap`.
struct KmapUse: Hashable {
    /// The step of the call.
    let step: UInt32
    let pfn: UInt32
    let address: UInt64
}

/// One temporary mapping that was not given up.
struct TemporaryMapping: Hashable {
    /// Which function made it.
    enum Kind: Hashable {
        case atomic
        case local
        /// 2.6's `kmap_atomic`, with a type.
        case typed(KmapType)
    }

    /// The step of the call.
    let step: UInt32
    let kind: Kind
    let pfn: UInt32
    let address: UInt64
    let cpu: UInt32
    let pid: UInt32
}

// MARK: - Where slots are

extension Core {
    /// Addresses for permanent mappings. `LAST_PKMAP`
    var kmapSlotCount: Int { Int(shape.kmapSlotCount) }

    /// The address of a slot. `PKMAP_ADDR`
    func kmapAddress(_ slot: Int) -> UInt64 {
        (layout.pkmapBase ?? 0) + UInt64(slot) << 12
    }

    /// The slot of an address; `nil` outside of the pool. `PKMAP_NR`
    func kmapSlot(at address: UInt64) -> Int? {
        guard let base = layout.pkmapBase, address >= base,
            address - base < UInt64(kmapSlotCount) << 12
        else { return nil }
        return Int((address - base) >> 12)
    }

    /// What a slot's entry in the page table is.
    func kmapEntry(_ slot: Int) -> PageTableEntry {
        entry(
            UInt64(control.pointee.pkmapTable),
            paging.index(kmapAddress(slot), at: paging.leafLevel))
    }

    func setKmapEntry(_ slot: Int, _ value: UInt64) {
        setEntry(
            control.pointee.pkmapTable, paging.index(kmapAddress(slot), at: paging.leafLevel), value
        )
    }

    /// Whether there is high memory, or could be: only such a kernel has a pool. `CONFIG_HIGHMEM`
    var hasHighmem: Bool { shape.architecture == .i386 }

    /// Whether a page has no address of its own. `PageHighMem`
    func isHighmem(_ pfn: UInt32) -> Bool { shape.architecture.isHighmem(zoneIndex(of: pfn)) }
}
