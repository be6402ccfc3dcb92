import MicroHTTPD

/// The name of a state in one representation: `"<hash>-0"`.
struct EntityTag {
    private var bytes = SIMD32<UInt8>()
    private static let count = 20

    /// - Parameter representation: which of a route's media types it is.
    init(_ hash: UInt64, representation: Int) {
        bytes[0] = UInt8(ascii: "\"")
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: hash >> UInt64(60 - 4 * index)) & 15
            bytes[index + 1] = hexadecimalDigit(digit)
        }
        bytes[17] = UInt8(ascii: "-")
        bytes[18] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: representation)
        bytes[19] = UInt8(ascii: "\"")
    }

    /// Completes the answer to a request that was found valid: with the header fields that let a
    /// client ask again, or to a 304 when the client has this state already.
    func complete(_ response: inout Response, to request: borrowing Request) {
        let known = request.header("If-None-Match")
        withUnsafeBytes(of: bytes) { bytes in
            let tag = UnsafeRawBufferPointer(rebasing: bytes[..<Self.count])
            response.setHeader("ETag", bytes: tag)
            response.setHeader("Cache-Control", "private, no-cache")
            // Without the last quote, as the packed form's tag goes on with -gzip.
            let stem = UnsafeRawBufferPointer(rebasing: tag.dropLast())
            guard let known, Self.list(known, names: stem) else { return }
            response.status = 304
            response.removeHeader("Content-Type")
        }
    }

    /// Whether a field names the state, in whatever representation.
    static func field(_ field: UnsafeRawBufferPointer, namesState hash: UInt64) -> Bool {
        let tag = EntityTag(hash, representation: 0)
        return withUnsafeBytes(of: tag.bytes) { bytes in
            // The quote, 16 digits, and the dash.
            list(field, names: UnsafeRawBufferPointer(rebasing: bytes[..<18]))
        }
    }

    /// Whether a list of tags has this one; `W/` does not matter here (RFC 9110, 13.1.2).
    private static func list(
        _ field: UnsafeRawBufferPointer, names tag: UnsafeRawBufferPointer
    ) -> Bool {
        if field.equals("*") { return true }
        guard field.count >= tag.count else { return false }
        return (0...(field.count - tag.count)).contains { start in
            UnsafeRawBufferPointer(rebasing: field[start..<(start + tag.count)]).equals(tag)
        }
    }
}

extension Request {
    /// Refuses a change of a state that is not the one that `If-Match` names.
    @inline(__always)
    func checkPrecondition(_ session: borrowing SessionState) throws(Problem) {
        guard let field = header("If-Match") else { return }
        guard EntityTag.field(field, namesState: session.hash) else {
            throw Problem(
                .preconditionFailed,
                "The session is at step \(session.step), in another state than If-Match names.",
                extras: [.number("step", UInt64(session.step))])
        }
    }
}
