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
    /// About how much a spectator is still told of a session that has ended.
    private static let farewellInBytes = 65_536

    /// What a spectator is told at last.
    private struct Farewell {
        let bytes: [UInt8]
        /// The end of the session; `nil` if it has come to stay.
        let ticket: JournalTicket?
    }

    /// What there is to tell.
    private enum Progress { case more, upToDate, waits }

    private let session: Session
    private let spectators: Spectators
    private let endsUpToDate: Bool

    // The session's lock guards it.
    private var cursor: EventCursor?
    /// Whether what was written last is calls and nothing else.
    private var wroteCallsOnly = false
    private let start: JournalHead?

    // Only the connection's thread comes here.
    private var unsent = OutputBuffer()
    private var sentCount = 0
    private var eventsLeft: Int
    private var hasEnded = false

    // Any thread may.
    private let waker = Mutex<StreamWaker?>(nil)
    private let farewell = Mutex<Farewell?>(nil)
    private let hasNews = Atomic<Bool>(true)
    /// Whether it could not look for news, since somebody worked long with the session.
    private let isLate = Atomic<Bool>(false)
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
        noteLowest(step)
        wakeForNews()
    }

    /// Notes how far back the session went.
    func noteLowest(_ step: UInt32) { cursor?.noteLowest(step) }

    /// Hears that the session has lost calls.
    func hearOfLoss() {
        cursor?.noteLoss()
        wakeForNews()
    }

    /// Takes what the spectator has not been told of a session that ends.
    ///
    /// - Parameter ticket: the end of the session; `nil` if it has come to stay.
    func end(_ state: borrowing SessionState, behind ticket: JournalTicket?) {
        var rest = OutputBuffer()
        var eventsLeft = eventsLeft
        if let view = try? state.view() {
            let mark = SessionMark(state)
            _ = write(view, state, mark, &rest, &eventsLeft, limit: Self.farewellInBytes)
        }
        if eventsLeft > 0 { rest.appendEnd() }
        keep(rest, behind: ticket)
    }

    /// Hears that a session ends that cannot be read any more.
    func end(behind ticket: JournalTicket?) {
        var rest = OutputBuffer()
        rest.appendEnd()
        keep(rest, behind: ticket)
    }

    private func keep(_ rest: borrowing OutputBuffer, behind ticket: JournalTicket?) {
        let bytes = Array(rest.bytes)
        farewell.withLock { $0 = Farewell(bytes: bytes, ticket: ticket) }
    }

    /// Has the stream look for news; any thread may.
    func wakeForNews() { wake(hasNews) }

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

    /// Has it look for news again if it could not, and a heartbeat sent if it is time.
    func beat(_ now: UInt64) {
        if isLate.exchange(false, ordering: .acquiringAndReleasing) { wakeForNews() }
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
        if takeFarewell() { return }
        do throws(Problem) {
            let progress = try spectators.store.follow(session) { (state, mark) throws(Problem) in
                try write(state, mark)
            }
            guard let progress else { return isLate.store(true, ordering: .releasing) }
            if progress == .more { hasNews.store(true, ordering: .releasing) }
            hasEnded = eventsLeft == 0 || (progress == .upToDate && endsUpToDate)
        } catch {
            // It may have ended since.
            if takeFarewell() { return }
            // Whatever else keeps the session from being read is told to who asks again.
            if error.kind == .unknownToken { unsent.appendEnd() }
            hasEnded = true
        }
    }

    /// Writes what is told at last, if the session has ended and that has come to stay.
    ///
    /// - Returns: whether the session has ended.
    private func takeFarewell() -> Bool {
        guard let farewell = farewell.withLock({ $0 }) else { return false }
        if let ticket = farewell.ticket {
            guard let settlement = ticket.settlement else { return true }
            // If the end was lost, the session goes on, for those who come again.
            hasEnded = true
            guard case .success = settlement else { return true }
        }
        farewell.bytes.withUnsafeBytes { unsent.append($0) }
        hasEnded = true
        return true
    }

    /// - Parameter mark: where the session is for the spectator; `nil` if that is not known yet.
    private func write(
        _ state: borrowing SessionState, _ mark: SessionMark?
    ) throws(Problem) -> Progress {
        // What was settled may have been overwritten by what is not.
        guard let mark, state.has(mark.head) else { return .waits }
        guard let start = cursor?.position else { return .upToDate }
        if let piece = spectators.pieces.piece(session.storedKey, behind: start),
            piece.count <= eventsLeft,
            cursor?.follow(to: piece.end, state, towards: mark.head) == true
        {
            piece.bytes.withUnsafeBytes { unsent.append($0) }
            eventsLeft -= piece.count
            return piece.end == mark.head ? .upToDate : .more
        }
        let step = Int(mark.head.step)
        let view = try state.view(at: step > state.step ? step : nil)
        let eventsBefore = eventsLeft
        let progress = write(
            view, state, mark, &unsent, &eventsLeft, limit: Self.pieceInBytes)
        keepPiece(behind: start, count: eventsBefore - eventsLeft)
        return progress
    }

    /// Keeps for others what was written, if it is calls.
    private func keepPiece(behind start: JournalHead, count: Int) {
        guard count > 0, wroteCallsOnly, eventsLeft > 0, let end = cursor?.position else { return }
        let piece = EventPiece(Array(unsent.bytes), count: count, end: end)
        spectators.pieces.keep(piece, session.storedKey, behind: start)
    }

    private func write(
        _ view: SessionView, _ state: borrowing SessionState, _ mark: SessionMark,
        _ output: inout OutputBuffer, _ eventsLeft: inout Int, limit: Int
    ) -> Progress {
        wroteCallsOnly = true
        while eventsLeft > 0, output.count < limit {
            guard let event = cursor?.next(state, towards: mark.head),
                let position = cursor?.position
            else { return .upToDate }
            output.append(event, position, view, lastStep: mark.lastStep)
            if case .call = event {} else { wroteCallsOnly = false }
            eventsLeft -= 1
        }
        return .more
    }
}
