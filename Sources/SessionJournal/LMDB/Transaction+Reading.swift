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

    /// The numbers of all sessions, in order.
    ///
    /// - Complexity: O(sessions, times the depth of the tree).
    borrowing func sessions() throws(JournalError) -> [SessionKey] {
        let cursor = try Cursor(self)
        var sessions: [SessionKey] = []
        var from = SessionKey(rawValue: 0)
        while let entry = try cursor.seek(JournalKey(from, JournalKey.start)) {
            let session = entry.key.session
            sessions.append(session)
            if session.rawValue == UInt64.max { break }
            from = SessionKey(rawValue: session.rawValue + 1)
        }
        return sessions
    }
}
