/// The frames of a zone that a recording said something about; nothing may be said twice.
struct FrameSet {
    /// Where a frame is named; the text is only put together for a refusal.
    struct Place {
        let record: RecordingError.Record
        private let path: String
        private let index: Int
        private let suffix: String

        init(
            _ record: RecordingError.Record, _ path: String = "/r", _ index: Int = 0,
            _ suffix: String = ""
        ) {
            self.record = record
            self.path = path
            self.index = index
            self.suffix = suffix
        }

        var field: String { "\(path)/\(index)\(suffix)" }
    }

    let frames: Range<UInt32>
    private var isTaken: [Bool]

    init(_ frames: Range<UInt32>) {
        self.frames = frames
        isTaken = Array(repeating: false, count: frames.count)
    }

    /// The frames that nothing was said about.
    var rest: some Sequence<UInt32> {
        frames.lazy.filter { !isTaken[Int($0 - frames.lowerBound)] }
    }

    /// Notes a block.
    mutating func insert(
        block pfn: UInt32, order: UInt32, _ place: Place
    ) throws(RecordingError) {
        guard pfn & ((1 << order) - 1) == 0 else {
            throw RecordingError(
                place.record, place.field, value: "\(pfn)",
                expected: "a multiple of \(1 << order), the block's size")
        }
        try insert(pfn, 1 << order, place)
    }

    /// Notes some frames.
    mutating func insert(
        _ start: UInt32, _ count: UInt32, _ place: Place
    ) throws(RecordingError) {
        try checkFree(start, count, place)
        for pfn in start..<(start + count) { isTaken[Int(pfn - frames.lowerBound)] = true }
    }

    /// Refuses frames outside of the zone, and those that were noted before.
    ///
    /// - Complexity: O(count), at most the frames of the zone.
    func checkFree(
        _ start: UInt32, _ count: UInt32, _ place: Place
    ) throws(RecordingError) {
        guard count > 0, start >= frames.lowerBound, count <= frames.upperBound,
            start <= frames.upperBound - count
        else {
            throw RecordingError(
                place.record, place.field, value: count == 1 ? "\(start)" : "\(start) (\(count))",
                expected: "frames of the zone, \(frames.lowerBound) to \(frames.upperBound - 1)")
        }
        for pfn in start..<(start + count) where isTaken[Int(pfn - frames.lowerBound)] {
            throw RecordingError(
                place.record, place.field, value: "\(pfn)",
                expected: "frames that are named once in the dump; \(pfn) has a place already")
        }
    }
}
