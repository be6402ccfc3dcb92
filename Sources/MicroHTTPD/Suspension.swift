import CMicroHTTPD
import Synchronization

/// The sleep of one request: libmicrohttpd has put its connection aside, and no thread waits.
///
/// The connection's own thread lets it sleep, any thread wakes it. A wake-up that comes first is
/// kept and takes the next sleep's place, so none is lost.
final class Suspension: Sendable {
    private struct State: @unchecked Sendable {
        /// The connection while it sleeps.
        var sleeper: OpaquePointer?
        var isWoken = false
        var isStopped = false

        mutating func wake() {
            isWoken = sleeper == nil
            guard let connection = sleeper else { return }
            sleeper = nil
            MHD_resume_connection(connection)
        }
    }

    private let state = Mutex(State())

    /// Whether nothing sleeps here any more, because the server stops.
    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Puts the connection aside, unless it was woken since its last sleep or the server stops.
    ///
    /// - Returns: whether it sleeps now.
    ///
    /// The corresponding libmicrohttpd function is `MHD_suspend_connection`.
    func sleep(_ connection: OpaquePointer) -> Bool {
        state.withLock {
            guard !$0.isWoken, !$0.isStopped else {
                $0.isWoken = false
                return false
            }
            $0.sleeper = connection
            MHD_suspend_connection(connection)
            return true
        }
    }

    /// Wakes it; harmless at any time, also when the request is over.
    ///
    /// The corresponding libmicrohttpd function is `MHD_resume_connection`.
    func wake() {
        state.withLock { $0.wake() }
    }

    /// Wakes it for good.
    func stop() {
        state.withLock {
            $0.isStopped = true
            $0.wake()
        }
    }

    /// Ends with the request. Whoever is waking it is waited for, so that no thread is left in
    /// libmicrohttpd when the server has stopped.
    func end() {
        state.withLock { $0.sleeper = nil }
    }
}
