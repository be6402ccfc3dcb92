/// How much of the backing pages of a vmalloc trace was exact.
struct VmallocExactness {
    private var calls = 0
    private var exactCalls = 0
    private var pages = 0
    private var exactPages = 0
    /// Where the first difference was that nothing explained.
    var divergence: String?
    /// What other tasks must have done to the pages.
    var otherTasks: [String] = []
    /// Differences that other tasks may have made.
    var notes: [String] = []

    /// Counts an area that vmalloc made.
    mutating func add(pages count: Int, isExact: Bool) {
        calls += 1
        pages += count
        guard divergence == nil, isExact else { return }
        exactCalls += 1
        exactPages += count
    }

    /// The same in words, for the notes of a replay.
    var lines: [String] {
        let share = "\(exactCalls) of \(calls) calls, \(exactPages) of \(pages) pages"
        var lines = ["backing pages exact: \(share)"]
        if let divergence {
            lines.append("from there on frames are compared by name: " + divergence)
        }
        for deed in otherTasks.prefix(10) { lines.append("another task, " + deed) }
        if otherTasks.count > 10 { lines.append("and \(otherTasks.count - 10) times more") }
        return lines + notes
    }
}
