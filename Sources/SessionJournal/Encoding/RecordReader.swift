/// Reads what ``RecordWriter`` wrote, and takes any other bytes without harm.
///
/// The bytes must stay where they are while it reads.
struct RecordReader {
    private var rest: UnsafeRawBufferPointer.SubSequence

    /// The version that the record says it has.
    let version: UInt8

    init(_ bytes: UnsafeRawBufferPointer, version: UInt8 = 0) {
        rest = bytes[...]
        self.version = version
    }

    /// - Throws: unless all bytes have been read.
    func end() throws(RecordError) {
        guard rest.isEmpty else { throw .trailingBytes }
    }

    mutating func byte() throws(RecordError) -> UInt8 {
        guard let byte = rest.popFirst() else { throw .truncated }
        return byte
    }

    mutating func flag(_ field: String) throws(RecordError) -> Bool {
        let byte = try byte()
        guard byte <= 1 else { throw .outOfRange(field) }
        return byte == 1
    }

    /// A number of up to 64 bits.
    mutating func number() throws(RecordError) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { break }
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
        }
        throw .outOfRange("number")
    }

    /// A number that must be in a range.
    mutating func number(
        _ field: String, in range: ClosedRange<UInt64>
    ) throws(RecordError) -> UInt64 {
        let number = try number()
        guard range.contains(number) else { throw .outOfRange(field) }
        return number
    }

    mutating func number32(_ field: String) throws(RecordError) -> UInt32 {
        UInt32(try number(field, in: 0...UInt64(UInt32.max)))
    }

    mutating func address() throws(RecordError) -> UInt64 {
        let folded = try number()
        return folded >> 1 ^ (0 &- (folded & 1))
    }

    mutating func word() throws(RecordError) -> UInt64 {
        UInt64(littleEndian: try bytes(8).loadUnaligned(as: UInt64.self))
    }

    /// A block that its length precedes.
    mutating func block() throws(RecordError) -> [UInt8] {
        let count = try number()
        guard count <= rest.count else { throw .truncated }
        return Array(try bytes(Int(count)))
    }

    /// How many items follow, each of which takes at least one byte.
    mutating func count() throws(RecordError) -> Int {
        let count = try number()
        guard count <= rest.count else { throw .truncated }
        return Int(count)
    }

    /// A text that its length in bytes precedes.
    mutating func text(_ field: String) throws(RecordError) -> String {
        guard let text = String(validating: try block(), as: UTF8.self) else {
            throw .outOfRange(field)
        }
        return text
    }

    private mutating func bytes(_ count: Int) throws(RecordError) -> UnsafeRawBufferPointer {
        guard count <= rest.count else { throw .truncated }
        defer { rest = rest.dropFirst(count) }
        return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
    }
}
