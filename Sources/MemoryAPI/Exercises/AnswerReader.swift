import CSimdJSON
import KernelMemory
import MicroHTTPD

/// Reads a student's answer: an object with a member for each part, some of which may be missing.
enum AnswerReader {
    /// What was answered to each part, `nil` where nothing was.
    ///
    /// - Parameter body: a JSON document with readable bytes behind it.
    /// - Throws: a problem that names the field and what would be right in form, never the value.
    static func answers(
        _ body: UnsafeRawBufferPointer, to parts: [ExercisePart]
    ) throws(Problem) -> [AnswerValue?] {
        var root = try JSONBody.parse(body)
        guard root.kind == CSJ_OBJECT else { throw root.problem(at: "", wanted: "a JSON object") }
        var answers = [AnswerValue?](repeating: nil, count: parts.count)
        var isGiven = [Bool](repeating: false, count: parts.count)
        var cursor = csj_members(&root)
        var name = csj_text()
        var value = csj_value()
        while csj_next_member(&cursor, &name, &value) {
            let bytes = UnsafeRawBufferPointer(start: name.start, count: name.count)
            guard let index = parts.firstIndex(where: { bytes.equals($0.field) }) else {
                throw unknownField(bytes.quoted, parts)
            }
            if isGiven[index] { throw repetition(parts[index], value) }
            isGiven[index] = true
            answers[index] = try parts[index].answer(value)
        }
        return answers
    }

    private static func unknownField(_ name: String, _ parts: [ExercisePart]) -> Problem {
        let known = parts.map { "\($0.field)" }
        let suggestions = nearest(to: name, among: known)
        let shown = name.isEmpty ? "\"\"" : name
        return Problem(
            .unknownField, "There is no field \(shown)" + Problem.didYouMean(suggestions),
            suggestions: suggestions,
            faults: [
                .init(
                    place: .body("/" + name.pointerSegment),
                    detail: "the fields are: \(known.joined(separator: ", "))")
            ])
    }

    private static func repetition(_ part: ExercisePart, _ value: csj_value) -> Problem {
        Problem(
            .invalidField, "\(part.field) is given twice.",
            faults: [
                .init(
                    place: .body("/\(part.field)"), value: value.shown,
                    detail: "must be given only once")
            ])
    }
}

extension ExercisePart {
    /// Reads the answer to this part.
    fileprivate func answer(_ value: csj_value) throws(Problem) -> AnswerValue {
        switch form {
        case .number(let range):
            if value.kind == CSJ_UNSIGNED, range.contains(value.whole) {
                return .number(value.whole)
            }
        case .address: if let address = value.addressOrNumber { return .address(address) }
        case .choice(let words): if let word = value.word(of: words) { return .word(word) }
        case .selection(let words):
            if let chosen = value.distinct({ $0.word(of: words) }) { return .words(chosen) }
        case .lines(let last):
            if let lines = value.distinct({ $0.count(1...UInt64(last)) }) { return .numbers(lines) }
        case .counts(let before):
            let counts = value.elements { $0.count(0...AnswerForm.largestCount) }
            if let counts, counts.count == before.count { return .numbers(counts) }
        }
        throw value.problem(at: "/\(field)", wanted: form.wanted)
    }
}

extension csj_value {
    /// The most elements of an array that is read.
    private static var mostElements: Int { 64 }

    fileprivate var addressOrNumber: UInt64? {
        switch kind {
        case CSJ_UNSIGNED: whole
        case CSJ_STRING: hexadecimalNumber(bytes)
        default: nil
        }
    }

    fileprivate func count(_ range: ClosedRange<UInt64>) -> UInt64? {
        kind == CSJ_UNSIGNED && range.contains(whole) ? whole : nil
    }

    fileprivate func word(of words: [String]) -> String? {
        guard kind == CSJ_STRING else { return nil }
        return words.first { word in
            var word = word
            return word.withUTF8 { bytes.equals(UnsafeRawBufferPointer($0)) }
        }
    }

    /// The elements of an array; `nil` if it is none, or if one of them is wrong.
    fileprivate func elements<Element>(_ read: (csj_value) -> Element?) -> [Element]? {
        guard kind == CSJ_ARRAY else { return nil }
        var cursor = withUnsafePointer(to: self) { csj_elements($0) }
        var element = csj_value()
        var elements: [Element] = []
        while csj_next_element(&cursor, &element) {
            guard elements.count < Self.mostElements, let read = read(element) else { return nil }
            elements.append(read)
        }
        return elements
    }

    /// The same if no element comes twice.
    fileprivate func distinct<Element: Hashable>(_ read: (csj_value) -> Element?) -> [Element]? {
        elements(read).flatMap { Set($0).count == $0.count ? $0 : nil }
    }
}

extension String {
    /// The text as a segment of a JSON Pointer.
    fileprivate var pointerSegment: String {
        split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
            .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }
}
