import MicroHTTPD

/// The body of `PUT /memory/{address}`: bytes in one of three spellings.
struct StoredBytes {
    let bytes: [UInt8]

    private static let fields = FieldNames(["hex", "text", "base64"])
    private static let limit = 65_536

    init(_ request: borrowing Request) throws(Problem) {
        var reader = try JSONObjectReader(request, Self.fields)
        var bytes: [UInt8]?
        while let field = try reader.next() {
            guard bytes == nil else { throw reader.problem("the only one of hex, text, base64") }
            let wanted = Self.wanted(field)
            let text = try reader.text(wanted)
            let decoded =
                switch field {
                case 0: decodeHexadecimal(text)
                case 1: Array(text)
                default: decodeBase64(text)
                }
            guard let decoded, (1...Self.limit).contains(decoded.count) else {
                throw reader.problem(wanted)
            }
            bytes = decoded
        }
        guard let bytes else {
            throw Problem(
                .invalidField, "The body needs one of hex, text, base64.",
                faults: [.init(place: .body("/hex"), detail: "is missing")])
        }
        self.bytes = bytes
    }

    private static func wanted(_ field: Int) -> String {
        switch field {
        case 0: "1 to \(limit) bytes as pairs of hexadecimal digits"
        case 1: "a text of 1 to \(limit) bytes"
        default: "1 to \(limit) bytes in base64"
        }
    }
}

/// Reads pairs of hexadecimal digits; `nil` for anything else.
func decodeHexadecimal(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 2)
    for index in stride(from: 0, to: text.count, by: 2) {
        guard let high = hexadecimalValue(text[index]), let low = hexadecimalValue(text[index + 1])
        else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes
}

/// Reads base64 with its padding (RFC 4648, section 4); `nil` for anything else.
func decodeBase64(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    let padding = text.reversed().prefix(2).prefix { $0 == UInt8(ascii: "=") }.count
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0
    for (index, character) in text.dropLast(padding).enumerated() {
        guard let value = base64Value(character) else { return nil }
        bits = bits << 6 | value
        if index % 4 > 0 {
            bytes.append(UInt8(truncatingIfNeeded: bits >> (6 - 2 * UInt32(index % 4))))
        }
    }
    // Bits that the padding cuts off must be 0, so that each text has one spelling.
    let cut = bits & ((1 << (2 * UInt32(padding))) - 1)
    return cut == 0 ? bytes : nil
}

private func base64Value(_ character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
}
