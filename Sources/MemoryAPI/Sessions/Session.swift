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
        /// Whether somebody has ended the session.
        var isEnded = false
        /// Who follows it.
        var spectators: [EventStream] = []
        /// The state that they were told of.
        var toldHead: JournalHead?
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

    /// A new session, or one that comes back.
    ///
    /// - Parameter state: `nil` if only the journal store has it.
    init(
        _ state: consuming SessionState?, names: SessionNames = SessionNames(),
        _ creation: SessionCreation, now: UInt64
    ) {
        guard let key = names.id.stored else { preconditionFailure("names are drawn") }
        id = names.id
        storedKey = key
        token = Token(names.id, names.secret, isReadOnly: false)
        viewToken = Token(names.id, names.viewSecret, isReadOnly: true)
        self.creation = creation
        residence = Mutex(Residence(state: state))
        lastUse = Atomic(now)
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

    /// Whether it was not asked for in a long time.
    @inline(__always)
    func isIdle(_ now: UInt64, limit: UInt64) -> Bool { now > lastUsed &+ limit }

    /// When it was last asked for.
    @inline(__always)
    var lastUsed: UInt64 { lastUse.load(ordering: .relaxed) }
}
