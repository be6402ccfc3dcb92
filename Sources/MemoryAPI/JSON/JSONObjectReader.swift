import CSimdJSON
import KernelMemory
import MicroHTTPD

/// Reads an object's members, each by the type that it must have.
///
/// It refuses what it does not know: a name that is not expected, a name that comes twice, a value
/// of another type. The refusal names the place, what stands there, and what would be right.
struct JSONObjectReader: ~Copyable {
    /// Where the object is in the body.
    private let place: JSONPlace
    private let names: FieldNames
    private var cursor: csj_cursor?
    private var seen: UInt32 = 0
    private var name = csj_text()
    private(set) var value = csj_value()

    /// Reads the body as an object; an empty body is an empty object.
    init(_ request: borrowing Request, _ names: FieldNames) throws(Problem) {
        self.names = names
        place = .body
        guard request.body.count > 0 else { return }
        var root = try JSONBody.parse(request.body)
        guard root.kind == CSJ_OBJECT else {
            throw root.problem(at: "", wanted: "a JSON object")
        }
        cursor = csj_members(&root)
    }

    /// Reads an object within the body.
    init(_ value: csj_value, at place: String, _ names: FieldNames) throws(Problem) {
        try self.init(value, in: .pointer(place), names)
    }

    /// Reads an object within the body.
    @inline(__always)
    init(_ value: csj_value, in place: JSONPlace, _ names: FieldNames) throws(Problem) {
        self.names = names
        self.place = place
        guard value.kind == CSJ_OBJECT else {
            throw value.problem(at: place.pointer, wanted: "a JSON object")
        }
        var value = value
        cursor = csj_members(&value)
    }

    /// Goes on to the next member.
    ///
    /// - Returns: the name's place among the expected names; `nil` at the end.
    @inline(__always)
    mutating func next() throws(Problem) -> Int? {
        guard cursor != nil, csj_next_member(&cursor!, &name, &value) else { return nil }
        let bytes = UnsafeRawBufferPointer(start: name.start, count: name.count)
        guard let index = names.index(of: bytes) else { throw unknownName() }
        if seen & 1 << UInt32(index) != 0 { throw repetition }
        seen |= 1 << UInt32(index)
        return index
    }

    /// The JSON Pointer of the current member.
    var pointer: String {
        let bytes = UnsafeRawBufferPointer(start: name.start, count: name.count)
        let key = bytes.quoted.split(separator: "~", omittingEmptySubsequences: false)
            .joined(separator: "~0").split(separator: "/", omittingEmptySubsequences: false)
            .joined(separator: "~1")
        return place.pointer + "/" + key
    }

    /// A refusal of the current member's value.
    func problem(_ wanted: String) -> Problem { value.problem(at: pointer, wanted: wanted) }

    /// The refusal of a member whose value another one gave already.
    var repetition: Problem {
        Problem(
            .invalidField, "\(pointer.dropFirst()) is given twice.",
            faults: [
                .init(place: .body(pointer), value: value.shown, detail: "must be given only once")
            ])
    }

    private func unknownName() -> Problem {
        let text = UnsafeRawBufferPointer(start: name.start, count: name.count).quoted
        let suggestions = nearest(to: text, among: names.all)
        let shown = text.isEmpty ? "\"\"" : text
        let known = names.all.isEmpty ? "none" : names.all.joined(separator: ", ")
        return Problem(
            .unknownField, "There is no field \(shown)" + Problem.didYouMean(suggestions),
            suggestions: suggestions,
            faults: [.init(place: .body(pointer), detail: "the fields are: \(known)")])
    }
}

// MARK: - Values

extension JSONObjectReader {
    /// The current value as a whole number.
    @inline(__always)
    func number(_ range: ClosedRange<UInt64>) throws(Problem) -> UInt64 {
        guard value.kind == CSJ_UNSIGNED, range.contains(value.whole) else {
            throw problem("a whole number of \(range.lowerBound) to \(range.upperBound)")
        }
        return value.whole
    }

    /// The current value as a string's bytes, valid until the thread parses the next body.
    @inline(__always)
    func text(_ wanted: @autoclosure () -> String) throws(Problem) -> UnsafeRawBufferPointer {
        guard value.kind == CSJ_STRING else { throw problem(wanted()) }
        return value.bytes
    }

    /// The current value as one of some words: its place among them.
    func choice(_ words: FieldNames) throws(Problem) -> Int {
        let wanted = "one of \(words.all.joined(separator: ", "))"
        guard let index = words.index(of: try text(wanted)) else { throw problem(wanted) }
        return index
    }

    /// The current value as `true` or `false`.
    func boolean() throws(Problem) -> Bool {
        switch value.kind {
        case CSJ_TRUE: return true
        case CSJ_FALSE: return false
        default: throw problem("true or false")
        }
    }
}
