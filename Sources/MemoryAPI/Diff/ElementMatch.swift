/// Which elements of one list are those of another, in an order that both have.
struct ElementMatch {
    /// For each element of the later list the place of the same one in the earlier list; `nil` for one
    /// that has to be added.
    private(set) var places: [Int?]
    /// The places in the earlier list that have to be removed, the last one first.
    private(set) var removed: [Int]

    /// Elements with the same key are the same; of several with one key, the first is the first.
    ///
    /// - Complexity: O(n log n) for n elements of both lists.
    init(_ earlier: [UInt64], _ later: [UInt64]) {
        let found = Self.places(of: later, in: earlier)
        let kept = Self.longestRise(found)
        places = Array(repeating: nil, count: later.count)
        var stays = Array(repeating: false, count: earlier.count)
        for index in kept {
            places[index] = found[index]
            if let place = found[index] { stays[place] = true }
        }
        removed = stays.indices.reversed().filter { !stays[$0] }
    }

    /// How many elements are added or removed.
    var changeCount: Int { removed.count + places.count { $0 == nil } }

    /// Where each of some keys is in a list, every place being used once.
    private static func places(of keys: [UInt64], in list: [UInt64]) -> [Int?] {
        let wanted = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
        let there = list.indices.sorted { (list[$0], $0) < (list[$1], $1) }
        var places = [Int?](repeating: nil, count: keys.count)
        var next = 0
        for index in wanted {
            while next < there.count, list[there[next]] < keys[index] { next += 1 }
            guard next < there.count, list[there[next]] == keys[index] else { continue }
            places[index] = there[next]
            next += 1
        }
        return places
    }

    /// The longest selection whose places rise, by patience sorting: where they are in the list.
    private static func longestRise(_ places: [Int?]) -> [Int] {
        /// The ends of the best selections of each length.
        var ends: [Int] = []
        var previous = Array(repeating: -1, count: places.count)
        for index in places.indices {
            guard let place = places[index] else { continue }
            var (low, high) = (0, ends.count)
            while low < high {
                let middle = (low + high) / 2
                if places[ends[middle]]! < place { low = middle + 1 } else { high = middle }
            }
            if low > 0 { previous[index] = ends[low - 1] }
            if low == ends.count { ends.append(index) } else { ends[low] = index }
        }
        var selection: [Int] = []
        var index = ends.last ?? -1
        while index >= 0 {
            selection.append(index)
            index = previous[index]
        }
        return selection.reversed()
    }
}
