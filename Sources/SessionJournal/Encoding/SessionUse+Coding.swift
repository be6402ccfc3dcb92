/// The record that says when a session was last asked for.
extension SessionUse {
    private static let version: UInt8 = 1

    /// Where it is kept.
    var key: JournalKey { JournalKey(session, JournalKey.use) }

    /// The record of a second.
    func encoded(_ second: UInt64) -> [UInt8] {
        var writer = RecordWriter(capacity: 16)
        writer.byte(Self.version)
        writer.number(second)
        return writer.sealed(key)
    }

    /// Reads a record; one that is damaged says nothing, since nobody's work depends on it.
    init(_ bytes: UnsafeRawBufferPointer?, of session: SessionKey) {
        self.init(session, second: bytes.flatMap { try? Self.second($0, of: session) })
    }

    private static func second(
        _ bytes: UnsafeRawBufferPointer, of session: SessionKey
    ) throws(RecordError) -> UInt64 {
        var reader = try RecordReader(
            opening: bytes, JournalKey(session, JournalKey.use), version: version)
        let second = try reader.number()
        try reader.end()
        return second
    }
}
