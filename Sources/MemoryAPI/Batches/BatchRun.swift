import CSimdJSON
import KernelMemory

/// The calls of a batch, run one after the other on a copy of the session's machine.
///
/// A batch that is refused, or undone, has so never touched the session; one that is kept hands over the
/// machine and the calls: see ``BatchResult``. A call is read only when those before it have run, since it may
/// name what they returned.
struct BatchRun: ~Copyable {
    private let options: BatchOptions
    private let start: Machine
    /// The state that the session had.
    private let startHash: UInt64
    private var machine: Machine
    /// The session's, and those of the calls here.
    private var checkpoints: Checkpoints
    private var reader: CallReader
    private var room: SessionRoom
    /// Names of the caches that calls before this one make.
    private var created: Set<String> = []
    private var steps: [BatchStep] = []
    private(set) var summary = BatchSummary()
    private var isStopped = false
    /// Where the calls run.
    private let place: WorkPlace
    /// The work that they may be; whoever hands in calls has it go on and rest.
    var budget: WorkBudget
    /// What a long batch keeps until its last answer is sent.
    var slot: BatchSlot?

    /// Begins at the session's state.
    init(
        _ session: borrowing SessionState, _ options: BatchOptions, _ place: WorkPlace
    ) throws(Problem) {
        self.place = place
        self.options = options
        try session.checkRunning()
        start = session.machine
        startHash = session.hash
        machine = start
        checkpoints = session.checkpoints
        checkpoints.forget(after: session.step)
        reader = CallReader(session.machine.architecture)
        room = session.room
        budget = WorkBudget(place, room.limits)
    }

    /// Reads the next call and runs it.
    ///
    /// - Parameter place: where it is in the body; its number if none is given.
    mutating func add(_ value: csj_value, in place: JSONPlace? = nil) throws(Problem) {
        let place = place ?? .element(summary.calls)
        guard summary.calls < room.limits.callsPerBatch else {
            throw Problem(
                .invalidField, "A batch may have \(room.limits.callsPerBatch) calls at most.",
                faults: [.init(place: .body(place.pointer), detail: "is one too many")])
        }
        try run(try reader.read(value, in: place), at: place)
    }

    /// Runs a call.
    mutating func run(_ named: RequestedCall, at place: JSONPlace) throws(Problem) {
        try named.checkCPU(machine.cpuCount, at: place.pointer)
        if named.cacheName != nil {
            try named.checkCache(machine, created: created, at: place.pointer)
        }
        if case .kmemCacheCreate(let request) = named.call { created.insert(request.name) }
        summary.calls += 1
        guard !isStopped else { return setResult(of: named, .void) }
        let requested = named.resolved(machine)
        guard machine.runs(requested), !(try isOutOfBudget()) else {
            steps.append(BatchStep(call: requested.call, returned: .void, kind: .notRun))
            noteFailure()
            return setResult(of: requested, .void)
        }
        try changeCPU(for: requested)
        try room.take(requested.call, machine)
        let returned = apply(requested.call, .answered)
        summary.ran += 1
        setResult(of: requested, returned)
        if requested.call.hasFailed(returned) || machine.isHalted {
            summary.failed += 1
            noteFailure()
        }
    }

    /// Whether the work has to end. Calls are only looked at then.
    @inline(__always)
    private mutating func isOutOfBudget() throws(Problem) -> Bool {
        guard _slowPath(budget.isUsedUp()) else { return false }
        try place.leaveShared()
        try checkGoesOn()
        summary.isBudgetUsedUp = true
        reader.names.isChecking = true
        return true
    }

    /// Refuses what nobody waits for any more.
    private func checkGoesOn() throws(Problem) {
        guard WorkBudget.areAllOver else { return }
        throw Problem(tooMuchWork: "The batch", place, room.limits)
    }

    private mutating func changeCPU(for requested: RequestedCall) throws(Problem) {
        guard let cpu = requested.cpu, cpu != UInt32(machine.currentCPU) else { return }
        try room.take(.runOn(cpu: cpu), machine)
        _ = apply(.runOn(cpu: cpu), .silent)
    }

    @inline(__always)
    private mutating func apply(_ call: KernelCall, _ kind: BatchStep.Kind) -> Outcome.Returned {
        let returned = machine.apply(call).returned
        if _slowPath(checkpoints.isDue(Int(machine.step))) { checkpoints.keep(machine) }
        steps.append(BatchStep(call: call, returned: returned, kind: kind))
        return returned
    }

    @inline(__always)
    private mutating func setResult(of call: RequestedCall, _ returned: Outcome.Returned) {
        if let slot = call.result { reader.names.set(slot, returned.referenceValue) }
    }

    private mutating func noteFailure() {
        if summary.firstFailure == nil { summary.firstFailure = summary.calls - 1 }
        if options.stopsAtFailure {
            isStopped = true
            reader.names.isChecking = true
        }
    }

    /// Notes how many events of a trace became no calls.
    mutating func noteSkipped(_ count: Int) { summary.skipped = count }

    /// Ends the batch.
    ///
    /// - Throws: a problem if the session has changed since the batch began.
    consuming func finish(at session: borrowing SessionState) throws(Problem) -> BatchResult {
        guard session.hash == startHash else { throw Problem(movedTo: session.step) }
        try checkGoesOn()
        summary.isUndone = options.isAtomic && summary.firstFailure != nil
        let step = summary.isUndone ? session.step : Int(machine.step)
        return BatchResult(
            answers: BatchAnswers(start, steps, summary, step: step, slot), steps: steps,
            machine: machine, checkpoints: checkpoints, room: room)
    }
}

extension Problem {
    /// Somebody else changed the session while a batch was read.
    fileprivate convenience init(movedTo step: Int) {
        self.init(
            .sessionMoved,
            "Another request changed the session, which is at step \(step) now, while this batch was "
                + "read. None of its calls was made.")
    }
}
