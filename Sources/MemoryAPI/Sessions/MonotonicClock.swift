import Glibc

/// Seconds since some moment in the past, by a clock that never goes back.
@Sendable
public func monotonicSeconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
    return UInt64(time.tv_sec)
}
