import KernelMemory
import MicroHTTPD
import Synchronization

/// One booted machine with its journal, its two secrets and its lock.
final class Session: Sendable {
    let id: SessionID
    let token: Token
    let viewToken: Token
    /// Where the client was that booted it.
    let owner: ClientAddress
    let state: Mutex<SessionState>
    /// When it was last asked for, in seconds of the service's clock.
    private let lastUse: Atomic<UInt64>

    init(_ state: consuming SessionState, owner: ClientAddress, now: UInt64) {
        id = SessionID()
        token = Token(id, RandomDigits(), isReadOnly: false)
        viewToken = Token(id, RandomDigits(), isReadOnly: true)
        self.owner = owner
        self.state = Mutex(state)
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
    func isIdle(_ now: UInt64, limit: UInt64) -> Bool {
        now > lastUse.load(ordering: .relaxed) &+ limit
    }
}
