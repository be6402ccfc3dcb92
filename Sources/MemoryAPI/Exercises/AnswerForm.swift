import KernelMemory

/// A part of an answer, given or right.
enum AnswerValue: Hashable, Sendable {
    case number(UInt64)
    case address(UInt64)
    case word(String)
    case words([String])
    case numbers([UInt64])
}

/// What a part of an answer has to look like.
enum AnswerForm: Hashable, Sendable {
    /// A whole number of a range.
    case number(ClosedRange<UInt64>)
    /// An address: a text with `0x`, or a number.
    case address
    /// One of some words.
    case choice([String])
    /// Any of some words, each once.
    case selection([String])
    /// Any of the numbers from 1 to a last one, each once.
    case lines(Int)
    /// A number for each order, and what they were before.
    case counts(before: [UInt64])

    /// The largest number that a count may be.
    static let largestCount: UInt64 = 1_000_000

    /// What would be right in form, in words.
    var wanted: String {
        switch self {
        case .number(let range): "a whole number of \(range.lowerBound) to \(range.upperBound)"
        case .address: "an address such as \"0xc0110000\", or the same as a whole number"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .selection(let words):
            "an array of some of \(words.joined(separator: ", ")), each once"
        case .lines(let last): "an array of some of the numbers 1 to \(last), each once"
        case .counts(let before):
            "an array of \(before.count) whole numbers of 0 to \(Self.largestCount)"
        }
    }
}

extension AnswerForm {
    /// The same answer with the elements of a set in their order, each once.
    func canonical(_ value: AnswerValue) -> AnswerValue {
        switch (self, value) {
        case (.selection(let all), .words(let words)): .words(all.filter(words.contains))
        case (.lines, .numbers(let numbers)): .numbers(Set(numbers).sorted())
        default: value
        }
    }
}

extension AnswerValue: CustomStringConvertible {
    /// As print and sentences show it.
    var description: String {
        switch self {
        case .number(let number): "\(number)"
        case .address(let address): "\(VirtualAddress(address))"
        case .word(let word): word
        case .words(let words): words.isEmpty ? "none" : words.joined(separator: ", ")
        case .numbers(let numbers):
            numbers.isEmpty ? "none" : numbers.map { "\($0)" }.joined(separator: ", ")
        }
    }
}

extension JSONWriter {
    /// Writes a part of an answer.
    mutating func answer(_ value: AnswerValue) {
        switch value {
        case .number(let number): self.number(number)
        case .address(let address): self.address(address)
        case .word(let word): text(word)
        case .words(let words): array { json in words.forEach { json.text($0) } }
        case .numbers(let numbers): array { json in numbers.forEach { json.number($0) } }
        }
    }

    /// Writes the JSON Schema of a part of an answer, as the members of an object.
    mutating func schema(_ form: AnswerForm) {
        switch form {
        case .number(let range):
            member("type", literal: "integer")
            member("minimum", range.lowerBound)
            member("maximum", range.upperBound)
        case .address:
            array("type") { json in
                json.literal("string")
                json.literal("integer")
            }
            member("pattern", literal: "^0x[0-9a-fA-F]{1,16}$")
            member("minimum", 0)
        case .choice(let words):
            member("type", literal: "string")
            choices(words)
        case .selection(let words):
            distinct { json in
                json.member("type", literal: "string")
                json.choices(words)
            }
        case .lines(let last):
            distinct { json in
                json.member("type", literal: "integer")
                json.member("minimum", 1)
                json.member("maximum", last)
            }
        case .counts(let before):
            member("type", literal: "array")
            member("minItems", before.count)
            member("maxItems", before.count)
            object("items") { json in
                json.member("type", literal: "integer")
                json.member("minimum", 0)
                json.member("maximum", AnswerForm.largestCount)
            }
        }
    }

    private mutating func choices(_ words: [String]) {
        array("enum") { json in words.forEach { json.text($0) } }
    }

    /// Writes the members of the schema of an array without repetitions.
    private mutating func distinct(_ items: (inout JSONWriter) -> Void) {
        member("type", literal: "array")
        member("uniqueItems", true)
        object("items", items)
    }
}
