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
    guard let small = UInt32(exactly: value) else {
        // Nine digits at a time fit 32 bits.
        let (high, low) = value.quotientAndRemainder(dividingBy: 1_000_000_000)
        let count = writeDecimal(high, to: place)
        writeDigits(UInt32(low), count: 9, to: place + count)
        return count + 9
    }
    let count = decimalDigitCount(small)
    writeDigits(small, count: count, to: place)
    return count
}

/// Writes the lowest digits of a number, two at a time, from the last ones backwards.
@inline(__always)
private func writeDigits(_ value: UInt32, count: Int, to place: UnsafeMutablePointer<UInt8>) {
    var rest = value
    var index = count
    while index > 1 {
        index &-= 2
        let quotient = rest / 100
        let pair = digitPairs.utf8Start + Int(2 &* (rest &- quotient &* 100))
        place[index] = pair[0]
        place[index &+ 1] = pair[1]
        rest = quotient
    }
    if index > 0 { place[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest) }
}

private let digitPairs: StaticString = """
    0001020304050607080910111213141516171819\
    2021222324252627282930313233343536373839\
    4041424344454647484950515253545556575859\
    6061626364656667686970717273747576777879\
    8081828384858687888990919293949596979899
    """

@inline(__always)
private func decimalDigitCount(_ value: UInt32) -> Int {
    if value < 100 { return 2 }
    if value < 1_000 { return 3 }
    if value < 10_000 { return 4 }
    if value < 100_000 { return 5 }
    if value < 1_000_000 { return 6 }
    if value < 10_000_000 { return 7 }
    if value < 100_000_000 { return 8 }
    return value < 1_000_000_000 ? 9 : 10
}

/// Writes thousandths of -9,999 to 9,999 with three decimals; 8 bytes must be free.
///
/// - Returns: how many bytes were written.
@inline(__always)
func writeThousandths(_ value: Int, to place: UnsafeMutablePointer<UInt8>) -> Int {
    place[0] = UInt8(ascii: "-")
    let sign = value < 0 ? 1 : 0
    let magnitude = UInt32(truncatingIfNeeded: value.magnitude)
    let whole = magnitude / 1_000
    let rest = magnitude &- whole &* 1_000
    let tenth = rest / 100
    let pair = digitPairs.utf8Start + Int(2 &* (rest &- tenth &* 100))
    let digits = place + sign
    digits[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: whole)
    digits[1] = UInt8(ascii: ".")
    digits[2] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: tenth)
    digits[3] = pair[0]
    digits[4] = pair[1]
    return sign + 5
}

/// Writes `0x` and hexadecimal digits without leading zeroes; 24 bytes must be free.
///
/// - Returns: how many bytes were written.
@inline(__always)
func writeHexadecimal(_ value: UInt64, to place: UnsafeMutablePointer<UInt8>) -> Int {
    place[0] = UInt8(ascii: "0")
    place[1] = UInt8(ascii: "x")
    var count = 2
    if value >> 32 != 0 {
        count += writeHexadecimalWord(UInt32(truncatingIfNeeded: value >> 32), to: place + 2)
        let low = hexadecimalDigits(UInt32(truncatingIfNeeded: value))
        UnsafeMutableRawPointer(place + count).storeBytes(of: low, as: UInt64.self)
        return count + 8
    }
    count += writeHexadecimalWord(UInt32(truncatingIfNeeded: value), to: place + 2)
    return count
}

/// Writes up to eight digits; eight bytes must be free.
@inline(__always)
private func writeHexadecimalWord(_ value: UInt32, to place: UnsafeMutablePointer<UInt8>) -> Int {
    let count = max(1, (35 - value.leadingZeroBitCount) / 4)
    let digits = hexadecimalDigits(value) >> UInt64((8 - count) * 8)
    UnsafeMutableRawPointer(place).storeBytes(of: digits, as: UInt64.self)
    return count
}

/// The eight digits of a number as bytes, the first one lowest.
///
/// Spreads the nibbles over the bytes of one word, and turns them into letters all at once.
@inline(__always)
private func hexadecimalDigits(_ value: UInt32) -> UInt64 {
    var spread = UInt64(value)
    spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff
    spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff
    spread = (spread | spread << 4) & 0x0f0f_0f0f_0f0f_0f0f
    let isLetter = (spread &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    let letters = isLetter &* UInt64(UInt8(ascii: "a") - UInt8(ascii: "0") - 10)
    return (spread &+ 0x3030_3030_3030_3030 &+ letters).byteSwapped
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
    let isHexadecimal = startsWith0x(bytes)
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

/// Reads a number that is written with `0x`; `nil` for anything else.
func hexadecimalNumber(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
    startsWith0x(bytes) ? wholeNumber(bytes) : nil
}

@inline(__always)
private func startsWith0x(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count > 2 && bytes[0] == UInt8(ascii: "0") && bytes[1] | 0x20 == UInt8(ascii: "x")
}
