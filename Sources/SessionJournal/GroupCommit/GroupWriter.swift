import Glibc

/// Gathers changes, and writes all that have come while the last ones were on their way to the disk.
///
/// A transaction that syncs takes as long for a hundred changes as for one. Each change is checked twice:
/// when it comes, against what is known of its session, the changes before it included; and once more in
/// the transaction.
final class GroupWriter: @unchecked Sendable {
    // All variables are guarded by `condition`.
    private let condition = Condition()
    private let database: JournalDatabase
    private var waiting: [Waiting] = []
    /// Where sessions stand that have changes on their way.
    private var heads: [SessionKey: Expected] = [:]
    /// Numbers of changes: the last that came, and the last that ended.
    private var accepted: UInt64 = 0
    private var ended: UInt64 = 0
    /// The last change that was lost, and why.
    private var lost: (number: UInt64, error: JournalError)?
    private var isStopped = false
    private var thread = pthread_t()

    private struct Waiting {
        let number: UInt64
        let change: JournalChange
        let ticket: JournalTicket
    }

    private struct Expected {
        var head: JournalHead?
        var lastChange: UInt64
    }

    /// Starts the thread.
    init(_ database: JournalDatabase) {
        self.database = database
        let context = Unmanaged.passRetained(self).toOpaque()
        let code = pthread_create(&thread, nil, writerStarted, context)
        precondition(code == 0, "no thread: error \(code)")
    }

    /// Ends the thread when all changes that were accepted have ended.
    func stop() {
        try? condition.locked {
            isStopped = true
            condition.broadcast()
        }
        pthread_join(thread, nil)
    }
}

/// The writer's thread began. The corresponding C function is `pthread_create`.
private let writerStarted: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    context in
    guard let context else { return nil }
    Unmanaged<GroupWriter>.fromOpaque(context).takeRetainedValue().run()
    return nil
}

// MARK: - Callers

extension GroupWriter {
    /// Takes a change.
    ///
    /// - Throws: what is wrong with it already now; the rest its ticket will say.
    func accept(_ change: JournalChange) throws(JournalError) -> JournalTicket {
        try condition.locked { () throws(JournalError) in
            try check(change)
            accepted += 1
            let ticket = JournalTicket()
            waiting.append(Waiting(number: accepted, change: change, ticket: ticket))
            if !change.leavesJournal {
                heads[change.session] = Expected(head: change.head, lastChange: accepted)
            }
            condition.broadcast()
            return ticket
        }
    }

    /// Waits until the changes of a session that were accepted have ended, if there are any.
    func settle(_ session: SessionKey) {
        try? condition.locked {
            while heads[session] != nil { condition.wait() }
        }
    }

    /// Waits until all changes that were accepted have ended.
    ///
    /// - Throws: the error of the last one that was lost meanwhile.
    func drain() throws(JournalError) {
        try condition.locked { () throws(JournalError) in
            let (first, last) = (ended, accepted)
            while ended < last { condition.wait() }
            if let lost, lost.number > first { throw lost.error }
        }
    }

    private func check(_ change: JournalChange) throws(JournalError) {
        if change.leavesJournal { return }
        let session = change.session
        let known: JournalHead?
        if let expected = heads[session] {
            known = expected.head
        } else {
            known = try storedHead(session)
        }
        switch change {
        case .create: if known != nil { throw .sessionExists(session) }
        case .append(_, _, let head, _), .move(_, let head, _, _):
            guard let known else { throw .unknownSession(session) }
            guard known.matches(head) else {
                throw .conflict(session, expected: head.step, found: known.step)
            }
        case .use: break
        case .end: if known == nil { throw .unknownSession(session) }
        }
    }

    /// Where a session stands that has no changes on their way.
    private func storedHead(_ session: SessionKey) throws(JournalError) -> JournalHead? {
        try database.look { (transaction) throws(JournalError) in
            guard try transaction.value(JournalKey(session, JournalKey.start)) != nil else {
                return nil
            }
            let step = try transaction.position(of: session).step
            let bytes = try transaction.value(JournalKey(session, step))
            let hash = step == 0 ? 0 : bytes.flatMap { RecordedCall.stateHash(in: $0) }
            return JournalHead(step: step, stateHash: hash ?? 0)
        }
    }
}

// MARK: - The thread

extension GroupWriter {
    fileprivate func run() {
        while let group = nextGroup() { write(group) }
    }

    /// What has gathered; `nil` when there will be no more.
    private func nextGroup() -> [Waiting]? {
        try? condition.locked {
            while waiting.isEmpty, !isStopped { condition.wait() }
            defer { waiting.removeAll() }
            return waiting.isEmpty ? nil : waiting
        }
    }

    private func write(_ group: [Waiting]) {
        var refusals: [JournalError?]
        do throws(JournalError) {
            refusals = try database.commit(group.map(\.change))
        } catch {
            refusals = Array(repeating: error, count: group.count)
        }
        finish(group, refusals)
        for (waiting, refusal) in zip(group, refusals) {
            waiting.ticket.settle(refusal.map { .failure($0) } ?? .success(()))
        }
    }

    private func finish(_ group: [Waiting], _ refusals: [JournalError?]) {
        try? condition.locked {
            for (waiting, refusal) in zip(group, refusals) {
                let session = waiting.change.session
                if heads[session]?.lastChange == waiting.number { heads[session] = nil }
                if let refusal { lost = (waiting.number, refusal) }
                ended = waiting.number
            }
            condition.broadcast()
        }
    }
}
