/// Numbers of pages: a bit for each.
struct PageSet {
    private var words: [UInt64]

    /// None of the pages below `count`.
    init(count: Int) { words = Array(repeating: 0, count: count / 64 + 1) }

    /// Adds a page, which must be below the set's count.
    ///
    /// - Returns: whether it is new.
    @inline(__always)
    mutating func insert(_ page: Int) -> Bool {
        let bit: UInt64 = 1 << UInt64(page & 63)
        let isNew = words[page >> 6] & bit == 0
        words[page >> 6] |= bit
        return isNew
    }
}
