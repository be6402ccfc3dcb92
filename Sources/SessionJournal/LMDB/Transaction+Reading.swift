extension Transaction {
    /// What a session is; `nil` if there is none.
    borrowing func session(_ session: SessionKey) throws(JournalError) -> StoredSession? {
        guard let bytes = try value(JournalKey(session, JournalKey.start)) else { return nil }
        do throws(RecordError) {
            return try StoredSession(bytes, session)
        } catch { throw .unreadable(session, step: JournalKey.start, error) }
    }

    /// Hands out the calls of a session from a step on.
    ///
    /// - Complexity: O(calls).
    borrowing func read(
        _ session: SessionKey, from first: UInt32,
        _ body: (UInt32, RecordedCall) throws(JournalError) -> Void
    ) throws(JournalError) {
        let last = try position(of: session).lastStep
        var step = max(first, 1)
        guard step <= last else { return }
        let cursor = try Cursor(self)
        var entry = try cursor.seek(JournalKey(session, step))
        while true {
            let key = JournalKey(session, step)
            guard let found = entry, found.key == key else {
                throw .unreadable(session, step: step, .missing)
            }
            let call: RecordedCall
            do throws(RecordError) {
                call = try RecordedCall(found.bytes, key)
            } catch { throw .unreadable(session, step: step, error) }
            try body(step, call)
            if step == last { return }
            step += 1
            entry = try cursor.next()
        }
    }

    /// The answers of a session that are kept, in the order of their numbers.
    ///
    /// - Complexity: O(answers).
    borrowing func answers(of session: SessionKey) throws(JournalError) -> [NumberedAnswer] {
        guard try value(JournalKey(session, JournalKey.start)) != nil else {
            throw .unknownSession(session)
        }
        let cursor = try Cursor(self)
        var answers: [NumberedAnswer] = []
        var entry = try cursor.seek(JournalKey(session, JournalKey.firstAnswer))
        while let found = entry, found.key.session == session, found.key.isAnswer {
            do throws(RecordError) {
                answers.append(try NumberedAnswer(found.bytes, found.key))
            } catch { throw .unreadable(session, step: found.key.step, error) }
            entry = try cursor.next()
        }
        return answers.sorted { $0.number < $1.number }
    }

    /// When a session was last asked for.
    borrowing func use(of session: SessionKey) throws(JournalError) -> SessionUse {
        SessionUse(try value(JournalKey(session, JournalKey.use)), of: session)
    }

    /// When sessions were last asked for, in the order of their numbers.
    ///
    /// - Complexity: O(limit, times the depth of the tree).
    borrowing func uses(
        from first: SessionKey, limit: Int
    ) throws(JournalError) -> [SessionUse] {
        var uses: [SessionUse] = []
        try forEachSession(from: first) { (session) throws(JournalError) in
            guard uses.count < limit else { return false }
            uses.append(try use(of: session))
            return true
        }
        return uses
    }

    /// The numbers of all sessions, in order.
    ///
    /// - Complexity: O(sessions, times the depth of the tree).
    borrowing func sessions() throws(JournalError) -> [SessionKey] {
        var sessions: [SessionKey] = []
        try forEachSession(from: SessionKey(rawValue: 0)) { session in
            sessions.append(session)
            return true
        }
        return sessions
    }

    /// Hands out the numbers of sessions in order, until it is told that it is enough.
    private borrowing func forEachSession(
        from first: SessionKey, _ body: (SessionKey) throws(JournalError) -> Bool
    ) throws(JournalError) {
        let cursor = try Cursor(self)
        var from = first
        while let entry = try cursor.seek(JournalKey(from, JournalKey.start)) {
            let session = entry.key.session
            guard try body(session), session.rawValue != UInt64.max else { return }
            from = SessionKey(rawValue: session.rawValue + 1)
        }
    }
}
