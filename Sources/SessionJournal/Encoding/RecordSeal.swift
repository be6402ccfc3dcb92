/// Every record begins with a version and ends with a check value of its key and all before it.
extension RecordWriter {
    /// Ends a record with its check value.
    mutating func seal(_ key: JournalKey) { fixed(key.checkValue(with: written)) }

    /// What was written, with the check value behind it.
    consuming func sealed(_ key: JournalKey) -> [UInt8] {
        seal(key)
        return bytes
    }
}

extension RecordReader {
    /// Checks a record and stands behind its version then.
    ///
    /// - Throws: ``RecordError`` if it is too short, damaged, or of a newer version.
    init(
        opening bytes: UnsafeRawBufferPointer, _ key: JournalKey, version: UInt8
    ) throws(RecordError) {
        guard bytes.count >= 5 else { throw .truncated }
        guard bytes.hasCheckValue(key) else { throw .damaged }
        let content = UnsafeRawBufferPointer(rebasing: bytes.dropLast(4))
        let found = content[0]
        self.init(UnsafeRawBufferPointer(rebasing: content.dropFirst()), version: found)
        guard found <= version else { throw .newerVersion(found) }
        guard found > 0 else { throw .outOfRange("version") }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether a record ends with the check value of its key and what is before.
    func hasCheckValue(_ key: JournalKey) -> Bool {
        guard count >= 5 else { return false }
        let content = UnsafeRawBufferPointer(rebasing: dropLast(4))
        let check = UInt32(
            littleEndian: loadUnaligned(fromByteOffset: content.count, as: UInt32.self))
        return check == key.checkValue(with: content)
    }
}

extension JournalKey {
    /// The check value of a record's key and its content.
    func checkValue(with content: UnsafeRawBufferPointer) -> UInt32 {
        var check = CRC32C()
        withBytes { check.add($0) }
        check.add(content)
        return check.value
    }
}
