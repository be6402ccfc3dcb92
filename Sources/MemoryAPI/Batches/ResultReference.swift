/// An argument that an earlier call of the batch returned, moved by some bytes: `$p1`, `$p1+0x40`,
/// `$p1-8`.
struct ResultReference {
    let name: ResultName
    /// What is added, in two's complement.
    let offset: UInt64

    /// What a reference has to be, in words.
    static let wanted = "$ and the name of an earlier call's result, as in $p1, $p1+0x40 or $p1-8"

    /// Whether bytes are meant as a reference.
    @inline(__always)
    static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.first == UInt8(ascii: "$") }

    /// - Returns: `nil` if the bytes are no reference.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard Self.begins(bytes) else { return nil }
        var end = 1
        while end < bytes.count, isNameByte(bytes[end]) { end += 1 }
        guard let name = ResultName(UnsafeRawBufferPointer(rebasing: bytes[1..<end])) else {
            return nil
        }
        self.name = name
        guard end < bytes.count else {
            offset = 0
            return
        }
        let sign = bytes[end]
        let digits = UnsafeRawBufferPointer(rebasing: bytes[(end + 1)...])
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let distance = wholeNumber(digits)
        else { return nil }
        offset = sign == UInt8(ascii: "+") ? distance : 0 &- distance
    }
}
