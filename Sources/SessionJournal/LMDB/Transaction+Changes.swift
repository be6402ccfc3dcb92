extension Transaction {
    /// Makes a change. What is refused is refused before anything has changed.
    ///
    /// - Complexity: O(records written and deleted, times the depth of the tree).
    borrowing func apply(
        _ change: JournalChange, _ reserve: inout DiskReserve
    ) throws(JournalError) {
        switch change {
        case .create(let session): try create(session, &reserve)
        case .append(let calls, let session, let head):
            try append(calls, to: session, after: head, &reserve)
        case .move(let session, let head, let target):
            try move(session, from: head, to: target, &reserve)
        case .end(let session): try end(session, &reserve)
        }
    }

    private borrowing func create(
        _ session: StoredSession, _ reserve: inout DiskReserve
    ) throws(JournalError) {
        guard try value(session.journalKey) == nil else { throw .sessionExists(session.key) }
        let record = session.encoded()
        try reserve.reserve(record.count, for: .growth, in: environment)
        try put(session.journalKey, record)
    }

    private borrowing func append(
        _ calls: [RecordedCall], to session: SessionKey, after head: JournalHead,
        _ reserve: inout DiskReserve
    ) throws(JournalError) {
        let hasUndone = try check(session, head)
        guard calls.count <= Int(JournalHead.stepLimit - head.step) else {
            throw .tooManySteps(session)
        }
        if calls.isEmpty { return }
        if _slowPath(hasUndone) { try deleteRecords(of: session, from: head.step + 1, &reserve) }
        var step = head.step
        for call in calls {
            step += 1
            let key = JournalKey(session, step)
            let record = call.encoded(key)
            try reserve.reserve(record.count + Self.overhead, for: .growth, in: environment)
            try put(key, record)
        }
    }

    private borrowing func move(
        _ session: SessionKey, from head: JournalHead, to target: JournalHead,
        _ reserve: inout DiskReserve
    ) throws(JournalError) {
        _ = try check(session, head)
        let cursor = try Cursor(self)
        guard target.step <= JournalHead.stepLimit,
            let entry = try cursor.find(JournalKey(session, target.step)),
            entry.isState(target)
        else { throw .unknownStep(session, step: target.step) }
        let key = JournalKey(session, JournalKey.position)
        let next = try cursor.next()?.key
        try reserve.reserve(Self.overhead, for: .deletion, in: environment)
        if let next, next.session == session, next != key {
            try put(key, StoredPosition.encoded(target.step, key))
        } else {
            try delete(key)
        }
    }

    private borrowing func end(
        _ session: SessionKey, _ reserve: inout DiskReserve
    ) throws(JournalError) {
        guard try value(JournalKey(session, JournalKey.start)) != nil else {
            throw .unknownSession(session)
        }
        try deleteRecords(of: session, from: JournalKey.start, &reserve)
    }

    /// Deletes all records of a session from a step on, that of its position included.
    private borrowing func deleteRecords(
        of session: SessionKey, from step: UInt32, _ reserve: inout DiskReserve
    ) throws(JournalError) {
        let cursor = try Cursor(self)
        let first = JournalKey(session, step)
        var bytes = 0
        var entry = try cursor.seek(first)
        while let found = entry, found.key.session == session {
            bytes += found.bytes.count + Self.overhead
            entry = try cursor.next()
        }
        try reserve.reserve(bytes, for: .deletion, in: environment)
        entry = try cursor.seek(first)
        while let found = entry, found.key.session == session {
            try cursor.delete()
            entry = try cursor.seek(first)
        }
    }

    /// Bytes that a record takes beside its own: its key, and what LMDB adds.
    private static var overhead: Int { 32 }
}

// MARK: - Where sessions stand

extension Transaction {
    /// Checks that a session stands at a state.
    ///
    /// - Returns: whether calls behind it are kept that were undone.
    private borrowing func check(
        _ session: SessionKey, _ head: JournalHead
    ) throws(JournalError) -> Bool {
        let cursor = try Cursor(self)
        guard head.step <= JournalHead.stepLimit,
            let entry = try cursor.find(JournalKey(session, head.step)), entry.isState(head)
        else { throw try mismatch(session, head) }
        guard let next = try cursor.next(), next.key.session == session else { return false }
        guard next.key.step != JournalKey.position, try undonePosition(of: session) == head.step
        else { throw try mismatch(session, head) }
        return true
    }

    private borrowing func mismatch(
        _ session: SessionKey, _ head: JournalHead
    ) throws(JournalError) -> JournalError {
        .conflict(session, expected: head.step, found: try position(of: session).step)
    }

    /// The step at which a session stands that has undone calls; `nil` for others.
    private borrowing func undonePosition(
        of session: SessionKey
    ) throws(JournalError) -> UInt32? {
        let key = JournalKey(session, JournalKey.position)
        guard let bytes = try value(key) else { return nil }
        do throws(RecordError) {
            return try StoredPosition.step(bytes, key)
        } catch { throw .unreadable(session, step: key.step, error) }
    }

    /// Where a session stands.
    borrowing func position(of session: SessionKey) throws(JournalError) -> JournalPosition {
        guard try value(JournalKey(session, JournalKey.start)) != nil else {
            throw .unknownSession(session)
        }
        let lastStep = try lastStep(of: session)
        let step = try undonePosition(of: session) ?? lastStep
        guard step <= lastStep else {
            throw .unreadable(session, step: JournalKey.position, .outOfRange("position"))
        }
        return JournalPosition(step: step, lastStep: lastStep)
    }

    /// The last step of a session that is there.
    private borrowing func lastStep(of session: SessionKey) throws(JournalError) -> UInt32 {
        let cursor = try Cursor(self)
        let behind = try cursor.seek(JournalKey(session, JournalKey.position))
        let last = try behind == nil ? cursor.last() : cursor.previous()
        guard let last, last.key.session == session else { throw .unknownSession(session) }
        return last.key.step
    }
}

extension Cursor.Entry {
    /// Whether it is the last call on the way to a state.
    fileprivate func isState(_ head: JournalHead) -> Bool {
        head.step == 0 || RecordedCall.stateHash(in: bytes) == head.stateHash
    }
}
