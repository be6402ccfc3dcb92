internal import CLMDB

/// Keeps sessions in a directory, in one LMDB environment.
///
/// With `process` durability a change is made on the caller's thread, and its ticket is settled. With
/// `power` durability a writer's thread makes all changes that have gathered, and syncs once for them.
public final class LMDBJournalStore: JournalStore {
    private let database: JournalDatabase
    private let mark: OpenMark?
    private let time: ServedTime
    /// Random bytes, drawn when the directory was made.
    public let seed: [UInt8]
    /// The writer of `power` durability.
    private let group: GroupWriter?
    /// Who moves what is beside the database; `nil` if nothing ever is.
    private let mover: RecentMover?

    /// Bytes of address space for the file of pages to begin with; it doubles when that is full.
    public static let usualMapSize = 16 << 30
    /// Bytes that the file of pages can have at most.
    public static let usualMapLimit = 4 << 40

    /// Opens the store of a directory, or makes it.
    ///
    /// - Parameters:
    ///   - directory: made if it is not there; its parent must be.
    ///   - durability: what changes survive.
    ///   - mapSize: bytes of address space to begin with.
    ///   - mapLimit: bytes of address space at most.
    /// - Throws: ``JournalError`` if another process has it, if it cannot be written to, or if it is
    ///   damaged.
    public convenience init(
        directory: String, durability: JournalDurability,
        mapSize: Int = LMDBJournalStore.usualMapSize,
        mapLimit: Int = LMDBJournalStore.usualMapLimit
    ) throws(JournalError) {
        let lock = try DirectoryLock(directory)
        let mark = OpenMark(directory)
        let hadRecent = try mark.check(directory)
        let isMapSafe =
            durability == .process && FileSystem.keepsAllocatedBlocks(lock.descriptor)
        let environment = try Environment(
            path: directory, lock: lock, flags: Self.flags(durability, isMapSafe), mapSize: mapSize)
        let recent = try RecentRecords.open(
            in: directory, isUsed: isMapSafe, isExpected: hadRecent)
        try JournalDatabase(environment, mapLimit: mapLimit, recent: recent).recover()
        switch durability {
        case .process: try mark.set(usesRecent: isMapSafe)
        case .power:
            // The same process may have left more than the disk has; nobody is to see it before.
            try environment.sync()
            mark.remove()
        }
        if !isMapSafe { recent?.remove() }
        self.init(
            JournalDatabase(environment, mapLimit: mapLimit, recent: isMapSafe ? recent : nil),
            durability, hasRecent: isMapSafe, mark: durability == .process ? mark : nil,
            seed: try SeedFile.bytes(in: directory), ServedTime(directory))
    }

    private init(
        _ database: JournalDatabase, _ durability: JournalDurability, hasRecent: Bool,
        mark: OpenMark?,
        seed: [UInt8], _ time: ServedTime
    ) {
        self.seed = seed
        self.time = time
        self.database = database
        self.mark = mark
        group = durability == .power ? GroupWriter(database) : nil
        mover = hasRecent ? RecentMover(database) : nil
    }

    deinit {
        group?.stop()
        mover?.stop()
        close()
    }

    /// Writes all that was accepted to the disk, and takes away the mark that the store is open.
    ///
    /// For a process that ends, in which something may still hold the store; no change may follow.
    public func close() {
        guard let mark, (try? database.sync()) != nil else { return }
        mark.remove()
    }

    /// See `Documentation/decisions/journal-store.md`.
    private static func flags(_ durability: JournalDurability, _ isMapSafe: Bool) -> Int32 {
        guard durability == .process else { return MDB_NOTLS }
        return MDB_NOTLS | MDB_NOSYNC | (isMapSafe ? MDB_WRITEMAP : 0)
    }
}

// MARK: - Changes

extension LMDBJournalStore {
    /// Begins a journal, with the first calls of its session.
    ///
    /// - Complexity: O(bytes of the calls, times the depth of the tree).
    public func create(
        _ session: StoredSession, calls: Span<RecordedCall>
    ) throws(JournalError) -> JournalTicket {
        try make(.create(session, calls.indices.map { calls[$0] }))
    }

