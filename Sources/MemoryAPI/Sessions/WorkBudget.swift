import Glibc

/// The time that a processor may work for one request's calls.
///
/// It is the thread's own time: what others do meanwhile does not count, and what a session becomes
/// never depends on it, since its journal has what ran and nothing else.
struct WorkBudget {
    /// What is left, in nanoseconds.
    private var left: Int64
    /// The thread's time when the work began that goes on; `nil` while none does.
    private var begin: Int64?
    private var untilLook = Self.callsBetweenLooks

    private static let callsBetweenLooks = 64

    /// - Parameter seconds: 0 or more; infinity for no limit.
    init(seconds: Double) {
        left = seconds < 1e9 ? Int64(seconds * 1e9) : .max
    }

    /// A budget whose work begins.
    static func started(seconds: Double) -> WorkBudget {
        var budget = WorkBudget(seconds: seconds)
        budget.resume()
        return budget
    }

    /// Begins work, or goes on with it, maybe on another thread.
    mutating func resume() { begin = Self.threadTime }

    /// Has the work rest.
    mutating func pause() {
        look()
        begin = nil
    }

    /// Whether nothing is left, to be asked before each call.
    @inline(__always)
    mutating func isUsedUp() -> Bool {
        untilLook -= 1
        if _slowPath(untilLook == 0) { look() }
        return left <= 0
    }

    private mutating func look() {
        untilLook = Self.callsBetweenLooks
        guard left < .max, let begin else { return }
        let now = Self.threadTime
        left -= now - begin
        self.begin = now
    }

    /// Nanoseconds that the thread has worked.
    private static var threadTime: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Problem {
    /// A request that takes too long.
    ///
    /// - Parameter what: what was not done.
    convenience init(tooMuchWork what: String, _ limits: SessionLimits) {
        self.init(
            .tooMuchWork,
            "\(what) takes more than the \(limits.workSecondsPerRequest) seconds of a processor's time "
                + "that one request may have.")
    }
}
