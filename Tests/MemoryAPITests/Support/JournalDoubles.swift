import KernelMemory
import Synchronization

@testable import SessionJournal

/// A journal in memory that can be told to refuse.
final class MoodyJournalStore: JournalStore {
    /// What it does not do.
    ///
    /// When it is `narrow`, sessions can begin, but calls have no room.
    enum Mood: Sendable { case well, full, narrow, blind }

    private let store = MemoryJournalStore()
    let mood = Mutex(Mood.well)
    /// What happens, once, when it has a session that nobody has been told of yet.
    let whenBegun = Mutex<(@Sendable () -> Void)?>(nil)

    func checkRoom() throws(JournalError) {
        if mood.withLock({ $0 == .full }) { throw .diskFull(path: "/secret/path") }
    }

    var seed: [UInt8] { store.seed }

    func create(
        _ session: StoredSession, calls: Span<RecordedCall>
    ) throws(JournalError) -> JournalTicket {
        try checkRoom()
        if !calls.isEmpty, mood.withLock({ $0 == .narrow }) {
            throw .diskFull(path: "/secret/path")
        }
        let ticket = try store.create(session, calls: calls)
        whenBegun.withLock { $0.take() }?()
        return ticket
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

/// A journal whose changes come to stay when it is told so.
final class SlowJournalStore: JournalStore {
    private let store = MemoryJournalStore()
    private let tickets = Mutex<[JournalTicket]>([])

    /// How many changes are on their way.
    var openCount: Int { tickets.withLock { $0.count } }

    /// Settles the first changes.
    func settle(_ count: Int = .max, _ settlement: JournalTicket.Settlement = .success(())) {
        let first = tickets.withLock { tickets in
            defer { tickets.removeFirst(min(count, tickets.count)) }
            return Array(tickets.prefix(count))
        }
        for ticket in first { ticket.settle(settlement) }
    }

    private func slowly(_ ticket: JournalTicket) -> JournalTicket {
        let slow = JournalTicket()
        tickets.withLock { $0.append(slow) }
        return slow
    }

    var seed: [UInt8] { store.seed }

    var servedSeconds: UInt64 { store.servedSeconds }

    func noteServed(seconds: UInt64) { store.noteServed(seconds: seconds) }

    func create(
        _ session: StoredSession, calls: Span<RecordedCall>
    ) throws(JournalError) -> JournalTicket {
        let ticket = try store.create(session, calls: calls)
        return calls.isEmpty ? ticket : slowly(ticket)
    }

    func append(
        _ calls: Span<RecordedCall>, to session: SessionKey, expecting head: JournalHead,
        keeping answer: NumberedAnswer?
    ) throws(JournalError) -> JournalTicket {
        slowly(try store.append(calls, to: session, expecting: head, keeping: answer))
    }

    func move(
        _ session: SessionKey, from head: JournalHead, to target: JournalHead,
        keeping answer: NumberedAnswer?
    ) throws(JournalError) -> JournalTicket {
        slowly(try store.move(session, from: head, to: target, keeping: answer))
    }

    func end(_ session: SessionKey) throws(JournalError) -> JournalTicket {
        slowly(try store.end(session))
    }

    func session(_ session: SessionKey) -> StoredSession? { store.session(session) }

    func position(of session: SessionKey) throws(JournalError) -> JournalPosition {
        try store.position(of: session)
    }

    func read(
        _ session: SessionKey, from step: UInt32,
        _ body: (UInt32, RecordedCall) throws(JournalError) -> Void
    ) throws(JournalError) { try store.read(session, from: step, body) }

    func answers(of session: SessionKey) throws(JournalError) -> [NumberedAnswer] {
        try store.answers(of: session)
    }

    func note(_ uses: [SessionUse]) { store.note(uses) }

    func use(of session: SessionKey) -> SessionUse { store.use(of: session) }

    func uses(from first: SessionKey, limit: Int) -> [SessionUse] {
        store.uses(from: first, limit: limit)
    }

    func sessions() -> [SessionKey] { store.sessions() }

    func checkRoom() {}

    func sync() {}
}
