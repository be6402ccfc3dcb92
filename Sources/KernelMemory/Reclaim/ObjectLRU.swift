/// Objects that their owner keeps although nobody uses them, the one marked longest ago first.
///
/// The kernel links the objects themselves. Here an object that is taken off leaves a gap, and the
/// gaps are closed when they are more than the objects.
///
/// The corresponding kernel type is `struct list_lru_one` (include/linux/list_lru.h, 6.1).
struct ObjectLRU {
    /// An object on the list.
    struct Entry {
        var address: UInt64
        /// The step that marked it unused.
        var step: UInt32
    }

    /// Oldest first; ``gap`` where an object was taken off.
    private var entries: [Entry] = []
    /// Before it there are only gaps.
    private var head = 0
    private var places: [UInt64: Int] = [:]

    /// No object is at address 0.
    private static let gap = Entry(address: 0, step: 0)
    /// Below this number of entries gaps do not matter.
    private static let leastToClose = 64

    /// How many objects are on the list. `nr_items`.
    var count: Int { places.count }

    /// Whether an object is on it.
    func contains(_ address: UInt64) -> Bool { places[address] != nil }

    /// Its objects, oldest first.
    ///
    /// - Complexity: O(entries).
    var objects: [Entry] { entries[head...].filter { $0.address != 0 } }

    /// Puts an object at the young end.
    ///
    /// - Returns: `false` if it is on the list already; then nothing has changed.
    ///
    /// The corresponding kernel function is `list_lru_add` (mm/list_lru.c, 6.1).
    mutating func add(_ address: UInt64, step: UInt32) -> Bool {
        guard address != 0, places[address] == nil else { return false }
        places[address] = entries.count
        entries.append(Entry(address: address, step: step))
        return true
    }

    /// Takes an object off.
    ///
    /// - Returns: whether it was on the list.
    /// - Complexity: O(1), amortized.
    ///
    /// The corresponding kernel function is `list_lru_del` (mm/list_lru.c, 6.1).
    mutating func remove(_ address: UInt64) -> Bool {
        guard let index = places.removeValue(forKey: address) else { return false }
        entries[index] = Self.gap
        closeGaps()
        return true
    }

    /// Takes the oldest object off; `nil` if there is none.
    ///
    /// - Complexity: O(1), amortized.
    mutating func removeOldest() -> Entry? {
        while head < entries.count, entries[head].address == 0 { head += 1 }
        guard head < entries.count else { return nil }
        let oldest = entries[head]
        places[oldest.address] = nil
        entries[head] = Self.gap
        head += 1
        closeGaps()
        return oldest
    }

    private mutating func closeGaps() {
        guard entries.count >= Self.leastToClose, entries.count > 2 * places.count else { return }
        entries = objects
        head = 0
        for (index, entry) in entries.enumerated() { places[entry.address] = index }
    }
}
