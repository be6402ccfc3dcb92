import Synchronization

/// Keeps sessions in memory, by the rules of a store: what tests of several hosts share.
public final class MemoryJournalStore: JournalStore {
    private struct Entry {
        let session: StoredSession
        var calls: [RecordedCall] = []
        var position = 0
        var answers: [NumberedAnswer] = []
        var lastUse: UInt64?

        var head: JournalHead {
            JournalHead(
                step: UInt32(position),
                stateHash: position == 0 ? 0 : calls[position - 1].stateHash)
        }

        mutating func keep(_ answer: NumberedAnswer?) {
            guard let answer else { return }
            answers.append(answer)
            answers.removeFirst(max(0, answers.count - NumberedAnswer.limit))
        }
    }

    private let entries = Mutex<[SessionKey: Entry]>([:])
    private let served = Mutex<UInt64>(0)

    /// Random bytes of this process.
    public let seed: [UInt8]

    /// An empty store.
    public init() { seed = .random }

    /// Begins a journal, with the first calls of its session.
    public func create(
        _ session: StoredSession, calls: Span<RecordedCall>
    ) throws(JournalError) -> JournalTicket {
        let calls = calls.indices.map { calls[$0] }
        return try entries.withLock { entries throws(JournalError) in
            guard entries[session.key] == nil else { throw .sessionExists(session.key) }
            entries[session.key] = Entry(session: session, calls: calls, position: calls.count)
            return .durable
        }
    }

    /// Writes calls behind a state.
    public func append(
        _ calls: Span<RecordedCall>, to session: SessionKey, expecting head: JournalHead,
        keeping answer: NumberedAnswer?
    ) throws(JournalError) -> JournalTicket {
        try change(session, expecting: head) { entry throws(JournalError) in
            entry.keep(answer)
            guard !calls.isEmpty else { return }
            entry.calls.removeSubrange(entry.position...)
            for index in calls.indices { entry.calls.append(calls[index]) }
            entry.position = entry.calls.count
        }
    }

    /// Goes back to an earlier state, or on to one that was undone.
    public func move(
        _ session: SessionKey, from head: JournalHead, to target: JournalHead,
        keeping answer: NumberedAnswer?
    ) throws(JournalError) -> JournalTicket {
        try change(session, expecting: head) { entry throws(JournalError) in
            let step = Int(target.step)
            guard
                step == 0
                    || step <= entry.calls.count
                        && entry.calls[step - 1].stateHash == target.stateHash
            else { throw .unknownStep(session, step: target.step) }
            entry.position = step
            entry.keep(answer)
        }
    }

    private func change(
        _ session: SessionKey, expecting head: JournalHead,
        _ body: (inout Entry) throws(JournalError) -> Void
    ) throws(JournalError) -> JournalTicket {
        try entries.withLock { entries throws(JournalError) in
            guard let found = entries[session]?.head else { throw .unknownSession(session) }
            guard found.matches(head) else {
                throw .conflict(session, expected: head.step, found: found.step)
            }
            try body(&entries[session]!)
            return .durable
        }
    }

    /// Ends a session.
    public func end(_ session: SessionKey) throws(JournalError) -> JournalTicket {
        guard entries.withLock({ $0.removeValue(forKey: session) }) != nil else {
            throw .unknownSession(session)
        }
        return .durable
    }

    /// What a session is.
    public func session(_ session: SessionKey) -> StoredSession? {
        entries.withLock { $0[session]?.session }
    }

    /// There is always room.
    public func checkRoom() {}

    /// Seconds that services have run on the store.
    public var servedSeconds: UInt64 { served.withLock { $0 } }

    /// Notes how many seconds services have run on the store.
    public func noteServed(seconds: UInt64) { served.withLock { $0 = seconds } }

    /// Notes when sessions were last asked for.
    public func note(_ uses: [SessionUse]) {
        entries.withLock { entries in
            for use in uses { entries[use.session]?.lastUse = use.second }
        }
    }

    /// When a session was last asked for.
    public func use(of session: SessionKey) -> SessionUse {
        SessionUse(session, second: entries.withLock { $0[session]?.lastUse })
    }

    /// When sessions were last asked for, in the order of their numbers.
    public func uses(from first: SessionKey, limit: Int) -> [SessionUse] {
        entries.withLock { entries in
            entries.keys.filter { $0 >= first }.sorted().prefix(limit)
                .map { SessionUse($0, second: entries[$0]?.lastUse) }
        }
    }

    /// The answers of a session that are kept.
    public func answers(of session: SessionKey) throws(JournalError) -> [NumberedAnswer] {
        guard let entry = entries.withLock({ $0[session] }) else { throw .unknownSession(session) }
        return entry.answers
    }

    /// Where a session stands.
    public func position(of session: SessionKey) throws(JournalError) -> JournalPosition {
        guard let entry = entries.withLock({ $0[session] }) else { throw .unknownSession(session) }
        return JournalPosition(step: UInt32(entry.position), lastStep: UInt32(entry.calls.count))
    }

    /// Reads calls in order.
    public func read(
        _ session: SessionKey, from step: UInt32,
        _ body: (UInt32, RecordedCall) throws(JournalError) -> Void
    ) throws(JournalError) {
        guard let entry = entries.withLock({ $0[session] }) else { throw .unknownSession(session) }
        for (index, call) in entry.calls.enumerated().dropFirst(Int(max(step, 1)) - 1) {
            try body(UInt32(index + 1), call)
        }
    }

    /// The numbers of all sessions.
    public func sessions() -> [SessionKey] { entries.withLock { $0.keys.sorted() } }

    /// Does nothing: memory is all that it has.
    public func sync() {}
}
