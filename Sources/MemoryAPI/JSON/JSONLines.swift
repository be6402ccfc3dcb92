import CSimdJSON
import MicroHTTPD

/// The documents of a body that has one on each line; lines with nothing but blanks are passed over.
///
/// The corresponding media type is `application/x-ndjson`.
struct JSONLines {
    private var rest: UnsafeRawBufferPointer.SubSequence
    /// The line of the last document, from 1 on.
    private(set) var line = 0

    static let mediaType = "application/x-ndjson"

    init(_ body: UnsafeRawBufferPointer) { rest = body[...] }

    /// Goes on to the next document, which is valid until the one after it is read.
    ///
    /// - Returns: `nil` at the end.
    mutating func next() throws(Problem) -> csj_value? {
        while !rest.isEmpty {
            let text = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(text.count + 1)
            line += 1
            if text.allSatisfy(isBlank) { continue }
            return try JSONBody.parse(UnsafeRawBufferPointer(rebasing: text), line: line)
        }
        return nil
    }
}

/// Whether a byte is a blank within a line.
func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
}

extension Request {
    /// Whether the body has a document on each line.
    var hasLines: Bool {
        guard body.count > 0, let field = header("Content-Type") else { return false }
        let name = field.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        return String(decoding: name, as: UTF8.self).lowercased() == JSONLines.mediaType
    }
}
