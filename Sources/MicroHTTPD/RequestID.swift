import Glibc
import Synchronization

/// The name of one request, for logs and for a client that asks what became of it.
///
/// A client's own `X-Request-Id` is kept if it is one that can be logged and sent back as it is. Else one is made
/// of the process, the connection and the place of the request on it: no two requests of a process have the same,
/// and making it touches nothing that threads share.
struct RequestID {
    /// The longest `X-Request-Id` that is kept, in bytes.
    static let limitInBytes = 128
    /// Room for any that is made.
    static let madeCapacity = 48

    /// Whether a client's name for its request is kept: 1 to 128 visible ASCII characters.
    static func isKept(_ field: UnsafeRawBufferPointer) -> Bool {
        guard 1...limitInBytes ~= field.count else { return false }
        return field.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// Writes a name that is made: `PROCESS-CONNECTION-REQUEST`, in hexadecimal.
    ///
    /// - Parameter block: room for ``madeCapacity`` bytes.
    /// - Returns: how many bytes it has.
    static func write(
        connection: UInt64, request: UInt32, to block: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var count = writeHexadecimal(processNumber, to: block)
        block[count] = UInt8(ascii: "-")
        count += 1 + writeHexadecimal(connection, to: block + count + 1)
        block[count] = UInt8(ascii: "-")
        return count + 1 + writeHexadecimal(UInt64(request), to: block + count + 1)
    }

    /// Tells this process from others that write to the same log; not a secret.
    private static let processNumber: UInt64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let mixed =
            (UInt64(bitPattern: Int64(time.tv_nsec)) << 20 ^ UInt64(bitPattern: Int64(time.tv_sec)))
            &+ UInt64(UInt32(bitPattern: getpid())) &* 0x9E37_79B9_7F4A_7C15
        return (mixed >> 16 | 0x1000_0000) & 0xFFFF_FFFF
    }()

    /// The number of a connection that has just begun.
    static func nextConnection() -> UInt64 {
        connections.add(1, ordering: .relaxed).newValue
    }

    private static let connections = Atomic<UInt64>(0)
}

/// Writes a number in hexadecimal without leading zeros.
///
/// - Returns: how many digits it has, 1...16.
private func writeHexadecimal(_ value: UInt64, to block: UnsafeMutablePointer<UInt8>) -> Int {
    let count = max(1, (67 - value.leadingZeroBitCount) / 4)
    for index in 0..<count {
        let digit = UInt8(truncatingIfNeeded: value >> UInt64(4 * (count - 1 - index))) & 15
        block[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
    }
    return count
}

/// Whether bytes are a `traceparent` field that may be sent back.
///
/// Version 00 has exactly four members; a later version may have more behind them, which are sent back as well
/// while they are few.
///
/// The corresponding text is W3C Trace Context, section 3.2.
func isTraceParent(_ field: UnsafeRawBufferPointer) -> Bool {
    guard 55...RequestID.limitInBytes ~= field.count,
        areLowerHexadecimal(field, 0..<2), field[2] == UInt8(ascii: "-"),
        areLowerHexadecimal(field, 3..<35), field[35] == UInt8(ascii: "-"),
        areLowerHexadecimal(field, 36..<52), field[52] == UInt8(ascii: "-"),
        areLowerHexadecimal(field, 53..<55),
        field[3..<35].contains(where: { $0 != UInt8(ascii: "0") }),
        field[36..<52].contains(where: { $0 != UInt8(ascii: "0") })
    else { return false }
    if field[0] == UInt8(ascii: "f"), field[1] == UInt8(ascii: "f") { return false }
    if field.count == 55 { return true }
    let isFirstVersion = field[0] == UInt8(ascii: "0") && field[1] == UInt8(ascii: "0")
    return !isFirstVersion && field[55] == UInt8(ascii: "-")
        && field.allSatisfy { $0 > 0x20 && $0 < 0x7F }
}

private func areLowerHexadecimal(_ field: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    field[range].allSatisfy {
        $0 &- UInt8(ascii: "0") < 10 || $0 &- UInt8(ascii: "a") < 6
    }
}
