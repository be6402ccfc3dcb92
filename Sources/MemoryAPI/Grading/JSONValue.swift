import CSimdJSON
import MicroHTTPD

/// A JSON value that outlives the document it was read from.
indirect enum JSONValue: Sendable {
    case null
    case boolean(Bool)
    case whole(UInt64)
    case negative(Int64)
    case real(Double)
    case text(String)
    case array([JSONValue])
    case object([(name: String, value: JSONValue)])

    /// Copies a value; what is below it is at most ``CSJ_DEPTH_LIMIT`` levels deep.
    init(_ value: csj_value) {
        switch value.kind {
        case CSJ_STRING: self = .text(String(decoding: value.bytes, as: UTF8.self))
        case CSJ_UNSIGNED: self = .whole(value.whole)
        case CSJ_NEGATIVE: self = .negative(Int64(bitPattern: value.whole))
        case CSJ_REAL: self = .real(value.real)
        case CSJ_TRUE: self = .boolean(true)
        case CSJ_FALSE: self = .boolean(false)
        case CSJ_NULL: self = .null
        case CSJ_OBJECT: self = .object(Self.members(value))
        default: self = .array(Self.elements(value))
        }
    }

    private static func members(_ value: csj_value) -> [(name: String, value: JSONValue)] {
        var members: [(name: String, value: JSONValue)] = []
        var cursor = withUnsafePointer(to: value) { csj_members($0) }
        var name = csj_text()
        var member = csj_value()
        while csj_next_member(&cursor, &name, &member) {
            let bytes = UnsafeRawBufferPointer(start: name.start, count: name.count)
            members.append((String(decoding: bytes, as: UTF8.self), JSONValue(member)))
        }
        return members
    }

    private static func elements(_ value: csj_value) -> [JSONValue] {
        var elements: [JSONValue] = []
        var cursor = withUnsafePointer(to: value) { csj_elements($0) }
        var element = csj_value()
        while csj_next_element(&cursor, &element) { elements.append(JSONValue(element)) }
        return elements
    }

    /// The value as compact JSON; the beginning of it, if it is long.
    var shown: String {
        var json = JSONWriter(OutputBuffer())
        json.value(self)
        let buffer = json.finish()
        return withExtendedLifetime(buffer) { buffer.bytes.cut(to: GradeLimits.shownBytes) }
    }
}

// MARK: - Comparing

extension JSONValue {
    /// A number to compare: that of an address, too.
    private var number: (whole: UInt64?, real: Double)? {
        switch self {
        case .whole(let number): (number, Double(number))
        case .negative(let number): (nil, Double(number))
        case .real(let number): (nil, number)
        case .text(let text): Self.address(text).map { ($0, Double($0)) }
        case .null, .boolean, .array, .object: nil
        }
    }

    /// The number that a text such as `0xc1f40000` stands for; `nil` for any other text.
    private static func address(_ text: String) -> UInt64? {
        var text = text
        return text.withUTF8 { hexadecimalNumber(UnsafeRawBufferPointer($0)) }
    }

    /// Whether two values are the same: numbers by value, addresses however they are spelt, the members
    /// of objects in any order.
    func isSame(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.boolean(let left), .boolean(let right)): left == right
        case (.text(let left), .text(let right)):
            left == right || Self.address(left).map { $0 == Self.address(right) } ?? false
        case (.text, _), (_, .text): false
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && left.allSatisfy { member in
                    right.contains {
                        $0.name == member.name && $0.value.isSame(as: member.value)
                    }
                }
        default: order(to: other) == 0
        }
    }

    /// -1, 0 or 1 as a number is below another one, the same, or above; `nil` if one of them is none.
    func order(to other: JSONValue) -> Int? {
        guard let left = number, let right = other.number else { return nil }
        if let left = left.whole, let right = right.whole {
            return left == right ? 0 : left < right ? -1 : 1
        }
        return left.real == right.real ? 0 : left.real < right.real ? -1 : 1
    }

    /// Whether it has a part: an array an element, a text some characters, an object a member's name.
    func contains(_ part: JSONValue) -> Bool {
        switch (self, part) {
        case (.array(let elements), _): elements.contains { $0.isSame(as: part) }
        case (.text(let text), .text(let part)): text.utf8.contains(part.utf8)
        case (.object(let members), .text(let name)): members.contains { $0.name == name }
        default: false
        }
    }

    /// How many elements, members or characters there are; `nil` for what has none.
    var length: Int? {
        switch self {
        case .array(let elements): elements.count
        case .object(let members): members.count
        case .text(let text): text.unicodeScalars.count
        default: nil
        }
    }
}

extension String.UTF8View {
    /// Whether some bytes are among these, one behind the other.
    ///
    /// - Complexity: O(n) for n bytes of both.
    ///
    /// The corresponding algorithm is Knuth's, Morris's and Pratt's.
    fileprivate func contains(_ part: String.UTF8View) -> Bool {
        let part = Array(part)
        let shorter = Self.shorterBeginnings(part)
        var matched = 0
        for byte in self where matched < part.count {
            while matched > 0, part[matched] != byte { matched = shorter[matched - 1] }
            if part[matched] == byte { matched += 1 }
        }
        return matched == part.count
    }

    /// For each beginning of some bytes, how long the longest shorter beginning is that it ends with.
    private static func shorterBeginnings(_ part: [UInt8]) -> [Int] {
        var lengths = [Int](repeating: 0, count: part.count)
        var length = 0
        for index in part.indices.dropFirst() {
            while length > 0, part[index] != part[length] { length = lengths[length - 1] }
            if part[index] == part[length] { length += 1 }
            lengths[index] = length
        }
        return lengths
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes as a text, the beginning of them if they are many.
    func cut(to limit: Int) -> String {
        guard count > limit else { return String(decoding: self, as: UTF8.self) }
        var end = limit
        // Not within a character.
        while end > 0, self[end] & 0xc0 == 0x80 { end -= 1 }
        return String(decoding: self[..<end], as: UTF8.self) + "..."
    }
}

extension String {
    /// The text, the beginning of it if it is long.
    func cut(to limit: Int) -> String {
        var text = self
        return text.withUTF8 { UnsafeRawBufferPointer($0).cut(to: limit) }
    }
}

extension JSONWriter {
    /// Writes a value as it was read.
    mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .boolean(let value): boolean(value)
        case .whole(let number): self.number(number)
        case .negative(let number): self.number(number)
        case .real(let number): real(number)
        case .text(let text): self.text(text)
        case .array(let elements):
            array { json in for element in elements { json.value(element) } }
        case .object(let members):
            object { json in
                for member in members {
                    json.key(named: member.name)
                    json.value(member.value)
                }
            }
        }
    }
}
