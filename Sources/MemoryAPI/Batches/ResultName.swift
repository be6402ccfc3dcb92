/// What a batch calls the result of one of its calls: 1 to 32 letters, digits and `_`.
///
/// The bytes lie in four words, with zeroes behind them, so that names are compared without a loop.
struct ResultName: Equatable {
    private let words: (UInt64, UInt64, UInt64, UInt64)
    /// A number that is the same for the same name.
    let hash: UInt64

    /// The most bytes of a name.
    static let longest = 32

    /// What a name has to be, in words.
    static let wanted = "a name of 1 to \(longest) letters, digits and _"

    /// - Returns: `nil` if the bytes are no name.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty, bytes.count <= Self.longest else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for byte in bytes where !isNameByte(byte) { return nil }
        withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
        self.words = words
        var hash = words.0 &* 0x9e37_79b9_7f4a_7c15
        if bytes.count > 8 {
            hash ^= words.1 &* 0xc2b2_ae3d_27d4_eb4f
            hash ^= words.2 &* 0x1656_67b1_9e37_79f9 ^ words.3 &* 0x27d4_eb2f_1656_67c5
        }
        self.hash = hash ^ hash >> 32
    }

    @inline(__always)
    static func == (left: ResultName, right: ResultName) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1
            && left.words.2 == right.words.2 && left.words.3 == right.words.3
    }

    /// The name as a text.
    var text: String {
        withUnsafeBytes(of: words) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// Whether a name of a result may have a byte.
@inline(__always)
func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
    default: false
    }
}
