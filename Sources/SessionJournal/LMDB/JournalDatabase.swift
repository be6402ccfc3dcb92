/// The sessions in one LMDB environment: changes one after the other, reads beside them.
final class JournalDatabase: @unchecked Sendable {
    // `state` is the only variable, and `writer` guards it.
    private let environment: Environment
    /// Held by whoever writes. Not a `Mutex`, which costs several times as much where threads meet.
    private let writer = Condition()
    @exclusivity(unchecked) private var state = WriterState()
    private let mapLimit: Int
    /// Calls that are not in the database yet; `nil` if every change is made there at once.
    private let recent: RecentRecords?

    /// - Parameter mapLimit: bytes that the file of pages may have at most.
    init(_ environment: Environment, mapLimit: Int, recent: RecentRecords? = nil) {
        self.environment = environment
        self.mapLimit = mapLimit
        self.recent = recent
    }

    /// Makes one change, in a transaction of its own.
    func commit(_ change: JournalChange) throws(JournalError) {
        try write { (transaction, state) throws(JournalError) in
            try transaction.apply(change, &state)
        }
    }

    /// Writes calls behind a state of a session: beside the database, or in a transaction of its own.
    func append(
        _ calls: Span<RecordedCall>, to session: SessionKey, after head: JournalHead,
        keeping answer: NumberedAnswer?
    ) throws(JournalError) {
        let isKept = try writer.locked { () throws(JournalError) in
            guard answer == nil else { return false }
            return try keepRecent(calls, of: session, after: head)
        }
        if _fastPath(isKept) { return }
        try write { (transaction, state) throws(JournalError) in
            try transaction.append(calls, to: session, after: head, keeping: answer, &state)
        }
    }

    /// Makes changes in one transaction; those that are refused do not keep the others from it.
    ///
    /// - Returns: why a change was refused, for each of them.
    func commit(_ changes: [JournalChange]) throws(JournalError) -> [JournalError?] {
        try write { (transaction, state) throws(JournalError) in
            var refusals: [JournalError?] = []
            for change in changes {
                do throws(JournalError) {
                    try transaction.apply(change, &state)
                    refusals.append(nil)
                } catch {
                    guard error.leavesTransactionUsable else { throw error }
                    refusals.append(error)
                }
            }
            return refusals
        }
    }

    /// Looks whether there is room for a session; nothing is written.
    func checkRoom() throws(JournalError) {
        try writer.locked { () throws(JournalError) in
            try settleLocked()
            let transaction = try Transaction(environment, isReadOnly: false)
            state.reserve.begin()
            try state.reserve.reserve(
                Self.usualSession, for: .growth, in: transaction.environment)
        }
    }

    /// More bytes than the record of a session has that starts from no recording of its own.
    private static let usualSession = 4_096

    /// Writes to the disk what commits have left in the system's memory.
    func sync() throws(JournalError) {
        try settle()
        try environment.sync()
    }

    /// Bytes of the file up to the last page that was ever used.
    var usedBytes: Int { environment.usedBytes }

    /// What the database has and has done.
    ///
    /// - Parameter syncsWithCommits: whether each commit waits for the disk.
    func figures(syncsWithCommits: Bool) -> JournalFigures {
        environment.figures(syncsWithCommits: syncsWithCommits)
    }

    /// Looks at one state of all sessions.
    func look<Result>(
        _ body: (borrowing Transaction) throws(JournalError) -> Result
    ) throws(JournalError) -> Result {
        try settle()
        return try environment.gate.shared { () throws(JournalError) in
            try body(Transaction(environment, isReadOnly: true))
        }
    }
}

// MARK: - Beside the database

extension JournalDatabase {
    /// Brings into the database what is beside it.
    func settle() throws(JournalError) {
        if recent == nil { return }
        try writer.locked { () throws(JournalError) in try settleLocked() }
    }

    /// Brings into the database what a process left beside it that was killed.
    ///
    /// - Throws: ``JournalError/damaged(path:reason:)`` if there is a record of which it cannot be told
    ///   whose it is. One that is damaged, but has its place, is refused when its session is read.
    func recover() throws(JournalError) {
        guard let recent, !recent.isEmpty else { return }
        try writer.locked { () throws(JournalError) in
            try run { (transaction, _) throws(JournalError) in
                try recent.forEach { (key, record) throws(JournalError) in
                    if record.hasCheckValue(key) {
                        try transaction.put(key, record)
                    } else {
                        try transaction.put(damaged: record, under: key)
                    }
                }
            }
            recent.clear()
        }
    }

