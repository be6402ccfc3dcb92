import Glibc
import Synchronization

/// Threads for requests that take long, so that nobody waits who only shares a thread with them.
///
/// Each job has a turn, such as that of a session. Of one turn one job runs at a time, in the order in
/// which they came, and the turns take turns: whoever comes with many jobs waits for his own.
final class WorkQueue: Sendable {
    fileprivate struct State {
        /// What waits, by turn. A turn is here while a job of it waits or runs.
        var waiting: [UInt64: [WorkJob]] = [:]
        /// Turns of which a job waits and none runs.
        var turns: [UInt64] = []
        /// The first of them that counts; those before it are over.
        var firstTurn = 0
        var isStopped = false
    }

    private let state = Mutex(State())
    /// Counts what there is to do: a turn in ``State/turns``, or the end.
    private let ready = Semaphore()
    private let threadCount: Int

    /// Starts the threads.
    init(threadCount: Int) {
        self.threadCount = threadCount
        for _ in 0..<threadCount {
            var thread = pthread_t()
            let queue = Unmanaged.passRetained(self)
            guard pthread_create(&thread, nil, workerStarted, queue.toOpaque()) == 0 else {
                queue.release()
                continue
            }
            pthread_detach(thread)
        }
    }

    /// Has a job done in its turn.
    func add(_ job: WorkJob) {
        let isReady = state.withLock {
            guard $0.waiting[job.turn] != nil else {
                $0.waiting[job.turn] = [job]
                $0.turns.append(job.turn)
                return true
            }
            $0.waiting[job.turn]?.append(job)
            return false
        }
        if isReady { ready.signal() }
    }

    /// Ends the threads once they have done what they are at; what waits is not done any more.
    func stop() {
        state.withLock { $0.isStopped = true }
        for _ in 0..<threadCount { ready.signal() }
    }

    /// Does one job after the other until the end, behind whoever answers at once.
    func work() {
        // To Linux, process 0 is the calling thread.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        while true {
            ready.wait()
            guard let job = state.withLock({ $0.next() }) else { return }
            job.run()
            if state.withLock({ $0.finish(job.turn) }) { ready.signal() }
        }
    }
}

extension WorkQueue.State {
    /// Takes the first job of the turn whose turn it is; `nil` at the end.
    fileprivate mutating func next() -> WorkJob? {
        guard !isStopped, firstTurn < turns.count else { return nil }
        let turn = turns[firstTurn]
        firstTurn += 1
        if firstTurn * 2 > turns.count {
            turns.removeFirst(firstTurn)
            firstTurn = 0
        }
        return waiting[turn]?.removeFirst()
    }

    /// Ends a job.
    ///
    /// - Returns: whether another one of its turn has become ready.
    fileprivate mutating func finish(_ turn: UInt64) -> Bool {
        guard waiting[turn]?.isEmpty == false else {
            waiting[turn] = nil
            return false
        }
        turns.append(turn)
        return true
    }
}
