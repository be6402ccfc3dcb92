import Glibc
import Synchronization

/// How long a server waits for the client of one connection, and for what.
///
/// It waits while headers, a body or the taking of an answer are outstanding. Each byte that moves buys
/// time, so that a client may be as long as its rate is good; one that drips is cut off, however often
/// it does. The time that a handler takes is not the client's.
///
///     connected | headers, within idle time + patience | body, patience + bytes / rate | handler
///               | answer, patience + bytes / rate | ...
final class Patience: Sendable {
    /// What a server grants.
    struct Terms: Sendable {
        /// What a client may take beyond what its bytes buy, in milliseconds; 0 for no limit at all.
        let patience: UInt64
        /// After how long without a byte libmicrohttpd closes a connection, in milliseconds; 0 for
        /// never.
        let idle: UInt64
        /// Bytes that buy a second.
        let rate: UInt64

        init(_ configuration: ServerConfiguration) {
            patience = UInt64(configuration.patienceInSeconds) * 1_000
            idle = UInt64(configuration.idleTimeoutSeconds) * 1_000
            rate = UInt64(configuration.leastBytesPerSecond)
        }

        /// How long some bytes may take, in milliseconds.
        fileprivate func price(_ bytes: UInt64) -> UInt64 { patience &+ bytes &* 1_000 / rate }
    }

    private let socket: Int32
    private let terms: Terms
    /// Since when the client is waited for, in milliseconds; 0 while it is not.
    private let since = Atomic<UInt64>(0)
    /// How long it may take from then on.
    private let granted = Atomic<UInt64>(0)
    /// Bytes that moved in what is waited for. Only the connection's own thread looks at it.
    private let moved = Atomic<UInt64>(0)

    /// Begins to wait for the first headers.
    init(_ socket: Int32, _ terms: Terms) {
        self.socket = socket
        self.terms = terms
        awaitHeaders()
    }

    /// Waits for the headers of the next request, which need not come at all: a connection that is silent
    /// goes with the idle time. Without one nobody can tell it from one that drips.
    func awaitHeaders() {
        guard terms.idle > 0 else { return stop() }
        start(granting: terms.idle &+ terms.patience)
    }

    /// Waits for a body.
    func awaitBody() {
        moved.store(0, ordering: .relaxed)
        start(granting: terms.price(0))
    }

    /// Waits for the taking of an answer.
    ///
    /// - Parameter bytes: its length; 0 for a stream, whose bytes are noted as they go.
    func awaitTaking(of bytes: Int) {
        moved.store(UInt64(bytes), ordering: .relaxed)
        start(granting: terms.price(UInt64(bytes)))
    }

    /// Notes that bytes have moved.
    func note(_ bytes: Int) {
        let all = moved.load(ordering: .relaxed) &+ UInt64(bytes)
        moved.store(all, ordering: .relaxed)
        granted.store(terms.price(all), ordering: .relaxed)
    }

    /// Waits no more: it is the server's turn.
    func stop() { since.store(0, ordering: .relaxed) }

    /// A wait that was interrupted.
    struct Interruption {
        fileprivate let since: UInt64
        fileprivate let begin: UInt64
    }

    /// Waits no more for now: the server has something to do first.
    func interrupt() -> Interruption {
        let interruption = Interruption(
            since: since.load(ordering: .relaxed), begin: Self.now)
        stop()
        return interruption
    }

    /// Goes on waiting; the time meanwhile does not count.
    func resume(_ interruption: Interruption) {
        guard interruption.since > 0 else { return }
        since.store(interruption.since + Self.now - interruption.begin, ordering: .relaxed)
    }

    /// Whether the client has used up what it was granted.
    func isExhausted(at now: UInt64) -> Bool {
        let begin = since.load(ordering: .relaxed)
        return begin > 0 && terms.patience > 0
            && now > begin &+ granted.load(ordering: .relaxed)
    }

    /// Ends the connection; libmicrohttpd notices and closes it.
    ///
    /// The corresponding C function is `shutdown`.
    func cut() {
        stop()
        shutdown(socket, Int32(SHUT_RDWR))
    }

    private func start(granting time: UInt64) {
        granted.store(time, ordering: .relaxed)
        since.store(Self.now, ordering: .relaxed)
    }

    /// Milliseconds of a clock that never goes back, and that costs nothing to look at.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
    }
}

/// The open connections of a server, looked through for clients that dawdle.
final class OpenConnections: Sendable {
    private let members = Mutex<[ObjectIdentifier: Patience]>([:])
    private let cutCount = Atomic<Int>(0)

    /// How many were cut off.
    var cut: Int { cutCount.load(ordering: .relaxed) }

    /// Counts one in.
    func add(_ patience: Patience) {
        members.withLock { $0[ObjectIdentifier(patience)] = patience }
    }

    /// Counts one out, before its socket is closed: nobody cuts what may be another one's.
    func remove(_ patience: Patience) {
        members.withLock { $0[ObjectIdentifier(patience)] = nil }
    }

    /// Cuts off those that have used up what they were granted.
    func cutExhausted() {
        let now = Patience.now
        members.withLock { members in
            for patience in members.values where patience.isExhausted(at: now) {
                patience.cut()
                cutCount.add(1, ordering: .relaxed)
            }
        }
    }
}
