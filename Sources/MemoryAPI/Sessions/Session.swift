import Glibc
import KernelMemory
import MicroHTTPD
import SessionJournal
import Synchronization

/// One booted machine with its journal, its two secrets and its lock.
final class Session: Sendable {
    /// Whether the machine is in memory.
    struct Residence: ~Copyable, Sendable {
        /// The machine and its journal; `nil` while only the journal store has them.
        var state: SessionState?
        /// Whether there is a state, and its machine.
        var isAwake: Bool
        /// Whether somebody has ended the session.
        var isEnded = false
        /// Who follows it.
        var spectators: [EventStream] = []
        /// The state that they were told of, or will be when it has come to stay.
        var told: SessionMark?
        /// What they are not to hear of yet.
        var held = HeldChanges()
    }

    let id: SessionID
    /// Its number in a journal store.
    let storedKey: SessionKey
    let token: Token
    let viewToken: Token
    let creation: SessionCreation
    /// Where the client was that booted it.
    var owner: ClientAddress { creation.owner }
    let residence: Mutex<Residence>
    /// When it was last asked for, in seconds of the service's clock.
    private let lastUse: Atomic<UInt64>
    /// What the journal store was told of it last.
    private let notedUse: Atomic<UInt64>

    /// A new session, or one that comes back.
    ///
    /// - Parameters:
    ///   - state: `nil` if only the journal store has it.
    ///   - lastUse: when it was last asked for.
    ///   - notedUse: when that was as far as the journal store knows.
    init(
        _ state: consuming SessionState?, names: SessionNames = SessionNames(),
        _ creation: SessionCreation, lastUse: UInt64, notedUse: UInt64
    ) {
        guard let key = names.id.stored else { preconditionFailure("names are drawn") }
        id = names.id
        storedKey = key
        token = Token(names.id, names.secret, isReadOnly: false)
        viewToken = Token(names.id, names.viewSecret, isReadOnly: true)
        self.creation = creation
        residence = Mutex(Residence(state))
        self.lastUse = Atomic(lastUse)
        self.notedUse = Atomic(notedUse)
    }

    /// Its turn in the work queue.
    var turn: UInt64 { UInt64(UInt(bitPattern: ObjectIdentifier(self))) }

    /// Works with what the session's lock guards.
    ///
    /// - Throws: where others wait for the thread, a problem that has the request begun anew elsewhere if
    ///   somebody else has the lock.
    @inline(__always)
    func hold<Result: ~Copyable>(
        _ place: WorkPlace, _ body: (inout Residence) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        guard case .shared(let turn) = place else {
            return try residence.withLock { (residence) throws(Problem) in try body(&residence) }
        }
        let result = try residence.withLockIfAvailable { (residence) throws(Problem) in
            try body(&residence)
        }
        guard let result else { throw Problem(takesLong: turn) }
        return result
    }

    /// Works with what the session's lock guards, unless somebody else has the lock for long.
    func holdSoon<Result: ~Copyable>(
        _ body: (inout Residence) throws(Problem) -> Result
    ) throws(Problem) -> Result? {
        for _ in 0..<20 {
            let result = try residence.withLockIfAvailable { (residence) throws(Problem) in
                try body(&residence)
            }
            if let result { return result }
            usleep(50)
        }
        return nil
    }

    /// Whether a token is one of this session's two.
    @inline(__always)
    func accepts(_ other: Token) -> Bool {
        id == other.id
            && (other.isReadOnly ? viewToken : token).secret.equalsInConstantTime(other.secret)
    }

    /// Notes that it was asked for.
    @inline(__always)
    func touch(_ now: UInt64) { lastUse.store(now, ordering: .relaxed) }

    /// Whether the journal store should be told that it was asked for; only one who asks is told so.
    @inline(__always)
    func needsNote(_ now: UInt64, grain: UInt64) -> Bool {
        let noted = notedUse.load(ordering: .relaxed)
        guard _slowPath(now > noted &+ grain) else { return false }
        return notedUse.compareExchange(expected: noted, desired: now, ordering: .relaxed)
            .exchanged
    }

    /// Takes back that the journal store was told.
    func forgetNote() { notedUse.store(0, ordering: .relaxed) }

    /// Whether it was not asked for in a long time.
    @inline(__always)
    func isIdle(_ now: UInt64, limit: UInt64) -> Bool { now > lastUsed &+ limit }

    /// When it was last asked for.
    @inline(__always)
    var lastUsed: UInt64 { lastUse.load(ordering: .relaxed) }
}
