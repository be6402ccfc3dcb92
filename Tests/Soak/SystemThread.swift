import Glibc

/// Work on a thread of its own, to be subclassed.
///
/// Swift's tasks run on threads that ThreadSanitizer sees no races between.
class SystemThread: @unchecked Sendable {
    private var handle = pthread_t()

    /// What the thread does.
    func run() {}

    /// Starts it.
    final func start() {
        let itself = Unmanaged.passRetained(self).toOpaque()
        let code = pthread_create(
            &handle, nil,
            { itself in
                Unmanaged<SystemThread>.fromOpaque(itself!).takeRetainedValue().run()
                return nil
            }, itself)
        precondition(code == 0, "no thread: error \(code)")
    }

    /// Waits for its end; what it did can be looked at then.
    final func join() { pthread_join(handle, nil) }
}
