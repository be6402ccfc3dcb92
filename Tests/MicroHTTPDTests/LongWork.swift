import Glibc
import MicroHTTPD
import Synchronization
import TestSupport

/// Work that takes as long as a test wants, and what of it runs.
final class LongWork: Sendable {
    private struct State {
        var begun: [String] = []
        var allowed = 0
        var notes: [String] = []
    }

    private let state = Mutex(State())

    /// The names of the requests whose work has begun, in order; in an array of its own, since ThreadSanitizer does not
    /// see how arrays that share their elements are kept apart.
    var begun: [String] { state.withLock { $0.begun.map { $0 } } }

    /// Lets the work of one more request end.
    func allow(_ count: Int = 1) { state.withLock { $0.allowed += count } }

    /// What was noted besides.
    var notes: [String] { state.withLock { $0.notes.map { $0 } } }

    func note(_ note: String) { state.withLock { $0.notes.append(note) } }

    func work(_ name: String) {
        let number = state.withLock {
            $0.begun.append(name)
            return $0.begun.count
        }
        while state.withLock({ $0.allowed < number }) { usleep(500) }
    }

    /// A server with some routes.
    ///
    /// One thread has all connections: it must never be the one that works.
    func server(_ routes: [Route], workers: Int = 2) throws -> SampleServer {
        try SampleServer(adding: routes) {
            $0.threadCount = 1
            $0.workThreadCount = workers
        }
    }
}

func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes, as: UTF8.self)
}
