import MicroHTTPD
import SessionJournal
import Synchronization

/// A spectator's stream of what happens in a session, as server-sent events.
///
/// It keeps no events: what is to be told is read from the session's journal, a few KB at a time, when
/// the spectator has taken what came before.
final class EventStream: ResponseStream, @unchecked Sendable {
    /// How a spectator wants it.
    struct Options {
        /// The state that it knows; `nil` for a machine that has just booted.
        var start: JournalHead?
        /// After how many events the stream ends.
        var limit = Int.max
        /// Whether it ends when everything was told that there is.
        var endsUpToDate = false
    }

    /// About how much is read from the journal at once.
    private static let pieceInBytes = 4_096

    private let session: Session
    private let spectators: Spectators
    private let endsUpToDate: Bool

    // The session's lock guards it.
    private var cursor: EventCursor?
    private let start: JournalHead?

    // Only the connection's thread comes here.
    private var unsent = OutputBuffer()
    private var sentCount = 0
    private var eventsLeft: Int
    private var hasEnded = false

    // Any thread may.
    private let waker = Mutex<StreamWaker?>(nil)
    private let hasNews = Atomic<Bool>(true)
    private let needsBeat = Atomic<Bool>(false)
    private let lastWrite: Atomic<UInt64>

    /// A stream that neither its session nor the service know yet.
    init(_ session: Session, _ spectators: Spectators, _ options: Options) {
        self.session = session
        self.spectators = spectators
        start = options.start
        endsUpToDate = options.endsUpToDate
        eventsLeft = options.limit
        lastWrite = Atomic(spectators.store.now())
    }
}

// MARK: - For the session, which holds its lock

extension EventStream {
    /// Begins at the state that the spectator knows.
    func begin(_ state: borrowing SessionState) {
        cursor = EventCursor(start ?? state.head(at: 0))
    }

    /// Hears that the session has changed.
    ///
    /// - Parameter step: how far back it went meanwhile.
    func hear(lowestStep step: UInt32) {
        cursor?.noteLowest(step)
        wake(hasNews)
    }

    /// Hears that the session has ended, or that it has lost calls.
    func hearOfLoss() {
        cursor?.noteLoss()
        wake(hasNews)
    }

    private func wake(_ reason: borrowing Atomic<Bool>) {
        guard !reason.exchange(true, ordering: .acquiringAndReleasing) else { return }
        waker.withLock { $0 }?.wake()
    }
}

// MARK: - For the service

extension EventStream {
    /// Seconds without a byte after which a comment is sent, so that those in between keep the
    /// connection, and a spectator that has gone is noticed.
    static let heartbeatInSeconds: UInt64 = 15

    /// Has a heartbeat sent if it is time.
    func beat(_ now: UInt64) {
        guard now >= lastWrite.load(ordering: .relaxed) &+ Self.heartbeatInSeconds else { return }
        wake(needsBeat)
    }
}

// MARK: - For the server

extension EventStream {
    func opened(_ waker: StreamWaker) {
        self.waker.withLock { $0 = waker }
    }

    func read(into block: UnsafeMutableRawBufferPointer) -> StreamRead {
        if unsent.count == 0 { refill() }
        let count = min(unsent.count - sentCount, block.count)
        guard count > 0 else { return hasEnded ? .end : .wait }
        block.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: unsent.bytes[sentCount..<(sentCount + count)]))
        sentCount += count
        if sentCount == unsent.count {
            unsent = OutputBuffer()
            sentCount = 0
        }
        lastWrite.store(spectators.store.now(), ordering: .relaxed)
        return .bytes(count)
    }

    func closed() {
        spectators.remove(self, from: session)
    }

    private func refill() {
        let isBeatDue = needsBeat.exchange(false, ordering: .acquiringAndReleasing)
        if !hasEnded, hasNews.exchange(false, ordering: .acquiringAndReleasing) { catchUp() }
        if isBeatDue, !hasEnded, unsent.count == 0 { unsent.append(":\n\n") }
    }

    /// Writes some of what the spectator does not know yet.
    private func catchUp() {
        do throws(Problem) {
            let isUpToDate = try spectators.store.look(at: session) { (state) throws(Problem) in
                write(try state.view(), state)
            }
            if !isUpToDate { hasNews.store(true, ordering: .releasing) }
            hasEnded = eventsLeft == 0 || (isUpToDate && endsUpToDate)
        } catch {
            // Whatever else keeps the session from being read is told to who asks again.
            if error.kind == .unknownToken { unsent.appendEnd() }
            hasEnded = true
        }
    }

    /// - Returns: whether the spectator is where the session is.
    private func write(_ view: SessionView, _ state: borrowing SessionState) -> Bool {
        while eventsLeft > 0, unsent.count < Self.pieceInBytes {
            guard let event = cursor?.next(state), let position = cursor?.position else {
                return true
            }
            unsent.append(event, position, view, lastStep: state.lastStep)
            eventsLeft -= 1
        }
        return false
    }
}
