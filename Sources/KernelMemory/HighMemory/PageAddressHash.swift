/// From a page of high memory to the slot that maps it: `page->virtual` would cost every page a word.
///
/// The corresponding kernel table is `page_address_htable` (mm/highmem.c, 6.1).
struct PageAddressHash: Hashable {
    /// The first slot of each bucket.
    private var heads: [UInt16] = []
    /// For each slot the next one of its bucket.
    private var next: [UInt16] = []
    /// For each slot the page that it was last entered for. `page_address_maps`
    private(set) var pages: [UInt64] = []

    /// Base-2 logarithm of the number of buckets. `PA_HASH_ORDER`
    static let order: UInt32 = 7
    private static let none = UInt16.max

    /// The bucket of a `struct page`. `page_slot`, `hash_ptr`
    static func bucket(_ page: UInt64) -> Int {
        let golden: UInt32 = 0x61c8_8647
        return Int((UInt32(truncatingIfNeeded: page) &* golden) >> (32 - order))
    }

    /// The slot that maps a page; `nil` if none does.
    ///
    /// - Complexity: O(slots in the bucket).
    ///
    /// The corresponding kernel function is `page_address` (mm/highmem.c, 6.1).
    func slot(of page: UInt64) -> Int? {
        if heads.isEmpty { return nil }
        var slot = heads[Self.bucket(page)]
        while slot != Self.none {
            if pages[Int(slot)] == page { return Int(slot) }
            slot = next[Int(slot)]
        }
        return nil
    }

    /// Enters a page at the end of its bucket.
    ///
    /// The corresponding kernel function is `set_page_address` (mm/highmem.c, 6.1).
    mutating func add(_ page: UInt64, slot: Int, slotCount: Int) {
        if heads.isEmpty {
            heads = Array(repeating: Self.none, count: 1 << Int(Self.order))
            next = Array(repeating: Self.none, count: slotCount)
            pages = Array(repeating: 0, count: slotCount)
        }
        // One that a damaged page-table entry kept from being taken out.
        if pages[slot] != 0 { remove(pages[slot]) }
        pages[slot] = page
        next[slot] = Self.none
        let bucket = Self.bucket(page)
        guard heads[bucket] != Self.none else { return heads[bucket] = UInt16(slot) }
        var last = heads[bucket]
        while next[Int(last)] != Self.none { last = next[Int(last)] }
        next[Int(last)] = UInt16(slot)
    }

    /// Takes a page out; nothing if it is not there.
    mutating func remove(_ page: UInt64) {
        if heads.isEmpty { return }
        let bucket = Self.bucket(page)
        var previous = Self.none
        var slot = heads[bucket]
        while slot != Self.none, pages[Int(slot)] != page {
            previous = slot
            slot = next[Int(slot)]
        }
        if slot == Self.none { return }
        if previous == Self.none {
            heads[bucket] = next[Int(slot)]
        } else {
            next[Int(previous)] = next[Int(slot)]
        }
        pages[Int(slot)] = 0
    }

    /// The slots of each bucket that has any, in their order.
    var buckets: [(bucket: Int, slots: [Int])] {
        heads.indices.compactMap { bucket in
            var slots: [Int] = []
            var slot = heads[bucket]
            while slot != Self.none {
                slots.append(Int(slot))
                slot = next[Int(slot)]
            }
            return slots.isEmpty ? nil : (bucket, slots)
        }
    }
}
