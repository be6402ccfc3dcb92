/// Where a record stands: its session, and its step in it.
///
///     | session | step |
///     | 8       | 4    |     both with the highest byte first
///
/// So all of a session lies together, in this order: at step 0 what it is, from step 1 on its calls,
/// behind all of them when it was last asked for and the last answers to requests that may come again,
/// and at the end where it stands, if it does not stand behind its last call.
struct JournalKey: Hashable {
    private let bigEndianSession: UInt64
    private let bigEndianStep: UInt32

    init(_ session: SessionKey, _ step: UInt32) {
        bigEndianSession = session.rawValue.bigEndian
        bigEndianStep = step.bigEndian
    }

    /// Reads a key; `nil` if the bytes are none.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.byteCount, let start = bytes.baseAddress else { return nil }
        self.init(at: start)
    }

    /// Reads a key of ``byteCount`` bytes.
    init(at bytes: UnsafeRawPointer) {
        bigEndianSession = bytes.loadUnaligned(as: UInt64.self)
        bigEndianStep = bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
    }

    var session: SessionKey { SessionKey(rawValue: UInt64(bigEndian: bigEndianSession)) }
    var step: UInt32 { UInt32(bigEndian: bigEndianStep) }

    /// Which of two keys comes first, as C's functions say it: less than 0, 0 or more than 0.
    ///
    /// The same as if their bytes were compared one after the other.
    @inline(__always)
    func compared(to other: JournalKey) -> Int32 {
        if session != other.session { return session < other.session ? -1 : 1 }
        if step != other.step { return step < other.step ? -1 : 1 }
        return 0
    }

    /// Bytes of a key.
    static let byteCount = 12
    /// The step of the record that says what a session is.
    static let start: UInt32 = 0
    /// The step of the record that says where a session stands.
    static let position = UInt32.max
    /// The step of the record that says when a session was last asked for.
    static let use = firstAnswer - 1
    /// The first of the steps of the records of answers, which end below ``position``.
    static let firstAnswer = position - UInt32(NumberedAnswer.limit)

    /// Whether it is the key of an answer.
    var isAnswer: Bool { (Self.firstAnswer..<Self.position).contains(step) }

    /// Whether it is the key of a call.
    var isCall: Bool { (1...JournalHead.stepLimit).contains(step) }

    /// The key's bytes.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: self) { body(UnsafeRawBufferPointer(rebasing: $0[..<Self.byteCount])) }
    }
}
