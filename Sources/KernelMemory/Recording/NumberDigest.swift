/// Digests numbers, each as eight bytes, the highest first.
package struct NumberDigest {
    private var hash = SHA256()
    private var block = InlineArray<16, UInt32>(repeating: 0)
    private var filled = 0
    private var count: UInt64 = 0

    /// Begins without a number.
    package init() {}

    /// Goes on by a number.
    package mutating func add(_ number: Int) {
        let bits = UInt64(bitPattern: Int64(number))
        append(UInt32(truncatingIfNeeded: bits >> 32))
        append(UInt32(truncatingIfNeeded: bits))
        count += 1
    }

    private mutating func append(_ word: UInt32) {
        block[filled] = word
        filled += 1
        if filled == 16 {
            hash.add(block)
            filled = 0
        }
    }

    /// The digest of all numbers.
    package mutating func finish() -> SIMD4<UInt64> {
        let bits = count * 64
        append(0x8000_0000)
        while filled != 14 { append(0) }
        append(UInt32(truncatingIfNeeded: bits >> 32))
        append(UInt32(truncatingIfNeeded: bits))
        let state = hash.state
        return SIMD4((0..<4).map { UInt64(state[2 * $0]) << 32 | UInt64(state[2 * $0 + 1]) })
    }
}
