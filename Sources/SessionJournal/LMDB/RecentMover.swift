import Glibc

/// Has the database get every second what is beside it, so that a copy that is made of it while the store is
/// in use lacks no more than that.
final class RecentMover: @unchecked Sendable {
    // `isStopped` is guarded by `condition`; `thread` is set before anyone else has the value.
    private let condition = Condition()
    private let database: JournalDatabase
    private var isStopped = false
    private var thread = pthread_t()

    /// Seconds that records wait beside the database at most, unless the disk is slow.
    static let pauseInSeconds = 1

    /// Starts the thread.
    init(_ database: JournalDatabase) {
        self.database = database
        let context = Unmanaged.passRetained(self).toOpaque()
        let code = pthread_create(&thread, nil, moverStarted, context)
        precondition(code == 0, "no thread: error \(code)")
    }

    /// Ends the thread.
    func stop() {
        try? condition.locked {
            isStopped = true
            condition.broadcast()
        }
        pthread_join(thread, nil)
    }

    /// Works until it is told to stop.
    fileprivate func run() {
        // What is refused now is there still, and is moved later.
        while isToGoOn() { try? database.settle() }
    }

    private func isToGoOn() -> Bool {
        let isOver = try? condition.locked {
            if !isStopped { condition.wait(seconds: Self.pauseInSeconds) }
            return isStopped
        }
        return isOver == false
    }
}

/// The mover's thread began. The corresponding C function is `pthread_create`.
private let moverStarted: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    context in
    guard let context else { return nil }
    Unmanaged<RecentMover>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
