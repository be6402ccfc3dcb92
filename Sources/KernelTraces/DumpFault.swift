import CSimdJSON
import KernelMemory

/// What is wrong with a record of a dump: the field, what stands there, and what would be right.
package struct DumpFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Which record it is, as its reader counts them; `nil` if it is missing altogether.
    package let record: Int?
    /// What the record is, in words.
    package let place: String
    /// The field in it, as a JSON Pointer such as `/wm/2`; empty for the whole record.
    package let field: String
    /// What stands there; `nil` if nothing does.
    package let value: String?
    /// What would be right.
    package let expected: String

    /// All of it in one sentence.
    package var description: String {
        let name = field.isEmpty ? place : "\(place): \(field.dropFirst())"
        return "\(name) must be \(expected)" + (value.map { ", not \($0)" } ?? "")
    }
}

/// The fields of one record, each by the type that it must have.
struct RecordFields {
    let node: JSONNode
    let record: Int
    let place: String

    /// A whole number that fits its type.
    func number<Number: FixedWidthInteger>(_ name: StaticString) throws(DumpFault) -> Number {
        try number(try member(name), "/\(name)")
    }

    /// A whole number in a range.
    func number(_ name: StaticString, in range: ClosedRange<Int>) throws(DumpFault) -> Int {
        let value: Int = try number(name)
        try check(name, range.contains(value), "\(range.lowerBound) to \(range.upperBound)")
        return value
    }

    /// A list of whole numbers.
    func numbers<Number: FixedWidthInteger>(
        _ name: StaticString, count: Int? = nil
    ) throws(DumpFault) -> [Number] {
        let elements = try elements(name)
        if let count {
            try check(name, elements.count == count, "\(count) numbers")
        }
        var numbers: [Number] = []
        numbers.reserveCapacity(elements.count)
        for element in elements {
            numbers.append(try number(element, "/\(name)/\(numbers.count)"))
        }
        return numbers
    }

    /// A list of pairs of whole numbers.
    func pairs<First: FixedWidthInteger, Second: FixedWidthInteger>(
        in node: JSONNode, at field: @autoclosure () -> String
    ) throws(DumpFault) -> [(First, Second)] {
        guard node.value.kind == CSJ_ARRAY else {
            throw fault(field(), node, "a list of pairs of numbers")
        }
        var pairs: [(First, Second)] = []
        for element in node.elements {
            let parts = element.elements
            guard parts.count == 2 else {
                throw fault("\(field())/\(pairs.count)", element, "a pair of whole numbers")
            }
            pairs.append(
                (
                    try number(parts[0], "\(field())/\(pairs.count)/0"),
                    try number(parts[1], "\(field())/\(pairs.count)/1")
                ))
        }
        return pairs
    }

    /// The elements of a list.
    func elements(_ name: StaticString) throws(DumpFault) -> [JSONNode] {
        let member = try member(name)
        guard member.value.kind == CSJ_ARRAY else { throw fault("/\(name)", member, "a list") }
        return member.elements
    }

    /// A text.
    func text(_ name: StaticString) throws(DumpFault) -> String {
        let member = try member(name)
        guard let text = member.text else { throw fault("/\(name)", member, "a text") }
        return text
    }

    /// An address, as a text that begins with `0x`.
    func address(_ name: StaticString) throws(DumpFault) -> UInt64 {
        let text = try text(name)
        guard text.hasPrefix("0x"), text.utf8.count <= 18,
            let address = UInt64(text.dropFirst(2), radix: 16)
        else { throw fault("/\(name)", node[name], "an address such as \"0xc0000000\"") }
        return address
    }

    /// Refuses a field whose value does not hold.
    func check(
        _ name: StaticString, _ holds: Bool, _ expected: @autoclosure () -> String
    ) throws(DumpFault) {
        if !holds { throw fault("/\(name)", node[name], expected()) }
    }

    /// A refusal.
    func fault(_ field: String, _ value: JSONNode?, _ expected: String) -> DumpFault {
        DumpFault(
            record: record, place: place, field: field, value: value?.shown, expected: expected)
    }

    private func member(_ name: StaticString) throws(DumpFault) -> JSONNode {
        guard let member = node[name] else {
            throw DumpFault(
                record: record, place: place, field: "/\(name)", value: nil, expected: "there")
        }
        return member
    }

    private func number<Number: FixedWidthInteger>(
        _ node: JSONNode, _ field: @autoclosure () -> String
    ) throws(DumpFault) -> Number {
        let number: Number? =
            switch node.value.kind {
            case CSJ_UNSIGNED: Number(exactly: node.value.whole)
            case CSJ_NEGATIVE: Number(exactly: Int64(bitPattern: node.value.whole))
            default: nil
            }
        guard let number else {
            throw fault(field(), node, "a whole number of \(Number.min) to \(Number.max)")
        }
        return number
    }
}

extension JSONNode {
    /// The value as a message shows it.
    fileprivate var shown: String {
        switch value.kind {
        case CSJ_OBJECT: "an object"
        case CSJ_ARRAY: "a list of \(elements.count)"
        case CSJ_STRING: "\"\((text ?? "").prefix(80))\""
        case CSJ_UNSIGNED: "\(value.whole)"
        case CSJ_NEGATIVE: "\(Int64(bitPattern: value.whole))"
        case CSJ_REAL: "\(value.real)"
        case CSJ_TRUE: "true"
        case CSJ_FALSE: "false"
        default: "null"
        }
    }
}