    /// Writes calls behind a state.
    ///
    /// - Complexity: O(bytes of the calls + calls that they overwrite, times the depth of the tree).
    public func append(
        _ calls: Span<RecordedCall>, to session: SessionKey, expecting head: JournalHead,
        keeping answer: NumberedAnswer?
    ) throws(JournalError) -> JournalTicket {
        if let group {
            return try group.accept(
                .append(calls.indices.map { calls[$0] }, session, after: head, answer))
        }
        try database.append(calls, to: session, after: head, keeping: answer)
        return .durable
    }

    /// Goes back to an earlier state, or on to one that was undone.
    public func move(
        _ session: SessionKey, from head: JournalHead, to target: JournalHead,
        keeping answer: NumberedAnswer?
    ) throws(JournalError) -> JournalTicket {
        try make(.move(session, from: head, to: target, answer))
    }

    /// Ends a session.
    public func end(_ session: SessionKey) throws(JournalError) -> JournalTicket {
        try make(.end(session))
    }

    private func make(_ change: JournalChange) throws(JournalError) -> JournalTicket {
        if let group { return try group.accept(change) }
        try database.commit(change)
        return .durable
    }

    /// Looks whether a session could begin now.
    public func checkRoom() throws(JournalError) { try database.checkRoom() }

    /// Waits until every change that was accepted is on the disk.
    public func sync() throws(JournalError) {
        if let group { return try group.drain() }
        try database.sync()
    }
}

// MARK: - When sessions were used

extension LMDBJournalStore {
    /// Seconds that services have run on the store.
    public var servedSeconds: UInt64 { time.seconds }

    /// Notes how many seconds services have run on the store.
    public func noteServed(seconds: UInt64) { time.write(seconds) }

    /// Notes when sessions were last asked for.
    public func note(_ uses: [SessionUse]) throws(JournalError) {
        let changes = uses.map { JournalChange.use($0) }
        guard let group else {
            _ = try database.commit(changes)
            return
        }
        for change in changes { _ = try group.accept(change) }
    }

    /// When a session was last asked for.
    public func use(of session: SessionKey) throws(JournalError) -> SessionUse {
        try database.look { (transaction) throws(JournalError) in
            try transaction.use(of: session)
        }
    }

    /// When sessions were last asked for, in the order of their numbers.
    public func uses(
        from first: SessionKey, limit: Int
    ) throws(JournalError) -> [SessionUse] {
        try database.look { (transaction) throws(JournalError) in
            try transaction.uses(from: first, limit: limit)
        }
    }
}

// MARK: - Reading

extension LMDBJournalStore {
    /// Bytes of its file that have been used since it was made; ended sessions leave room within.
    public var usedBytes: Int { database.usedBytes }

    /// What the store has and has done.
    ///
    /// - Complexity: O(1).
    public var figures: JournalFigures? { database.figures(syncsWithCommits: group != nil) }
}

extension LMDBJournalStore {
    /// What a session is.
    public func session(_ session: SessionKey) throws(JournalError) -> StoredSession? {
        group?.settle(session)
        return try database.look { (transaction) throws(JournalError) in
            try transaction.session(session)
        }
    }

    /// Where a session stands.
    public func position(of session: SessionKey) throws(JournalError) -> JournalPosition {
        group?.settle(session)
        return try database.look { (transaction) throws(JournalError) in
            try transaction.position(of: session)
        }
    }

    /// Reads calls in order.
    public func read(
        _ session: SessionKey, from step: UInt32,
        _ body: (UInt32, RecordedCall) throws(JournalError) -> Void
    ) throws(JournalError) {
        group?.settle(session)
        try database.look { (transaction) throws(JournalError) in
            try transaction.read(session, from: step, body)
        }
    }

    /// The answers of a session that are kept.
    public func answers(of session: SessionKey) throws(JournalError) -> [NumberedAnswer] {
        group?.settle(session)
        return try database.look { (transaction) throws(JournalError) in
            try transaction.answers(of: session)
        }
    }

    /// The numbers of all sessions, those that are not on the disk yet left out.
    public func sessions() throws(JournalError) -> [SessionKey] {
        try database.look { (transaction) throws(JournalError) in try transaction.sessions() }
    }
}
