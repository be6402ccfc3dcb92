/// The check value of records: the cyclic redundancy check of Castagnoli's polynomial.
///
/// It finds every error of up to 32 bits in a row and each change of a few bits; it keeps nobody from
/// changing a record on purpose. The corresponding standard is RFC 3720, appendix B.4.
struct CRC32C {
    private var state = UInt32.max
    private let table = Self.tables

    /// The check value of what was added.
    var value: UInt32 { ~state }

    /// Adds bytes.
    ///
    /// - Complexity: O(bytes), eight at a time.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var crc = state
        var index = 0
        while index + 8 <= bytes.count {
            let word = UInt64(
                littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            crc = folded(word ^ UInt64(crc))
            index += 8
        }
        while index < bytes.count {
            crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[index])] ^ crc >> 8
            index += 1
        }
        state = crc
    }

    /// Eight bytes, each through the table of its distance from the end.
    @inline(__always)
    private func folded(_ word: UInt64) -> UInt32 {
        var crc: UInt32 = 0
        for byte in 0..<8 {
            let index = Int(UInt8(truncatingIfNeeded: word >> UInt64(8 * byte)))
            crc ^= table[(7 - byte) << 8 | index]
        }
        return crc
    }

    /// Eight tables of 256 remainders; the n-th is for bytes with n more behind them.
    nonisolated(unsafe) private static let tables: UnsafePointer<UInt32> = {
        let table = UnsafeMutablePointer<UInt32>.allocate(capacity: 8 << 8)
        for index in 0..<256 {
            table[index] = (0..<8).reduce(UInt32(index)) { crc, _ in
                crc >> 1 ^ (crc & 1 == 1 ? 0x82f6_3b78 : 0)
            }
        }
        for index in 256..<(8 << 8) {
            let before = table[index - 256]
            table[index] = before >> 8 ^ table[Int(before & 0xff)]
        }
        return UnsafePointer(table)
    }()
}
