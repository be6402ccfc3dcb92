import Glibc

/// A literal as a C string. Literals end in a NUL and live as long as the program.
@inline(__always)
func cString(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// A literal's bytes, without the NUL.
@inline(__always)
func rawBytes(_ text: StaticString) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
}

/// Whether two byte sequences are the same.
@inline(__always)
func isEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    guard left.count > 0 else { return true }
    return memcmp(
        left.baseAddress.unsafelyUnwrapped, right.baseAddress.unsafelyUnwrapped, left.count)
        == 0
}

/// Whether two byte sequences are the same but for the case of ASCII letters.
func isEqualIgnoringCase(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    if isEqual(left, right) { return true }
    for index in 0..<left.count where lowercased(left[index]) != lowercased(right[index]) {
        return false
    }
    return true
}

/// An ASCII capital's small letter; any other byte unchanged.
@inline(__always)
func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
}

/// The first eight bytes as a number, with zeros where there are fewer.
func prefixWord(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<min(bytes.count, 8) { word |= UInt64(bytes[index]) << UInt64(8 * index) }
    return word
}

/// A part of a buffer.
@inline(__always)
func slice(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> UnsafeRawBufferPointer
{
    UnsafeRawBufferPointer(rebasing: bytes[start..<end])
}

/// A buffer without the blanks and tabs at both ends.
func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = 0
    var end = bytes.count
    while start < end, isBlank(bytes[start]) { start += 1 }
    while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    return slice(bytes, from: start, to: end)
}

/// The first position of a byte at or behind `start`; the buffer's count when there is none.
func firstIndex(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var index = start
    while index < bytes.count, bytes[index] != byte { index += 1 }
    return index
}

/// Whether a literal stands somewhere in bytes.
func contains(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    let wanted = rawBytes(text)
    guard bytes.count >= wanted.count else { return false }
    return (0...(bytes.count - wanted.count)).contains { start in
        isEqual(slice(bytes, from: start, to: start + wanted.count), wanted)
    }
}

private func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
}
