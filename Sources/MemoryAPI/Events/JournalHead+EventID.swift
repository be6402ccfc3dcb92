import MicroHTTPD
import SessionJournal

/// A state as the `id` of an event: its step and its hash, `3-9f86d081884c7d65`.
///
/// The step alone would not do: behind an undo, other calls take the same steps.
extension JournalHead {
    private static let hashDigits = 16

    /// Reads an id; `nil` if it is none.
    init?(eventID bytes: UnsafeRawBufferPointer) {
        guard let dash = bytes.firstIndex(of: UInt8(ascii: "-")),
            bytes.count - dash - 1 == Self.hashDigits,
            let step = wholeNumber(UnsafeRawBufferPointer(rebasing: bytes[..<dash])),
            let small = UInt32(exactly: step)
        else { return nil }
        var hash: UInt64 = 0
        for byte in bytes[(dash + 1)...] {
            guard let digit = hexadecimalValue(byte) else { return nil }
            hash = hash << 4 | UInt64(digit)
        }
        self.init(step: small, stateHash: hash)
    }

    /// Writes the id.
    func writeEventID(to output: inout OutputBuffer) {
        output.append("\(step)-")
        for index in 0..<Self.hashDigits {
            let shift = UInt64(4 * (Self.hashDigits - 1 - index))
            output.append(hexadecimalDigit(UInt8(truncatingIfNeeded: stateHash >> shift) & 15))
        }
    }
}
