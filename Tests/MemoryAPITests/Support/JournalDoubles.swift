import KernelMemory
import SessionJournal
import Synchronization

/// A journal in memory that can be told to refuse.
final class MoodyJournalStore: JournalStore {
    /// What it does not do.
    ///
    /// When it is `narrow`, sessions can begin, but calls have no room.
    enum Mood: Sendable { case well, full, narrow, blind }

    private let store = MemoryJournalStore()
    let mood = Mutex(Mood.well)

    private func checkRoom() throws(JournalError) {
        if mood.withLock({ $0 == .full }) { throw .diskFull(path: "/secret/path") }
    }

    var seed: [UInt8] { store.seed }

    func create(_ session: StoredSession) throws(JournalError) -> JournalTicket {
        try checkRoom()
        return try store.create(session)
    }

    func append(
        _ calls: Span<RecordedCall>, to session: SessionKey, expecting head: JournalHead,
        keeping answer: NumberedAnswer?
    ) throws(JournalError) -> JournalTicket {
        try checkRoom()
        if mood.withLock({ $0 == .narrow }) { throw .diskFull(path: "/secret/path") }
        return try store.append(calls, to: session, expecting: head, keeping: answer)
    }

    func move(
        _ session: SessionKey, from head: JournalHead, to target: JournalHead,
        keeping answer: NumberedAnswer?
    ) throws(JournalError) -> JournalTicket {
        try checkRoom()
        return try store.move(session, from: head, to: target, keeping: answer)
    }

    func end(_ session: SessionKey) throws(JournalError) -> JournalTicket {
        try store.end(session)
    }

    func session(_ session: SessionKey) throws(JournalError) -> StoredSession? {
        store.session(session)
    }

    func position(of session: SessionKey) throws(JournalError) -> JournalPosition {
        try store.position(of: session)
    }

    func read(
        _ session: SessionKey, from step: UInt32,
        _ body: (UInt32, RecordedCall) throws(JournalError) -> Void
    ) throws(JournalError) {
        let isBlind = mood.withLock { $0 == .blind }
        try store.read(session, from: step) { (step, call) throws(JournalError) in
            if isBlind, step == 2 { throw .unreadable(session, step: step, .damaged) }
            try body(step, call)
        }
    }

    var servedSeconds: UInt64 { store.servedSeconds }

    func noteServed(seconds: UInt64) { store.noteServed(seconds: seconds) }

    func note(_ uses: [SessionUse]) throws(JournalError) {
        try checkRoom()
        store.note(uses)
    }

    func use(of session: SessionKey) throws(JournalError) -> SessionUse {
        store.use(of: session)
    }

    func uses(from first: SessionKey, limit: Int) throws(JournalError) -> [SessionUse] {
        store.uses(from: first, limit: limit)
    }

    func answers(of session: SessionKey) throws(JournalError) -> [NumberedAnswer] {
        try store.answers(of: session)
    }

    func sessions() throws(JournalError) -> [SessionKey] { store.sessions() }

    func sync() throws(JournalError) {}
}
