/// The record of an answer, in the slot of its number.
///
///     | version | number | answer ... | check |
///     | 1       | 1...10 |            | 4     |
extension NumberedAnswer {
    private static let version: UInt8 = 1

    /// Where it is kept.
    func key(in session: SessionKey) -> JournalKey {
        JournalKey(session, JournalKey.firstAnswer + UInt32(number % UInt64(Self.limit)))
    }

    /// The answer's record.
    func encoded(_ key: JournalKey) -> [UInt8] {
        var writer = RecordWriter(capacity: 256 + (answer.body?.count ?? 0))
        writer.byte(Self.version)
        writer.number(number)
        answer.write(to: &writer)
        return writer.sealed(key)
    }

    /// Reads an answer's record.
    ///
    /// - Throws: ``RecordError`` if the bytes are no record, or not that of this key.
    init(_ bytes: UnsafeRawBufferPointer, _ key: JournalKey) throws(RecordError) {
        var reader = try RecordReader(opening: bytes, key, version: Self.version)
        number = try reader.number()
        answer = try StoredAnswer(from: &reader)
        try reader.end()
        guard self.key(in: key.session) == key else { throw .outOfRange("number") }
    }
}
