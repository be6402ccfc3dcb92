/// The sessions in one LMDB environment: changes one after the other, reads beside them.
final class JournalDatabase: @unchecked Sendable {
    // `state` is the only variable, and `writer` guards it.
    private let environment: Environment
    /// Held by whoever writes. Not a `Mutex`, which costs several times as much where threads meet.
    private let writer = Condition()
    @exclusivity(unchecked) private var state = WriterState()
    private let mapLimit: Int

    /// - Parameter mapLimit: bytes that the file of pages may have at most.
    init(_ environment: Environment, mapLimit: Int) {
        self.environment = environment
        self.mapLimit = mapLimit
    }

    /// Makes one change, in a transaction of its own.
    func commit(_ change: JournalChange) throws(JournalError) {
        try write { (transaction, state) throws(JournalError) in
            try transaction.apply(change, &state)
        }
    }

    /// Writes calls behind a state of a session, in a transaction of its own.
    func append(
        _ calls: Span<RecordedCall>, to session: SessionKey, after head: JournalHead,
        keeping answer: NumberedAnswer?
    ) throws(JournalError) {
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
            let transaction = try Transaction(environment, isReadOnly: false)
            state.reserve.begin()
            try state.reserve.reserve(
                Self.usualSession, for: .growth, in: transaction.environment)
        }
    }

    /// More bytes than the record of a session has that starts from no recording of its own.
    private static let usualSession = 4_096

    /// Writes to the disk what commits have left in the system's memory.
    func sync() throws(JournalError) { try environment.sync() }

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
        try environment.gate.shared { () throws(JournalError) in
            try body(Transaction(environment, isReadOnly: true))
        }
    }
}

extension JournalDatabase {
    private typealias Changes<Result> =
        (borrowing Transaction, inout WriterState) throws(JournalError) -> Result

    /// Runs a transaction, again with a larger map if the map is full.
    @inline(__always)
    private func write<Result: Sendable>(_ body: Changes<Result>) throws(JournalError) -> Result {
        try writer.locked { () throws(JournalError) in
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
