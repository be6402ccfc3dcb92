import Glibc

/// A lock that many threads can hold together, or one alone.
///
/// The corresponding C type is `pthread_rwlock_t`.
final class SharedGate: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

    init() {
        let code = pthread_rwlock_init(lock, nil)
        precondition(code == 0, "no lock: error \(code)")
    }

    deinit {
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    /// Runs something beside others that share; not one within another.
    func shared<Result>(
        _ body: () throws(JournalError) -> Result
    ) throws(JournalError) -> Result {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return try body()
    }

    /// Runs something beside nothing else.
    func alone(_ body: () throws(JournalError) -> Void) throws(JournalError) {
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        try body()
    }
}
