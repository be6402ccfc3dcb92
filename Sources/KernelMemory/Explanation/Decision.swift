/// One decision of the kernel on the way through a call: what it did, and the numbers that it went by.
public struct Decision: Hashable, Sendable {
    /// What was decided.
    public let code: Code
    /// The numbers, by name; in an order that is the same for every decision of a code.
    public let fields: [Field]

    /// One of the numbers.
    public struct Field: Hashable, Sendable {
        /// What it is, in `snake_case`, with the unit or the kernel's own name in it.
        public let name: String
        /// The number.
        public let value: Value
    }

    /// A number of a decision, or the name of something.
    public enum Value: Hashable, Sendable {
        /// A count, a frame number, an order, bytes.
        case number(Int64)
        /// An address of the kernel's.
        case address(UInt64)
        /// The name of a zone, a cache, a migrate type or a watermark; a gfp mask.
        case text(String)
    }

    /// A field by its name; `nil` if the decision has none of that name.
    public subscript(name: String) -> Value? { fields.first { $0.name == name }?.value }
}

extension Decision {
    /// The decision in a sentence: that of its code, with the numbers put in for their names.
    public var text: String {
        var text = ""
        var rest = Substring(code.sentence)
        while let start = rest.firstIndex(of: "{"), let end = rest[start...].firstIndex(of: "}") {
            let name = rest[rest.index(after: start)..<end]
            text += rest[..<start]
            text += self[String(name)]?.description ?? "{\(name)}"
            rest = rest[rest.index(after: end)...]
        }
        return text + rest
    }
}

extension Decision.Value: CustomStringConvertible {
    /// As sentences show it.
    public var description: String {
        switch self {
        case .number(let number): "\(number)"
        case .address(let address): "\(VirtualAddress(address))"
        case .text(let text): text
        }
    }
}

/// What can be a number of a decision.
protocol DecisionValue {
    var decisionValue: Decision.Value { get }
}

extension DecisionValue where Self: FixedWidthInteger {
    var decisionValue: Decision.Value { .number(Int64(truncatingIfNeeded: self)) }
}

extension Int: DecisionValue {}
extension Int32: DecisionValue {}
extension UInt16: DecisionValue {}
extension UInt32: DecisionValue {}
extension UInt64: DecisionValue {}

extension VirtualAddress: DecisionValue {
    var decisionValue: Decision.Value { .address(rawValue) }
}

extension String: DecisionValue {
    var decisionValue: Decision.Value { .text(self) }
}

extension MigrateType: DecisionValue {
    var decisionValue: Decision.Value { .text(name) }
}
