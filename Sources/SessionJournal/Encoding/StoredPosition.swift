/// The record that says at which step a session stands that has undone calls.
enum StoredPosition {
    private static let version: UInt8 = 1

    static func encoded(_ step: UInt32, _ key: JournalKey) -> [UInt8] {
        var writer = RecordWriter(capacity: 16)
        writer.byte(version)
        writer.number(step)
        return writer.sealed(key)
    }

    static func step(
        _ bytes: UnsafeRawBufferPointer, _ key: JournalKey
    ) throws(RecordError) -> UInt32 {
        var reader = try RecordReader(opening: bytes, key, version: version)
        let step = try reader.number32("position")
        try reader.end()
        return step
    }
}
