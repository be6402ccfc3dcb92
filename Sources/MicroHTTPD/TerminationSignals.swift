import Glibc

/// Waits for SIGTERM or SIGINT without a signal handler, so nothing has to be
/// async-signal-safe: the two signals are blocked and then fetched by a thread that asks.
///
///     let signals = TerminationSignals()      // first thing in main
///     let server = try Server(configuration: configuration, router: router)
///     signals.wait()
///     server.stop(gracePeriodInSeconds: 5)
public struct TerminationSignals: Sendable {
    /// Blocks both signals in the calling thread and in every thread that it starts from now
    /// on. Make it before anything starts a thread: a thread that does not block them would
    /// still be ended by them.
    public init() {
        var signals = TerminationSignals.set
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Waits until one of them arrives.
    ///
    /// - Returns: the signal's number.
    @discardableResult
    public func wait() -> Int32 {
        var signals = TerminationSignals.set
        var signal: Int32 = 0
        while sigwait(&signals, &signal) != 0 {}
        return signal
    }

    private static var set: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        return signals
    }
}
