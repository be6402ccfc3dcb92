import Glibc
import MicroHTTPD
import Synchronization

/// The time that may be spent on one request's calls.
///
/// On a thread of the request's own it is a processor's time: what others do meanwhile does not count.
/// Where others wait it is a few milliseconds of theirs. What a session becomes never depends on it,
/// since its journal has what ran and nothing else.
struct WorkBudget {
    /// What is left, in nanoseconds.
    private var left: Int64
    /// The time when the work began that goes on; `nil` while none does.
    private var begin: Int64?
    private let clock: clockid_t
    /// Calls from one look at the clock to the next. To ask for a thread's own time is a system call.
    private let callsBetweenLooks: Int
    private var untilLook: Int

    /// Nanoseconds that others may wait.
    private static let passing: Int64 = 4_000_000

    /// What a request may do at a place.
    init(_ place: WorkPlace, _ limits: SessionLimits) {
        if case .shared = place {
            self = .inPassing
        } else {
            self.init(seconds: limits.workSecondsPerRequest)
        }
    }

    /// - Parameter seconds: of a processor's time, 0 or more; infinity for no limit.
    init(seconds: Double) {
        self.init(
            seconds < 1e9 ? Int64(seconds * 1e9) : .max, CLOCK_THREAD_CPUTIME_ID,
            callsBetweenLooks: 64)
    }

    private init(_ nanoseconds: Int64, _ clock: clockid_t, callsBetweenLooks: Int) {
        left = nanoseconds
        self.clock = clock
        self.callsBetweenLooks = callsBetweenLooks
        untilLook = callsBetweenLooks
    }

    /// As long as it takes.
    static var unlimited: WorkBudget { WorkBudget(seconds: .infinity) }

    /// What one thread may do while others wait for it.
    static var inPassing: WorkBudget {
        WorkBudget(passing, CLOCK_MONOTONIC, callsBetweenLooks: 4)
    }

    /// Begins work, or goes on with it, maybe on another thread.
    mutating func resume() { begin = now }

    /// Has the work rest.
    mutating func pause() {
        look()
        begin = nil
    }

    /// Whether nothing is left, to be asked before each call.
    @inline(__always)
    mutating func isUsedUp() -> Bool {
        untilLook -= 1
        if _slowPath(untilLook == 0) { look() }
        return left <= 0
    }

    private mutating func look() {
        untilLook = callsBetweenLooks
        guard left < .max, let begin else { return }
        let now = now
        left = Self.areAllOver ? 0 : left - (now - begin)
        self.begin = now
    }

    private var now: Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension WorkBudget {
    private static let end = Atomic(false)

    /// Whether the process is about to end, and nobody waits for work any more.
    static var areAllOver: Bool { end.load(ordering: .relaxed) }

    fileprivate static func endAll() { end.store(true, ordering: .relaxed) }
}

extension MemoryService {
    /// Has all requests of the process that take long give up, at their next look at the clock. What they were to
    /// change is left as it was. For a process that is about to end: it cannot be called off.
    public static func giveUpLongWork() { WorkBudget.endAll() }
}

extension Problem {
    /// A request that takes too long.
    ///
    /// - Parameters:
    ///   - what: what was not done.
    ///   - place: where it is too long; if others wait there, the request is begun anew elsewhere.
    convenience init(tooMuchWork what: String, _ place: WorkPlace, _ limits: SessionLimits) {
        if case .shared(let turn) = place {
            self.init(takesLong: turn)
        } else {
            self.init(
                .tooMuchWork,
                "\(what) takes more than the \(limits.workSecondsPerRequest) seconds of a processor's "
                    + "time that one request may have.")
        }
    }

    /// A request that takes too long for a thread that others wait for.
    convenience init(takesLong turn: WorkTurn) {
        self.init(.tooMuchWork, "Others wait.", workTurn: turn)
    }
}
