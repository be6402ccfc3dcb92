import KernelMemory
import Logging
import SessionJournal

/// Writes sessions to a journal store, and builds them again from there.
///
/// The one place where the store's errors become refusals.
final class JournalKeeper: Sendable {
    private let store: any JournalStore
    private let log: Logger

    /// - Parameter log: where it is told what a client cannot help.
    init(_ store: any JournalStore, log: Logger) {
        self.store = store
        self.log = log
    }

    /// Random bytes that belong to the store.
    var seed: [UInt8] { store.seed }

    /// What the store has and has done; `nil` if it keeps no such figures.
    var figures: JournalFigures? { store.figures }

    /// Seconds that services have run on the store.
    var servedSeconds: UInt64 { store.servedSeconds }

    /// Notes how many seconds services have run on the store.
    func noteServed(seconds: UInt64) { store.noteServed(seconds: seconds) }

    /// Notes when sessions were last asked for.
    ///
    /// - Returns: whether the store has taken it.
    @discardableResult
    func note(_ uses: [SessionUse]) -> Bool { (try? store.note(uses)) != nil }

    /// When a session was last asked for.
    func use(of key: SessionKey) -> SessionUse {
        (try? store.use(of: key)) ?? SessionUse(key, second: nil)
    }

    /// When sessions were last asked for, in the order of their numbers.
    func uses(from first: SessionKey, limit: Int) -> [SessionUse] {
        (try? store.uses(from: first, limit: limit)) ?? []
    }

    /// How many sessions there are.
    var count: Int { (try? store.sessions().count) ?? 0 }
}

// MARK: - Writing

extension JournalKeeper {
    /// Begins the journal of a session with the calls that it has: with all of them, or not at all.
    ///
    /// - Returns: when it has come to stay.
    func begin(
        _ session: StoredSession, with state: inout SessionState
    ) throws(Problem) -> JournalTicket {
        do throws(JournalError) {
            let ticket = try create(session, state)
            state.noteStored(state.head, count: state.step, ticket)
            return ticket
        } catch {
            if case .sessionExists = error { throw IdempotentRequest.stillRuns }
            throw problem(error)
        }
    }

    private func create(
        _ session: StoredSession, _ state: borrowing SessionState
    ) throws(JournalError) -> JournalTicket {
        if state.step == 0 { return try store.create(session) }
        return try state.withCalls(behind: 0) { (calls) throws(JournalError) in
            try store.create(session, calls: calls)
        }
    }

    /// Ends a session; one that is not there has ended before.
    func end(_ key: SessionKey) throws(Problem) -> JournalTicket? {
        do throws(JournalError) { return try store.end(key) } catch {
            if case .unknownSession = error { return nil }
            throw problem(error)
        }
    }

    /// Writes what has changed since the store has had the session.
    ///
    /// - Returns: when that has come to stay, or if nothing has changed, the last change.
    /// - Throws: why it cannot be written. The state is not what the store has then.
    @inline(__always)
    func keep(
        _ state: inout SessionState, of key: SessionKey
    ) throws(Problem) -> JournalTicket? {
        guard state.head != state.storedHead || state.answers.pending != nil else {
            return state.lastTicket
        }
        do throws(JournalError) { return try write(&state, of: key) } catch { throw problem(error) }
    }

    private func write(
        _ state: inout SessionState, of key: SessionKey
    ) throws(JournalError) -> JournalTicket {
        let common = state.lastCommonHead
        let answer = state.answers.pending
        if state.head == state.storedHead {
            let ticket = try store.append([], to: key, expecting: state.head, keeping: answer)
            state.noteStored(state.head, count: Int(common.step), ticket)
            return ticket
        }
        if state.step <= common.step {
            let ticket = try store.move(
                key, from: state.storedHead, to: state.head, keeping: answer)
            state.noteStored(state.head, count: Int(common.step), ticket)
            return ticket
        }
        var start = state.storedHead
        if start.step > common.step {
            _ = try store.move(key, from: start, to: common)
            start = common
        }
        let ticket = try state.withCalls(behind: start.step) { (calls) throws(JournalError) in
            try store.append(calls, to: key, expecting: start, keeping: answer)
        }
        state.noteStored(state.head, count: state.step, ticket)
        return ticket
    }
}

// MARK: - Reading

extension JournalKeeper {
    /// Looks whether a session could begin now.
    func checkRoom() throws(Problem) {
        do throws(JournalError) { try store.checkRoom() } catch {
            throw Problem(.journalRefuses, Self.reason(error))
        }
    }

    /// What a session is; `nil` if there is none of this name.
    func session(_ key: SessionKey) throws(Problem) -> StoredSession? {
        do throws(JournalError) { return try store.session(key) } catch { throw problem(error) }
    }

    /// Runs the calls of a session on the machine that it started with.
    ///
    /// - Throws: a problem at a call that cannot be read, or that leads elsewhere today.
    /// - Complexity: O(calls).
    func rebuild(_ state: inout SessionState, _ key: SessionKey) throws(Problem) {
        let position: JournalPosition
        do throws(JournalError) {
            position = try store.position(of: key)
            try store.read(key, from: 1) { (step, recorded) throws(JournalError) in
                guard state.runAgain(recorded) else {
                    throw .unreadable(key, step: step, .outOfRange("state"))
                }
            }
            for answer in try store.answers(of: key) { state.remember(answer) }
        } catch { throw problem(error) }
        // Nobody may be kept from a session by a host that is slower today.
        if position.step < position.lastStep {
            try state.move(to: Int(position.step), within: .unlimited)
        }
        state.noteStored(state.head, count: Int(position.lastStep))
    }
}

extension JournalKeeper {
    /// How many calls of a session are stored, undone ones included.
    func stepCount(of key: SessionKey) throws(Problem) -> Int {
        do throws(JournalError) { return Int(try store.position(of: key).lastStep) } catch {
            throw problem(error)
        }
    }
}

// MARK: - Refusals

extension JournalKeeper {
    /// The refusal of a session whose record says nothing that can be booted.
    func unreadable(_ key: SessionKey) -> Problem {
        problem(.unreadable(key, step: 0, .outOfRange("session")))
    }

    /// The refusal that an error leads to.
    func problem(_ error: JournalError) -> Problem {
        switch error {
        case .unknownSession: return .unknownToken
        case .conflict:
            return Problem(
                .sessionMoved,
                "The session was changed elsewhere at the same time. Look at it again, and repeat "
                    + "the request if it still makes sense.")
        case .unreadable(_, let step, let reason):
            log.error("session unreadable", metadata: ["why": "\(error)"])
            return Problem(
                .sessionUnreadable,
                "The session's journal cannot be read at step \(step): \(reason). Other sessions "
                    + "are not concerned.")
        case .tooManySteps: return Problem(.tooManyCalls, "\(error)")
        default:
            log.error("journal refuses", metadata: ["why": "\(error)"])
            return Problem(.journalRefuses, Self.reason(error))
        }
    }

    /// What a client is told, without the server's paths.
    private static func reason(_ error: JournalError) -> String {
        let why =
            switch error {
            case .diskFull: "the disk is full"
            case .storeFull: "the journal has reached its limit"
            case .notWritable: "it cannot be written"
            default: "the system reports an error"
            }
        return
            "The server cannot write its journal: \(why). Nothing has changed; sessions can still "
            + "be looked at."
    }
}
