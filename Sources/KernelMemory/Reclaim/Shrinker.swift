/// A cache whose unused objects the kernel may take back, as it does the dentry cache's.
///
/// The corresponding kernel types are `struct shrinker` and the `struct list_lru` beside it
/// (include/linux/shrinker.h and list_lru.h, 6.1).
struct Shrinker {
    /// The cache's number.
    let cache: UInt32
    /// Objects that their owner keeps but does not use.
    var unused = ObjectLRU()
    /// Objects that should have been looked at before and were not. `nr_deferred`.
    var deferred = 0
    /// Objects that were looked at so far.
    var scanned = 0
    /// Objects that were freed so far.
    var freed = 0
    /// Pages that went back to the page allocator with them.
    var pagesFreed = 0

    /// Objects that are looked at in one go. `SHRINK_BATCH`.
    static let batch = 128
    /// What making an object again costs, in disk seeks. `DEFAULT_SEEKS`.
    static let seeks = 2
}

/// What a machine keeps of memory that can be reclaimed, and of memory that cannot.
struct ReclaimState {
    /// In the order in which they were registered. `shrinker_list`.
    private(set) var shrinkers: [Shrinker] = []
    /// Requests that had to reclaim before they could be served, or failed. `allocstall`.
    var directReclaims = 0
    /// The steps in which shrinkers freed objects, in order.
    private var steps: [UInt32] = []
    /// Lists of free objects that their owners keep for themselves.
    var freeLists: [FreeObjectStore] = []
    /// The objects on them.
    var stored: Set<UInt64> = []

    /// Whether there is anything that reclaim could take.
    var hasShrinkers: Bool { !shrinkers.isEmpty }

    /// The place of a cache's shrinker.
    func index(of cache: UInt32) -> Int? { shrinkers.firstIndex { $0.cache == cache } }

    /// Adds a shrinker for a cache that has none.
    mutating func add(_ cache: UInt32) {
        if index(of: cache) == nil { shrinkers.append(Shrinker(cache: cache)) }
    }

    /// Forgets a cache's shrinker with its list.
    mutating func remove(_ cache: UInt32) { shrinkers.removeAll { $0.cache == cache } }

    /// Changes one shrinker in its place.
    subscript(index: Int) -> Shrinker {
        get { shrinkers[index] }
        _modify { yield &shrinkers[index] }
    }

    /// Remembers that shrinkers freed objects in a step.
    mutating func noteReclaim(step: UInt32) {
        if steps.last != step { steps.append(step) }
    }

    /// Whether shrinkers freed objects in a step.
    func reclaimed(inStep step: UInt32) -> Bool {
        var range = steps[...]
        while let middle = range.indices.middle {
            if steps[middle] == step { return true }
            range = steps[middle] < step ? range[(middle + 1)...] : range[..<middle]
        }
        return false
    }
}

extension Range<Int> {
    fileprivate var middle: Int? { isEmpty ? nil : lowerBound + count / 2 }
}
