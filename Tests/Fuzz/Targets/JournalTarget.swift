import KernelMemory

@testable import SessionJournal

extension FuzzTarget {
    /// The decoders of the journal: whatever they take is written as something that they take again,
    /// and damaged records are refused.
    static let journal = FuzzTarget(name: "journal") { bytes in
        var source = ByteSource(bytes)
        let kind = source.byte() % 5
        let rest = source.rest
        switch kind {
        case 0: try readCalls(rest)
        case 1: try readAgain(rest, StoredAnswer.self)
        case 2: try readAgain(rest, MachineConfiguration.self)
        case 3: try readSealed(rest)
        default: _ = try? RecordedCall(rest, JournalKey(SessionKey(rawValue: 1), 1))
        }
    }

    private static func readCalls(_ bytes: UnsafeRawBufferPointer) throws {
        var reader = RecordReader(bytes)
        for _ in 0..<64 {
            guard let call = try? reader.call() else { return }
            var writer = RecordWriter()
            writer.call(call)
            var second = RecordReader(writer.written)
            let again = try second.call()
            try second.end()
            try demand(call == again, "\(call) is read again as \(again)")
        }
    }

    private static func readAgain<Field: RecordField & Equatable>(
        _ bytes: UnsafeRawBufferPointer, _: Field.Type
    ) throws {
        var reader = RecordReader(bytes)
        guard let field = try? Field(from: &reader) else { return }
        var writer = RecordWriter()
        field.write(to: &writer)
        var second = RecordReader(writer.written)
        let again = try Field(from: &second)
        try second.end()
        try demand(field == again, "\(field) is read again as \(again)")
    }

    /// A record with the right check value and any content.
    private static func readSealed(_ bytes: UnsafeRawBufferPointer) throws {
        let key = JournalKey(SessionKey(rawValue: 7), 3)
        var writer = RecordWriter()
        for byte in bytes { writer.byte(byte) }
        writer.seal(key)
        guard let record = try? RecordedCall(writer.written, key) else { return }
        var second = RecordWriter()
        record.write(to: &second, under: key)
        let again = try RecordedCall(second.written, key)
        try demand(record == again, "\(record) is read again as \(again)")
        var damaged = second.bytes
        damaged[damaged.count / 2] ^= 4
        let taken = damaged.withUnsafeBytes { try? RecordedCall($0, key) }
        try demand(taken == nil, "a damaged record is taken")
    }
}
