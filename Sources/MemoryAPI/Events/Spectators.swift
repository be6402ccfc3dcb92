import MicroHTTPD
import Synchronization

/// Everybody who follows a session of the service, and the thread that keeps their connections alive.
final class Spectators: Sendable {
    private struct State {
        var streams: [ObjectIdentifier: EventStream] = [:]
        /// Whether there is a thread.
        var isBeating = false
    }

    let store: SessionStore
    /// What was written for one of them, and others may need.
    let pieces = EventPieces()
    private let state = Mutex(State())

    /// How often it is looked which streams have been silent for too long.
    private static let beatInSeconds = 1.0

    init(_ store: SessionStore) { self.store = store }

    /// How many there are.
    var count: Int { state.withLock { $0.streams.count } }

    /// Has a stream hear of its session.
    ///
    /// - Throws: a problem when there are too many, or when the session cannot be looked at. The stream
    ///   has to be removed all the same.
    func add(_ stream: EventStream, to session: Session) throws(Problem) {
        try add(stream)
        try session.residence.withLock { residence throws(Problem) in
            guard residence.spectators.count < store.limits.streamsPerSession else {
                throw Self.problem(store.limits.streamsPerSession, "of one session")
            }
            residence.add(stream)
        }
        try store.look(at: session) { state in stream.begin(state) }
    }

    /// Has a stream hear no more, if it ever did.
    func remove(_ stream: EventStream, from session: Session) {
        session.residence.withLock { $0.remove(stream) }
        let isLast = state.withLock { state in
            state.streams[ObjectIdentifier(stream)] = nil
            return state.streams.isEmpty
        }
        if isLast { pieces.removeAll() }
    }

    private func add(_ stream: EventStream) throws(Problem) {
        let needsThread = try state.withLock { state throws(Problem) in
            guard state.streams.count < store.limits.streams else {
                throw Self.problem(store.limits.streams, "at a time")
            }
            state.streams[ObjectIdentifier(stream)] = stream
            defer { state.isBeating = true }
            return !state.isBeating
        }
        guard needsThread else { return }
        let isStarted = Ticker.start(seconds: Self.beatInSeconds) { self.beat() }
        if !isStarted { state.withLock { $0.isBeating = false } }
    }

    /// Looks after all streams.
    ///
    /// - Returns: whether there are any.
    @discardableResult
    func beat() -> Bool {
        let streams = state.withLock { state in
            state.isBeating = !state.streams.isEmpty
            return Array(state.streams.values)
        }
        let now = store.now()
        for stream in streams { stream.beat(now) }
        return !streams.isEmpty
    }

    private static func problem(_ limit: Int, _ whose: String) -> Problem {
        Problem(
            .tooManyStreams, "This service lets \(limit) spectators \(whose) follow at most.")
    }
}
