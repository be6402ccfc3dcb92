import Glibc

/// Why a request target cannot be understood.
enum TargetFault {
    case malformed, badEscape, nulByte, tooManyQueryItems, tooLong
}

/// The request target, cut and percent-decoded in place in a block that is reused from request
/// to request.
///
/// The path is cut at each `/` *before* its escapes are decoded, so that `%2F` stays inside its
/// segment. Decoding only ever shortens, so everything is written over what was read.
///
///     storage   /pages/0x1 ?order=2&x
///     segments   ^    ^              two ranges of the path
///     items                ^   ^     key and value ranges of the query
struct RequestTarget: ~Copyable {
    /// Longest target in bytes; positions are kept in 16 bits.
    static let limitInBytes = 4_096
    /// A path with more segments matches no route.
    static let segmentLimit = 16
    /// A query with more items is refused.
    static let queryItemLimit = 64

    /// Bytes from `start` up to `end` of the storage.
    struct Span {
        var start: UInt16 = 0
        var end: UInt16 = 0
    }

    /// One `key=value` of the query; `hasValue` is false for a key without `=`.
    struct QueryItem {
        var key: Span
        var value: Span
        var hasValue: Bool
    }

    private let storage: UnsafeMutablePointer<UInt8>
    private let items: UnsafeMutablePointer<QueryItem>
    private var segments: InlineArray<16, Span>
    private var parameters: InlineArray<16, UInt8>
    private var pathCount = 0
    /// How many segments the path has, at most `segmentLimit + 1` (which says: too many).
    private(set) var segmentCount = 0
    private(set) var itemCount = 0
    private var parameterCount = 0

    init() {
        storage = .allocate(capacity: RequestTarget.limitInBytes)
        items = .allocate(capacity: RequestTarget.queryItemLimit)
        segments = InlineArray(repeating: Span())
        parameters = InlineArray(repeating: 0)
    }

    deinit {
        storage.deallocate()
        items.deallocate()
    }

    /// The decoded path, with its leading `/`.
    var path: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: storage, count: pathCount)
    }

    func segment(_ index: Int) -> UnsafeRawBufferPointer {
        bytes(segments[index])
    }

    func key(_ index: Int) -> UnsafeRawBufferPointer {
        bytes(items[index].key)
    }

    func value(_ index: Int) -> UnsafeRawBufferPointer? {
        items[index].hasValue ? bytes(items[index].value) : nil
    }

    /// The segment that the i-th placeholder of the matched pattern stands for.
    func parameter(_ index: Int) -> UnsafeRawBufferPointer {
        precondition(index < parameterCount, "the matched pattern has fewer placeholders")
        return segment(Int(parameters[index]))
    }

    /// Notes that a placeholder took a segment. The route table calls this on its way down,
    /// with how many placeholders are above.
    mutating func setParameter(_ index: Int, segment: Int) {
        parameters[index] = UInt8(truncatingIfNeeded: segment)
        parameterCount = index + 1
    }

    private func bytes(_ span: Span) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: storage + Int(span.start), count: Int(span.end - span.start))
    }

    /// Takes a new target: origin form, absolute form, or `*`.
    ///
    /// - Returns: why it was refused, or `nil`; after a refusal the path is `/` or what was
    ///   understood of it.
    mutating func parse(_ target: UnsafeRawBufferPointer) -> TargetFault? {
        startOver()
        let origin = originForm(of: target)
        guard origin.count <= RequestTarget.limitInBytes else { return .tooLong }
        guard let source = origin.baseAddress, origin.count > 0 else { return .malformed }
        memcpy(storage, source, origin.count)
        guard storage[0] == UInt8(ascii: "/") else { return parseAsterisk(origin.count) }
        return parse(count: origin.count)
    }

    private mutating func startOver() {
        storage[0] = UInt8(ascii: "/")
        pathCount = 1
        segmentCount = 0
        itemCount = 0
        parameterCount = 0
    }

    /// `OPTIONS *`: a path of its own that no route has.
    private mutating func parseAsterisk(_ count: Int) -> TargetFault? {
        count == 1 && storage[0] == UInt8(ascii: "*") ? nil : .malformed
    }

    private mutating func parse(count: Int) -> TargetFault? {
        var read = 1
        var write = 1
        var start = 1
        while read < count, storage[read] != UInt8(ascii: "?") {
            if storage[read] == UInt8(ascii: "/") {
                addSegment(from: start, to: write)
                start = write + 1
            }
            if let fault = moveByte(&read, &write, end: count) { return fault }
        }
        addSegment(from: start, to: write)
        pathCount = write
        return read < count ? parseQuery(from: read + 1, to: count) : nil
    }

    private mutating func addSegment(from start: Int, to end: Int) {
        if segmentCount < RequestTarget.segmentLimit {
            segments[segmentCount] = span(start, end)
        }
        segmentCount = min(segmentCount + 1, RequestTarget.segmentLimit + 1)
    }

    /// Cuts the query at `&` and each item at its first `=`; `+` is a blank, as in forms.
    private mutating func parseQuery(from start: Int, to end: Int) -> TargetFault? {
        var read = start
        while read < end {
            guard itemCount < RequestTarget.queryItemLimit else { return .tooManyQueryItems }
            var write = read
            let keyStart = read
            var valueStart: Int?
            while read < end, storage[read] != UInt8(ascii: "&") {
                if storage[read] == UInt8(ascii: "="), valueStart == nil { valueStart = write + 1 }
                if storage[read] == UInt8(ascii: "+") { storage[read] = UInt8(ascii: " ") }
                if let fault = moveByte(&read, &write, end: end) { return fault }
            }
            addItem(key: keyStart, value: valueStart, end: write)
            read += 1
        }
        return nil
    }

    private mutating func addItem(key: Int, value: Int?, end: Int) {
        guard end > key else { return }
        let keyEnd = value.map { $0 - 1 } ?? end
        items[itemCount] = QueryItem(
            key: span(key, keyEnd), value: span(value ?? end, end), hasValue: value != nil)
        itemCount += 1
    }

    /// Moves one byte, or one escape's byte, from the reading to the writing position.
    @inline(__always)
    private mutating func moveByte(_ read: inout Int, _ write: inout Int, end: Int) -> TargetFault?
    {
        var byte = storage[read]
        if _slowPath(byte == UInt8(ascii: "%")) {
            guard end - read > 2, let high = hexValue(storage[read + 1]),
                let low = hexValue(storage[read + 2])
            else { return .badEscape }
            byte = high << 4 | low
            read += 2
        }
        if _slowPath(byte == 0) { return .nulByte }
        storage[write] = byte
        read += 1
        write += 1
        return nil
    }

    private func span(_ start: Int, _ end: Int) -> Span {
        Span(start: UInt16(truncatingIfNeeded: start), end: UInt16(truncatingIfNeeded: end))
    }
}

/// What is behind `scheme://authority` in the absolute form; the target itself otherwise.
private func originForm(of target: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard target.count > 0, target[0] != UInt8(ascii: "/") else { return target }
    for scheme: StaticString in ["http://", "https://"] {
        let count = scheme.utf8CodeUnitCount
        guard target.count > count,
            isEqualIgnoringCase(slice(target, from: 0, to: count), rawBytes(scheme))
        else { continue }
        let slash = firstIndex(of: UInt8(ascii: "/"), in: target, from: count)
        return slash < target.count
            ? slice(target, from: slash, to: target.count) : rawBytes("/")
    }
    return target
}

private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
