import Glibc

/// Runs something on a thread of its own.
func onAnotherThread(_ body: @escaping @Sendable () -> Void) {
    final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { raw in
        Unmanaged<Work>.fromOpaque(raw!).takeRetainedValue().body()
        return nil
    }
    pthread_create(&thread, nil, run, Unmanaged.passRetained(Work(body)).toOpaque())
    pthread_detach(thread)
}

/// Waits until something holds, at most two seconds.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<2_000 {
        if condition() { return true }
        usleep(1_000)
    }
    return false
}
