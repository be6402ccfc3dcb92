import KernelMemory

/// One step of a session as its journal keeps it.
///
///     | version | function | arguments ... | answer ... | state hash | check |
///     | 1       | 1        |               | version 2  | 8          | 4     |
///
/// `alloc_pages(GFP_KERNEL, 2)` takes 17 bytes, 4 of them for the call. The check value covers the
/// record's key, too, so that a record in another's place is noticed.
public struct RecordedCall: Hashable, Sendable {
    /// What was called.
    public let call: KernelCall
    /// What names the state behind the call; the same calls on the same machine lead to it again.
    public let stateHash: UInt64

    /// The answer to the request that ended with this call: older versions kept it here.
    public var answer: StoredAnswer?

    /// A call and the hash of the state that it led to.
    public init(_ call: KernelCall, stateHash: UInt64, answer: StoredAnswer? = nil) {
        self.call = call
        self.stateHash = stateHash
        self.answer = answer
    }
}

extension RecordedCall {
    /// The version that is written, unless an answer is to be kept.
    private static let usualVersion: UInt8 = 1
    /// The newest version: the one with an answer.
    static let version: UInt8 = 2

    /// Writes the record under a key.
    func write(to writer: inout RecordWriter, under key: JournalKey) {
        writer.byte(answer == nil ? Self.usualVersion : Self.version)
        writer.call(call)
        answer?.write(to: &writer)
        writer.word(stateHash)
        writer.seal(key)
    }

    /// Reads a record.
    ///
    /// - Throws: ``RecordError`` if the bytes are no record, or not that of this key.
    init(_ bytes: UnsafeRawBufferPointer, _ key: JournalKey) throws(RecordError) {
        var reader = try RecordReader(opening: bytes, key, version: Self.version)
        call = try reader.call()
        answer = reader.version == Self.version ? try StoredAnswer(from: &reader) : nil
        stateHash = try reader.word()
        try reader.end()
    }

    /// The hash in a record whose rest is not looked at; `nil` if it is too short.
    static func stateHash(in bytes: UnsafeRawBufferPointer) -> UInt64? {
        let offset = bytes.count - 12
        guard offset > 0 else { return nil }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
