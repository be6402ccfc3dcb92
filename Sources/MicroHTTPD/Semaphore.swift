import Glibc

/// A count that threads wait for.
///
/// The corresponding C type is `sem_t`.
final class Semaphore: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    /// Makes one whose count is 0.
    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Raises the count by one. The corresponding C function is `sem_post`.
    func signal() { sem_post(semaphore) }

    /// Waits until the count is more than 0, and lowers it by one. The corresponding C function is `sem_wait`.
    func wait() {
        while sem_wait(semaphore) != 0 {}
    }
}
