/// The compression function of SHA-256.
///
/// The corresponding standard is FIPS 180-4, section 6.2.
struct SHA256 {
    /// The hash value so far.
    private(set) var state = SIMD8<UInt32>(
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
        0x5be0_cd19)

    /// Goes on by a block of 512 bits.
    mutating func add(_ block: InlineArray<16, UInt32>) {
        var words = block
        var work = state
        for round in 0..<64 {
            if round >= 16 {
                let early = words[(round &- 15) & 15]
                let late = words[(round &- 2) & 15]
                let sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3
                let sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10
                words[round & 15] =
                    words[round & 15] &+ sigma0 &+ words[(round &- 7) & 15] &+ sigma1
            }
            work = Self.step(work, Self.constants[round] &+ words[round & 15])
        }
        state &+= work
    }

    /// One round: the eight words move on by one place.
    private static func step(_ work: SIMD8<UInt32>, _ input: UInt32) -> SIMD8<UInt32> {
        let (a, b, c, e, f, g) = (work[0], work[1], work[2], work[4], work[5], work[6])
        let choice = e & f ^ ~e & g
        let majority = a & b ^ a & c ^ b & c
        let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
        let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
        let first = work[7] &+ sum1 &+ choice &+ input
        return SIMD8(first &+ sum0 &+ majority, a, b, c, work[3] &+ first, e, f, g)
    }

    private static let constants: InlineArray<64, UInt32> = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
        0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
        0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
        0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
        0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
        0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
        0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
        0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
        0xc671_78f2,
    ]
}

@inline(__always)
private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &>> count | word &<< (32 &- count)
}
