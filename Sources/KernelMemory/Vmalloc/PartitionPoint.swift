extension Array {
    /// The index of the first element of which something holds that also holds of all behind it;
    /// `count` if it holds of none.
    ///
    /// - Complexity: O(log count).
    func partitionPoint(_ holds: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
