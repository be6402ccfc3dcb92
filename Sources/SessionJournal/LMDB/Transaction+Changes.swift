extension Transaction {
    /// Makes a change. What is refused is refused before anything has changed.
    ///
    /// - Complexity: O(records written and deleted, times the depth of the tree).
    borrowing func apply(
        _ change: JournalChange, _ state: inout WriterState
    ) throws(JournalError) {
        switch change {
        case .create(let session, let calls): try create(session, calls.span, &state)
        case .append(let calls, let session, let head, let answer):
            try append(calls.span, to: session, after: head, keeping: answer, &state)
        case .move(let session, let head, let target, let answer):
            try move(session, from: head, to: target, keeping: answer, &state)
        case .end(let session): try end(session, &state)
        case .use(let use): try note(use, &state)
        }
    }

    /// Begins a journal with calls in it.
    ///
    /// - Complexity: O(records written, times the depth of the tree).
    borrowing func create(
        _ session: StoredSession, _ calls: Span<RecordedCall>, _ state: inout WriterState
    ) throws(JournalError) {
        guard try value(session.journalKey) == nil else { throw .sessionExists(session.key) }
        guard calls.count <= Int(JournalHead.stepLimit) else { throw .tooManySteps(session.key) }
        let record = session.encoded()
        try state.reserve.reserve(record.count, for: .growth, in: environment)
        try put(session.journalKey, record)
        if calls.isEmpty { return }
        try put(calls, of: session.key, behind: JournalHead(step: 0, stateHash: 0), &state)
    }

    /// Writes calls behind a state of a session; those that were undone go.
    ///
    /// - Complexity: O(records written and deleted, times the depth of the tree).
    borrowing func append(
        _ calls: Span<RecordedCall>, to session: SessionKey, after head: JournalHead,
        keeping answer: NumberedAnswer?, _ state: inout WriterState
    ) throws(JournalError) {
        let hasUndone = state.heads.contain(session, at: head) ? false : try check(session, head)
        guard calls.count <= Int(JournalHead.stepLimit - head.step) else {
            throw .tooManySteps(session)
        }
        if let answer { try keep(answer, of: session, &state) }
        if calls.isEmpty { return }
        if _slowPath(hasUndone) { try deleteUndone(of: session, behind: head.step, &state) }
        try put(calls, of: session, behind: head, &state)
    }

    /// Writes calls behind a state behind which there are none.
    @inline(__always)
    private borrowing func put(
        _ calls: Span<RecordedCall>, of session: SessionKey, behind head: JournalHead,
        _ state: inout WriterState
    ) throws(JournalError) {
        var head = head
        for index in calls.indices {
            head = JournalHead(step: head.step + 1, stateHash: calls[index].stateHash)
            let key = JournalKey(session, head.step)
            state.record.clear()
            calls[index].write(to: &state.record, under: key)
            let size = state.record.written.count + Self.overhead
            try state.reserve.reserve(size, for: .growth, in: environment)
            try put(key, state.record.written)
        }
        state.heads.note(session, at: head)
    }

    private borrowing func move(
        _ session: SessionKey, from head: JournalHead, to target: JournalHead,
        keeping answer: NumberedAnswer?, _ state: inout WriterState
    ) throws(JournalError) {
        _ = try check(session, head)
        state.heads.forget(session)
        let cursor = try Cursor(self)
        guard target.step <= JournalHead.stepLimit,
            let entry = try cursor.find(JournalKey(session, target.step)),
            entry.isState(target)
        else { throw .unknownStep(session, step: target.step) }
        let key = JournalKey(session, JournalKey.position)
        let next = try cursor.next()?.key
        if let answer { try keep(answer, of: session, &state) }
        try state.reserve.reserve(Self.overhead, for: .deletion, in: environment)
        if let next, next.session == session, next.isCall {
            try put(key, StoredPosition.encoded(target.step, key))
        } else {
            try delete(key)
        }
    }

    private borrowing func end(
        _ session: SessionKey, _ state: inout WriterState
    ) throws(JournalError) {
        guard try value(JournalKey(session, JournalKey.start)) != nil else {
            throw .unknownSession(session)
        }
        state.heads.forget(session)
        try deleteRecords(of: session, JournalKey.start...JournalKey.position, &state)
    }

    /// Notes when a session was last asked for, if it is there.
    private borrowing func note(
        _ use: SessionUse, _ state: inout WriterState
    ) throws(JournalError) {
        guard try value(JournalKey(use.session, JournalKey.start)) != nil, let second = use.second
        else { return }
        try state.reserve.reserve(Self.overhead, for: .deletion, in: environment)
        try put(use.key, use.encoded(second))
    }

    /// Writes an answer over the one that is too long ago.
    private borrowing func keep(
        _ answer: NumberedAnswer, of session: SessionKey, _ state: inout WriterState
    ) throws(JournalError) {
        let key = answer.key(in: session)
        let record = answer.encoded(key)
        try state.reserve.reserve(record.count + Self.overhead, for: .growth, in: environment)
        try put(key, record)
    }

    /// Deletes the calls behind a step, and the note that the session stands before them.
    private borrowing func deleteUndone(
        of session: SessionKey, behind step: UInt32, _ state: inout WriterState
    ) throws(JournalError) {
        try deleteRecords(of: session, (step + 1)...JournalHead.stepLimit, &state)
        try delete(JournalKey(session, JournalKey.position))
    }

    /// Deletes all records of a session in a range of steps.
    private borrowing func deleteRecords(
        of session: SessionKey, _ steps: ClosedRange<UInt32>, _ state: inout WriterState
    ) throws(JournalError) {
        let cursor = try Cursor(self)
        let first = JournalKey(session, steps.lowerBound)
        var bytes = 0
        var entry = try cursor.seek(first)
        while let found = entry, found.key.session == session, steps.contains(found.key.step) {
            bytes += found.bytes.count + Self.overhead
            entry = try cursor.next()
        }
        try state.reserve.reserve(bytes, for: .deletion, in: environment)
        entry = try cursor.seek(first)
        while let found = entry, found.key.session == session, steps.contains(found.key.step) {
            try cursor.delete()
            entry = try cursor.seek(first)
        }
    }

    /// Bytes that a record takes beside its own: its key, and what LMDB adds.
    static var overhead: Int { 32 }
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
        let hasUndone = next.key.isCall
        guard try undonePosition(of: session) == (hasUndone ? head.step : nil) else {
            throw try mismatch(session, head)
        }
        return hasUndone
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
        let behind = try cursor.seek(JournalKey(session, JournalKey.use))
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
