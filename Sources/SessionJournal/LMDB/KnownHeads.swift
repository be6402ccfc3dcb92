/// Where the sessions stand that were written to last, so that it need not be looked up.
///
/// A table of fixed size; of sessions that share a place it knows the last one. It may be relied on since
/// nobody else has the directory, and every change of a session is noted here, or forgotten.
struct KnownHeads {
    private struct Entry {
        let session: SessionKey
        let head: JournalHead
    }

    private var entries = [Entry?](repeating: nil, count: Self.count)

    private static let count = 1 << 15

    /// Names are random, so any of their bits will do.
    private static func place(_ session: SessionKey) -> Int {
        Int(truncatingIfNeeded: session.rawValue) & (count - 1)
    }

    /// Whether it is known that a session stands at a state, and that no calls behind it are kept.
    func contain(_ session: SessionKey, at head: JournalHead) -> Bool {
        guard let entry = entries[Self.place(session)] else { return false }
        return entry.session == session && entry.head == head
    }

    /// Notes that a session stands at a state, and that no calls behind it are kept.
    mutating func note(_ session: SessionKey, at head: JournalHead) {
        entries[Self.place(session)] = Entry(session: session, head: head)
    }

    /// Forgets where a session stands.
    mutating func forget(_ session: SessionKey) { entries[Self.place(session)] = nil }

    /// Forgets where all sessions stand.
    mutating func forgetAll() { self = KnownHeads() }
}
