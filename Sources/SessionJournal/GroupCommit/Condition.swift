import Glibc

/// A lock whose holders can wait for one another.
///
/// The corresponding C types are `pthread_mutex_t` and `pthread_cond_t`.
final class Condition: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        defer { pthread_condattr_destroy(&attributes) }
        // So that nobody waits longer when the host's clock is set.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        let codes = (pthread_mutex_init(mutex, nil), pthread_cond_init(condition, &attributes))
        precondition(codes == (0, 0), "no lock: errors \(codes)")
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs something while no other thread does.
    @inline(__always)
    func locked<Result>(
        _ body: () throws(JournalError) -> Result
    ) throws(JournalError) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Gives up the lock until another thread says that something is new. The lock must be held.
    func wait() { pthread_cond_wait(condition, mutex) }

    /// The same, for some seconds at most.
    func wait(seconds: Int) {
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        end.tv_sec += seconds
        pthread_cond_timedwait(condition, mutex, &end)
    }

    /// Wakes all that wait.
    func broadcast() { pthread_cond_broadcast(condition) }
}
