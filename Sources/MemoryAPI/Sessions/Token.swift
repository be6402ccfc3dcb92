import Glibc
import SessionJournal

/// 128 random bits as they travel: 32 hexadecimal digits in four words.
struct RandomDigits: Hashable, Sendable {
    private var words: SIMD4<UInt64>

    /// Draws bits from the kernel's random number generator.
    init() {
        var bits: (UInt64, UInt64) = (0, 0)
        // glibc's way to the system call getrandom; it fails only without such a kernel.
        guard getentropy(&bits, MemoryLayout.size(ofValue: bits)) == 0 else {
            fatalError("no random numbers from the kernel")
        }
        words = SIMD4()
        withUnsafeBytes(of: bits) { random in
            withUnsafeMutableBytes(of: &words) { digits in
                for index in random.indices {
                    digits[2 * index] = hexadecimalDigit(random[index] >> 4)
                    digits[2 * index + 1] = hexadecimalDigit(random[index] & 15)
                }
            }
        }
    }

    /// Takes 128 bits.
    init(_ high: UInt64, _ low: UInt64) {
        words = SIMD4()
        withUnsafeMutableBytes(of: &words) { digits in
            for index in 0..<16 {
                let shift = UInt64(60 - 4 * index)
                digits[index] = hexadecimalDigit(UInt8(truncatingIfNeeded: high >> shift) & 15)
                digits[index + 16] = hexadecimalDigit(UInt8(truncatingIfNeeded: low >> shift) & 15)
            }
        }
    }

    /// Takes 32 digits as they came; nothing is checked.
    init(reading start: UnsafeRawPointer) {
        words = start.loadUnaligned(as: SIMD4<UInt64>.self)
    }

    /// Takes the bytes of 32 digits; `nil` if there are more or fewer.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == MemoryLayout<SIMD4<UInt64>>.size else { return nil }
        words = bytes.withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }

    /// The digits' bytes.
    var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    /// Whether both are the same, in a time that does not depend on where they differ.
    func equalsInConstantTime(_ other: RandomDigits) -> Bool {
        let difference = words ^ other.words
        return difference[0] | difference[1] | difference[2] | difference[3] == 0
    }

    /// The digits.
    var text: String { withUnsafeBytes(of: words) { String(decoding: $0, as: UTF8.self) } }
}

/// A session's public name: 16 hexadecimal digits.
struct SessionID: Hashable, Sendable {
    private var words: SIMD2<UInt64>

    /// Draws a name.
    init() {
        let digits = RandomDigits()
        words = withUnsafeBytes(of: digits) { $0.loadUnaligned(as: SIMD2<UInt64>.self) }
    }

    /// Reads a name; `nil` if it has another length.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.count, let start = bytes.baseAddress else { return nil }
        self.init(reading: start)
    }

    fileprivate init(reading start: UnsafeRawPointer) {
        words = start.loadUnaligned(as: SIMD2<UInt64>.self)
    }

    /// The name of a stored session.
    init(_ key: SessionKey) {
        words = SIMD2()
        withUnsafeMutableBytes(of: &words) { digits in
            for index in digits.indices {
                let digit = UInt8(truncatingIfNeeded: key.rawValue >> UInt64(60 - 4 * index)) & 15
                digits[index] = hexadecimalDigit(digit)
            }
        }
    }

    /// The session's number in a journal store; `nil` for a name that no session has.
    var stored: SessionKey? {
        var number: UInt64 = 0
        let isNumber = withUnsafeBytes(of: words) { digits in
            digits.allSatisfy { digit in
                guard let value = lowercaseDigitValue(digit) else { return false }
                number = number << 4 | UInt64(value)
                return true
            }
        }
        return isNumber ? SessionKey(rawValue: number) : nil
    }

    static let count = 16

    /// A number to find the session by; no two sessions of a service have the same.
    var key: Key { Key(bits: StateHash.mix(words[0], words[1])) }

    /// The digits.
    var text: String { withUnsafeBytes(of: words) { String(decoding: $0, as: UTF8.self) } }
}

extension SessionID {
    /// A mixed number that a dictionary takes as its hash.
    ///
    /// Nobody can choose the ids that are stored, since the service draws them; so nothing is won
    /// by hashing them once more with a secret.
    struct Key: Hashable, Sendable {
        fileprivate let bits: UInt64

        static let shardCount = 16

        /// Which part of the table it belongs to, by the bits that are not the hash's lowest.
        var shardIndex: Int { Int(truncatingIfNeeded: bits >> 60) }

        @inline(__always)
        func _rawHashValue(seed: Int) -> Int { Int(truncatingIfNeeded: bits) ^ seed }
    }
}

/// A capability for one session: `kml_`, the session's id, and a secret; `kmv_` for one that can
/// only look.
struct Token: Sendable {
    let id: SessionID
    let secret: RandomDigits
    let isReadOnly: Bool

    static let count = 4 + SessionID.count + 32

    init(_ id: SessionID, _ secret: RandomDigits, isReadOnly: Bool) {
        self.id = id
        self.secret = secret
        self.isReadOnly = isReadOnly
    }

    /// Reads a token as a client sent it; `nil` if it is none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.count, let start = bytes.baseAddress else { return nil }
        let prefix = UnsafeRawBufferPointer(start: start, count: 4)
        isReadOnly = prefix.equals("kmv_")
        guard isReadOnly || prefix.equals("kml_") else { return nil }
        id = SessionID(reading: start + 4)
        secret = RandomDigits(reading: start + 4 + SessionID.count)
    }

    /// The token for a client.
    var text: String { (isReadOnly ? "kmv_" : "kml_") + id.text + secret.text }
}

/// What a hexadecimal digit of a session's name counts; `nil` for other bytes.
private func lowercaseDigitValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
}
