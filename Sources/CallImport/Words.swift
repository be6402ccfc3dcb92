/// The words of a line: what stands between blanks.
struct Words {
    private var rest: UnsafeRawBufferPointer

    init(_ line: UnsafeRawBufferPointer) { rest = line }

    /// The first word; `nil` if there is none.
    var first: UnsafeRawBufferPointer? {
        var copy = self
        return copy.next()
    }

    /// How many words there are.
    var count: Int {
        var copy = self
        var count = 0
        while copy.next() != nil { count += 1 }
        return count
    }

    /// Goes on to the next word.
    mutating func next() -> UnsafeRawBufferPointer? {
        var start = 0
        while start < rest.count, rest[start].isBlank { start += 1 }
        guard start < rest.count else { return nil }
        var end = start
        while end < rest.count, !rest[end].isBlank { end += 1 }
        let word = UnsafeRawBufferPointer(rebasing: rest[start..<end])
        rest = UnsafeRawBufferPointer(rebasing: rest[end...])
        return word
    }
}

extension UInt8 {
    /// Whether it separates words.
    var isBlank: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
}

extension UnsafeRawBufferPointer {
    /// Whether these are a literal's bytes.
    func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && starts(with: text)
    }

    /// Whether these begin with a literal's bytes.
    func starts(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where self[index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// The bytes without the blanks at both ends.
    var trimmed: UnsafeRawBufferPointer {
        guard let start = firstIndex(where: { !$0.isBlank }),
            let end = lastIndex(where: { !$0.isBlank })
        else { return UnsafeRawBufferPointer(rebasing: self[..<0]) }
        return UnsafeRawBufferPointer(rebasing: self[start...end])
    }

    /// The bytes as a decimal number of 64 bits; `nil` for anything else.
    var decimal: UInt64? { number(radix: 10) }

    /// The bytes as a hexadecimal number, with `0x` or without; `nil` for anything else.
    var hexadecimal: UInt64? {
        let digits = starts(with: "0x") ? UnsafeRawBufferPointer(rebasing: self[2...]) : self
        return digits.number(radix: 16)
    }

    /// The bytes as a number in C's notation: hexadecimal behind `0x`, else decimal.
    var numberOfC: UInt64? { starts(with: "0x") ? hexadecimal : decimal }

    /// The bytes as an address: hexadecimal, or one of the ways to write NULL.
    var pointer: UInt64? { equals("(nil)") || equals("(null)") ? 0 : hexadecimal }

    private func number(radix: UInt64) -> UInt64? {
        guard !isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in self {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            guard UInt64(digit) < radix else { return nil }
            let product = value.multipliedReportingOverflow(by: radix)
            let sum = product.partialValue.addingReportingOverflow(UInt64(digit))
            if product.overflow || sum.overflow { return nil }
            value = sum.partialValue
        }
        return value
    }

    /// The bytes as a text for a message, cut where they are long.
    var shown: String {
        let text = String(decoding: prefix(120), as: UTF8.self)
        return count > 120 ? text + "..." : text
    }
}
