import Glibc

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

    /// Takes 32 digits as they came; nothing is checked.
    init(reading start: UnsafeRawPointer) {
        words = start.loadUnaligned(as: SIMD4<UInt64>.self)
    }

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
