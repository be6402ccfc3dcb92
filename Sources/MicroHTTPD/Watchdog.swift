import Glibc

/// A thread that acts when the process has not come to its end in time.
///
///     Watchdog.start(seconds: 8) { _exit(1) }
///     server.stop(gracePeriodInSeconds: 5)
public enum Watchdog {
    final class Order: Sendable {
        let seconds: Double
        let action: @Sendable () -> Void

        init(seconds: Double, action: @escaping @Sendable () -> Void) {
            self.seconds = seconds
            self.action = action
        }
    }

    /// Starts the thread. It cannot be called off: it is for a process that is about to end.
    ///
    /// - Parameters:
    ///   - seconds: how long it waits.
    ///   - action: what it does then, on its own thread.
    /// - Returns: whether there was a thread to start.
    @discardableResult
    public static func start(seconds: Double, action: @escaping @Sendable () -> Void) -> Bool {
        let order = Unmanaged.passRetained(Order(seconds: seconds, action: action))
        var thread = pthread_t()
        guard pthread_create(&thread, nil, watchdogStarted, order.toOpaque()) == 0 else {
            order.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
