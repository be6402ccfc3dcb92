/// What one list has and another has not, each in the order of its list.
struct ListChange<Element> {
    /// Elements of the later list only.
    let added: [Element]
    /// Elements of the earlier list only.
    let removed: [Element]

    /// - Parameter key: equal for elements that stand for the same thing.
    /// - Complexity: O(elements of both).
    init(_ earlier: [Element], _ later: [Element], by key: (Element) -> some Hashable) {
        let (before, after) = (Set(earlier.map(key)), Set(later.map(key)))
        added = later.filter { !before.contains(key($0)) }
        removed = earlier.filter { !after.contains(key($0)) }
    }
}
