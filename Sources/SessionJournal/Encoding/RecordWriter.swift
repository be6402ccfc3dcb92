/// Writes the fields of a record, one after the other.
///
/// Numbers take as many bytes as they need: seven bits a byte, the lowest first, the eighth bit says
/// that more follow. Addresses are folded first, so that those near the top of 64 bits are short too.
struct RecordWriter {
    /// What was written.
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    mutating func byte(_ byte: UInt8) { bytes.append(byte) }

    mutating func flag(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

    /// A number in 1...10 bytes.
    mutating func number(_ number: UInt64) {
        var rest = number
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func number(_ number: UInt32) { self.number(UInt64(number)) }

    mutating func number(_ number: Int) { self.number(UInt64(number)) }

    /// An address: a number of 64 bits whose high bits are alike, all zero or all one.
    mutating func address(_ address: UInt64) {
        let signed = Int64(bitPattern: address)
        number(UInt64(bitPattern: signed << 1 ^ signed >> 63))
    }

    /// Eight bytes, the lowest first.
    mutating func word(_ word: UInt64) { fixed(word) }

    /// Bytes, and how many there are before them.
    mutating func block(_ block: some Collection<UInt8>) {
        number(block.count)
        bytes.append(contentsOf: block)
    }

    /// A number of fixed width, the lowest byte first.
    mutating func fixed(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
