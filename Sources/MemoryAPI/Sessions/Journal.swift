import KernelMemory

/// The calls of a session and what they returned, in order: the session itself.
///
/// One growing block of fixed-size records; what does not fit into one lies beside it.
struct Journal: ~Copyable, @unchecked Sendable {
    private var base: UnsafeMutablePointer<JournalRecord>
    private var capacity: Int
    /// Calls taken down, undone ones included.
    private(set) var count = 0
    private(set) var payloads: [JournalPayload] = []
    let initialHash: UInt64
    /// How many of the first calls the journal store has, too, undone ones included.
    private(set) var storedCount = 0

    private static let firstCapacity = 16

    /// An empty journal of a machine.
    init(_ configuration: MachineConfiguration) {
        capacity = Self.firstCapacity
        base = .allocate(capacity: capacity)
        initialHash = StateHash.initial(configuration)
    }

    deinit { base.deallocate() }

    /// Takes down a call behind the first `position` ones; what came behind is forgotten.
    @inline(__always)
    mutating func append(
        _ call: KernelCall, _ returned: Outcome.Returned, at position: Int
    ) {
        if _slowPath(position == capacity) { grow() }
        if _slowPath(position < count) { forget(after: position) }
        var record = JournalRecord(call, payload: UInt32(truncatingIfNeeded: payloads.count))
        var payloadHash: UInt64 = 0
        if let payload = JournalPayload(call) { payloadHash = keep(payload) }
        record.complete(returned, after: hash(at: position), payload: payloadHash)
        base[position] = record
        count = position + 1
    }

    /// The hash of the state behind the first `step` calls.
    @inline(__always)
    func hash(at step: Int) -> UInt64 { step == 0 ? initialHash : base[step - 1].hash }

    /// The records; valid until the next change.
    var records: UnsafeBufferPointer<JournalRecord> {
        UnsafeBufferPointer(start: base, count: count)
    }

    /// The bytes that the calls of some steps write.
    func writtenByteCount(_ steps: Range<Int>) -> Int {
        records[steps].reduce(0) { $0 + $1.call(payloads: payloads).writtenByteCount }
    }

    /// Drops the calls behind a position with their payloads.
    @inline(never)
    private mutating func forget(after position: Int) {
        let first = records[position...].lazy.compactMap(\.payloadIndex).first
        if let first { payloads.removeSubrange(first...) }
        count = position
        storedCount = min(storedCount, position)
    }

    /// Begins with calls of another journal.
    ///
    /// - Parameter payloads: those of the other journal.
    mutating func take(
        _ calls: UnsafeBufferPointer<JournalRecord>, _ others: [JournalPayload]
    ) {
        while capacity < calls.count { grow() }
        if let start = calls.baseAddress { base.initialize(from: start, count: calls.count) }
        count = calls.count
        payloads = Array(others[..<calls.lazy.filter { $0.payloadIndex != nil }.count])
    }

    /// Notes that the journal store has the first calls.
    mutating func noteStored(_ count: Int) { storedCount = count }

    @inline(never)
    private mutating func keep(_ payload: JournalPayload) -> UInt64 {
        payloads.append(payload)
        return payload.hash
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<JournalRecord>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: base, count: capacity)
        base.deallocate()
        base = larger
        capacity *= 2
    }
}