    /// Calls in one append that go beside the database; more are better off in a transaction.
    private static let mostRecent = 64

    /// Writes calls beside the database, if it is known that the session stands at a state.
    ///
    /// The disk's room that they need in the database is taken now, so that nothing refuses them later.
    ///
    /// - Returns: whether they are there.
    @inline(__always)
    private func keepRecent(
        _ calls: Span<RecordedCall>, of session: SessionKey, after head: JournalHead
    ) throws(JournalError) -> Bool {
        guard let recent, calls.count <= Self.mostRecent, state.heads.contain(session, at: head),
            calls.count <= Int(JournalHead.stepLimit - head.step),
            DiskReserve.hasRoomForRecent(in: environment)
        else { return false }
        recent.begin()
        var head = head
        for index in calls.indices {
            head = JournalHead(step: head.step + 1, stateHash: calls[index].stateHash)
            let key = JournalKey(session, head.step)
            state.record.clear()
            calls[index].write(to: &state.record, under: key)
            let size = state.record.written.count + Transaction.overhead
            guard try hasRoom(size), recent.add(key, state.record.written) else { return false }
        }
        recent.commit()
        state.heads.note(session, at: head)
        return true
    }

    /// Whether the disk has the room that a record needs in the database, behind those that wait.
    @inline(__always)
    private func hasRoom(_ size: Int) throws(JournalError) -> Bool {
        do throws(JournalError) {
            try state.reserve.reserve(size, for: .growth, in: environment)
            return true
        } catch {
            // Records take less than is reserved for them, so a transaction may still have room.
            guard case .diskFull = error else { throw error }
            return false
        }
    }

    /// Brings into the database what is beside it, for one who has the lock.
    @inline(__always)
    private func settleLocked() throws(JournalError) {
        if let recent, !recent.isEmpty { try settle(recent) }
    }

    @inline(never)
    private func settle(_ recent: RecentRecords) throws(JournalError) {
        try run { (transaction, _) throws(JournalError) in
            try recent.forEach { (key, record) throws(JournalError) in
                try transaction.put(key, record)
            }
        }
        recent.clear()
    }
}

// MARK: - Transactions

extension JournalDatabase {
    private typealias Changes<Result> =
        (borrowing Transaction, inout WriterState) throws(JournalError) -> Result

    /// Runs a transaction behind all that was written before.
    @inline(__always)
    private func write<Result: Sendable>(_ body: Changes<Result>) throws(JournalError) -> Result {
        try writer.locked { () throws(JournalError) in
            try settleLocked()
            return try run(body)
        }
    }

    /// Runs a transaction, again with a larger map if the map is full; for one who has the lock.
    @inline(__always)
    private func run<Result: Sendable>(_ body: Changes<Result>) throws(JournalError) -> Result {
        while true {
            do throws(JournalError) {
                return try attempt(&state, body)
            } catch {
                state.heads.forgetAll()
                guard case .storeFull = error else { throw error }
                try growMap()
            }
        }
    }

    /// Runs a transaction. It need not pass the gate, since only a writer moves the map.
    @inline(__always)
    private func attempt<Result: Sendable>(
        _ state: inout WriterState, _ body: Changes<Result>
    ) throws(JournalError) -> Result {
        let transaction = try Transaction(environment, isReadOnly: false)
        state.reserve.begin()
        let result = try body(transaction, &state)
        try transaction.commit()
        return result
    }

    @inline(never)
    private func growMap() throws(JournalError) {
        let size = environment.mapSize
        guard size < mapLimit else { throw .storeFull(limit: UInt64(mapLimit)) }
        try environment.grow(to: min(2 * size, mapLimit))
    }
}

extension JournalError {
    /// Whether a change was refused before it changed anything.
    fileprivate var leavesTransactionUsable: Bool {
        switch self {
        case .conflict, .unknownSession, .sessionExists, .unknownStep, .tooManySteps, .unreadable:
            true
        case .diskFull, .storeFull, .inUse, .notWritable, .damaged, .hostWentDown, .system: false
        }
    }
}
