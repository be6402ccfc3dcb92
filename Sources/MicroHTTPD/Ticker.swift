import Glibc

/// A thread that does something again and again, for as long as it is asked to.
///
///     Ticker.start(seconds: 1) { beat(); return isNeeded }
public enum Ticker {
    final class Order: Sendable {
        let seconds: Double
        let action: @Sendable () -> Bool

        init(seconds: Double, action: @escaping @Sendable () -> Bool) {
            self.seconds = seconds
            self.action = action
        }
    }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - seconds: how long it waits before each time.
    ///   - action: what it does, and whether it is to go on behind it.
    /// - Returns: whether there was a thread to start.
    @discardableResult
    public static func start(seconds: Double, action: @escaping @Sendable () -> Bool) -> Bool {
        let order = Unmanaged.passRetained(Order(seconds: seconds, action: action))
        var thread = pthread_t()
        guard pthread_create(&thread, nil, tickerStarted, order.toOpaque()) == 0 else {
            order.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
