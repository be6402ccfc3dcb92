import Synchronization

/// Work in the work queue for a connection that sleeps, and is woken at its end.
final class SleepersWork: Sendable {
    private let ended = Ended()
    /// What is to be put into the queue.
    let job: WorkJob

    private final class Ended: Sendable {
        let flag = Atomic(false)
    }

    /// - Parameters:
    ///   - suspension: the sleep.
    ///   - turn: the number of its turn.
    ///   - action: the work.
    init(_ suspension: Suspension, turn: UInt64, _ action: @escaping @Sendable () -> Void) {
        job = WorkJob(turn: turn) { [ended] in
            action()
            ended.flag.store(true, ordering: .releasing)
            suspension.wake()
        }
    }

    /// Whether the work is done, and all that it wrote can be read.
    var isDone: Bool { ended.flag.load(ordering: .acquiring) }

    /// Calls it off, or waits for its end if it has begun.
    func cancel() { job.cancel() }
}
