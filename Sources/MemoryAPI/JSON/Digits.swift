/// Writes decimal digits; 20 bytes must be free.
///
/// - Returns: how many were written.
@inline(__always)
func writeDecimal(_ value: UInt64, to place: UnsafeMutablePointer<UInt8>) -> Int {
    if value < 10 {
        place.pointee = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value)
        return 1
    }
    return writeLongDecimal(value, to: place)
}

@inline(never)
private func writeLongDecimal(_ value: UInt64, to place: UnsafeMutablePointer<UInt8>) -> Int {
    let count = decimalDigitCount(value)
    var rest = value
    var index = count
    while index > 0 {
        index -= 1
        let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
        place[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
        rest = quotient
    }
    return count
}

private func decimalDigitCount(_ value: UInt64) -> Int {
    var count = 1
    var bound: UInt64 = 10
    while value >= bound {
        count += 1
        let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
        if overflow { return count }
        bound = next
    }
    return count
}

/// Writes `0x` and hexadecimal digits without leading zeroes; 18 bytes must be free.
///
/// - Returns: how many bytes were written.
func writeHexadecimal(_ value: UInt64, to place: UnsafeMutablePointer<UInt8>) -> Int {
    place[0] = UInt8(ascii: "0")
    place[1] = UInt8(ascii: "x")
    let digits = max(1, (67 - value.leadingZeroBitCount) / 4)
    var rest = value
    var index = digits + 2
    while index > 2 {
        index -= 1
        place[index] = hexadecimalDigit(UInt8(truncatingIfNeeded: rest & 15))
        rest >>= 4
    }
    return digits + 2
}

/// The digit for a value of 0...15.
@inline(__always)
func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &- 10 &+ value
}

/// The value of a digit, of either case; `nil` for any other byte.
@inline(__always)
func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// Reads a number as C writes it: decimal, or hexadecimal after `0x`; `nil` for anything else.
func wholeNumber(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
    let isHexadecimal =
        bytes.count > 2 && bytes[0] == UInt8(ascii: "0") && bytes[1] | 0x20 == UInt8(ascii: "x")
    var value: UInt64 = 0
    for index in (isHexadecimal ? 2 : 0)..<bytes.count {
        guard let digit = hexadecimalValue(bytes[index]), isHexadecimal || digit < 10 else {
            return nil
        }
        let product = value.multipliedReportingOverflow(by: isHexadecimal ? 16 : 10)
        let sum = product.partialValue.addingReportingOverflow(UInt64(digit))
        if product.overflow || sum.overflow { return nil }
        value = sum.partialValue
    }
    return bytes.isEmpty ? nil : value
}
