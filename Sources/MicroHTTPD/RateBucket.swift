import Glibc
import Synchronization

/// How many requests a client may make.
public struct RateLimit: Sendable, Equatable {
    /// Requests that a client may make at once, after a pause.
    public var requests: Int
    /// Seconds in which that many are allowed again.
    public var seconds: Int
    /// Whether clients on this host are counted as well. A proxy or a grader there speaks for many.
    public var countsLoopback: Bool

    /// Makes a limit of `requests` in `seconds`, each 1 to 1,000,000,000.
    public init(requests: Int, seconds: Int, countsLoopback: Bool = false) {
        precondition(1...1_000_000_000 ~= requests && 1...1_000_000_000 ~= seconds)
        self.requests = requests
        self.seconds = seconds
        self.countsLoopback = countsLoopback
    }
}

/// What one client has left of its requests: a token bucket in one word.
///
/// The word is when the bucket will be full again. A request puts that off by the time in which one token comes; one
/// that would put it off by more than the whole window is refused (the generic cell rate algorithm).
final class RateBucket: Sendable {
    /// What became of one request.
    struct Verdict {
        var isAllowed: Bool
        /// Requests that are left.
        var remaining: Int
        /// Seconds until all of them are there again, rounded up.
        var secondsUntilFull: Int
        /// Seconds until the next one is there, rounded up; at least 1.
        var secondsUntilNext: Int
    }

    /// `RateLimit-Policy`, as it is sent.
    let policy: String
    private let interval: UInt64
    private let window: UInt64
    private let fullAt = Atomic<UInt64>(0)

    init(_ limit: RateLimit) {
        interval = max(1, UInt64(limit.seconds) * 1_000_000_000 / UInt64(limit.requests))
        window = interval * UInt64(limit.requests)
        policy = "\"address\";q=\(limit.requests);w=\(limit.seconds)"
    }

    /// Whether nothing was taken for so long that a new bucket is the same.
    func isFull(at now: UInt64) -> Bool { fullAt.load(ordering: .relaxed) <= now }

    /// Takes a token.
    ///
    /// - Parameter now: nanoseconds of a clock that never goes back.
    func take(at now: UInt64) -> Verdict {
        var known = fullAt.load(ordering: .relaxed)
        while true {
            let next = max(known, now) + interval
            guard next - now <= window else { return verdict(isAllowed: false, known, now) }
            let (isDone, found) = fullAt.weakCompareExchange(
                expected: known, desired: next, ordering: .relaxed)
            if isDone { return verdict(isAllowed: true, next, now) }
            known = found
        }
    }

    private func verdict(isAllowed: Bool, _ fullAt: UInt64, _ now: UInt64) -> Verdict {
        let debt = fullAt - min(fullAt, now)
        let room = window - min(window, debt)
        return Verdict(
            isAllowed: isAllowed, remaining: Int(room / interval),
            secondsUntilFull: Self.seconds(debt),
            secondsUntilNext: max(1, Self.seconds(interval - min(interval, room))))
    }

    private static func seconds(_ nanoseconds: UInt64) -> Int {
        Int((nanoseconds + 999_999_999) / 1_000_000_000)
    }

    /// Nanoseconds of a clock that moves every few milliseconds and costs next to nothing.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
