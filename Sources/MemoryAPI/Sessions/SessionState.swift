import KernelMemory
import SessionJournal

/// What a session's lock guards: the machine, its journal and its checkpoints.
struct SessionState: ~Copyable, Sendable {
    let configuration: MachineConfiguration
    let image: SharedImage
    private let booted: BootImage
    private(set) var machine: Machine
    private(set) var journal: Journal
    private(set) var checkpoints = Checkpoints()
    /// What was answered to requests that may come again.
    private(set) var answers = KeptAnswers()
    /// When the last change has come to stay that the journal store was given; `nil` if there was none.
    private(set) var lastTicket: JournalTicket?
    let limits: SessionLimits
    /// Where whoever has the session's lock works.
    var place = WorkPlace.own
    /// Bytes that the calls since boot wrote.
    private var writtenBytes = 0
    /// What the machine may come to hold.
    private var holdings = HoldingsRoom()
    /// Where the session stands in the journal store.
    private(set) var storedHead: JournalHead
    private var lowestStep = Int.max
    /// Where the session stands while it has no machine.
    private var restingStep = 0
    /// Whether it took long to run its calls again.
    private var isSlowToWake = false
    /// Stores whose bytes are kept, those of undone ones included.
    var payloadCount: Int { journal.payloads.count }

    /// Boots a machine.
    init(_ image: SharedImage, booted: BootImage, limits: SessionLimits) {
        self.image = image
        self.booted = booted
        self.limits = limits
        configuration = image.configuration
        machine = Machine(booting: booted)
        journal = Journal(image.configuration)
        storedHead = JournalHead(step: 0, stateHash: journal.initialHash)
    }

    /// Calls applied since boot.
    var step: Int {
        @inline(__always) get { Int(machine.step) }
    }

    /// Calls taken down, those that were undone and can be redone included.
    var lastStep: Int { journal.count }

    /// Runs one call and takes it down.
    ///
    /// - Throws: a problem for a halted machine and for a full journal; then nothing has changed.
    @inline(__always)
    mutating func apply(_ call: KernelCall) throws(Problem) -> Outcome {
        if _slowPath(machine.isStopped) { try checkRunning(call, on: machine) }
        let position = step
        if _slowPath(position >= limits.callsPerSession) { throw fullProblem }
        try count(call)
        return take(call, at: position)
    }

    /// Runs a call that may run, and takes it down.
    @inline(__always)
    private mutating func take(_ call: KernelCall, at position: Int) -> Outcome {
        if _slowPath(position < journal.count) { checkpoints.forget(after: position) }
        let outcome = machine.apply(call)
        journal.append(call, outcome.returned, at: position)
        if _slowPath(checkpoints.isDue(position + 1)) { checkpoints.keep(machine) }
        return outcome
    }

    /// Takes down calls that ran on a copy of the machine, and goes on with that copy. If none did, nothing changes:
    /// the calls that were undone can still be redone then, and their checkpoints stay.
    ///
    /// - Parameters:
    ///   - checkpoints: the session's up to now, and those of these calls.
    ///   - room: what is left of the session's.
    mutating func take(
        _ steps: [BatchStep], _ machine: Machine, _ checkpoints: Checkpoints, _ room: SessionRoom
    ) {
        guard machine.step > self.machine.step else { return }
        var position = step
        for step in steps where step.kind != .notRun {
            journal.append(step.call, step.returned, at: position)
            position += 1
        }
        self.machine = machine
        self.checkpoints = checkpoints
        writtenBytes = limits.writtenBytesPerSession - room.bytes
        holdings = room.holdings
    }

    /// Refuses calls of a halted machine, and those of a CPU that spins but the one that leaves it.
    ///
    /// - Parameter machine: the session's, or a copy of it that calls are tried on.
    func checkRunning(_ call: KernelCall, on machine: borrowing Machine) throws(Problem) {
        if machine.isHalted { throw haltedProblem }
        if machine.isSpinning, !call.leavesCPU { throw Self.spinningProblem(machine) }
    }

    /// Refuses calls that would not run to their end: all of them or nothing.
    func checkRoom(for calls: [RequestedCall]) throws(Problem) {
        if machine.isHalted { throw haltedProblem }
        // Each call may be preceded by a change of CPU.
        let steps = calls.reduce(0) { $0 + ($1.cpu == nil ? 1 : 2) }
        guard step + steps <= limits.callsPerSession else { throw fullProblem }
        let bytes = calls.reduce(0) { $0 + $1.call.writtenByteCount }
        guard writtenBytes + bytes <= limits.writtenBytesPerSession else { throw bytesProblem }
        if calls.contains(where: \.call.mayStore) { try checkStoredBytes() }
    }

    private func checkStoredBytes() throws(Problem) {
        if _slowPath(machine.storedByteCount > limits.writtenBytesPerSession) { throw bytesProblem }
    }

    /// Adds up the bytes that a session writes, since each page written to costs real memory.
    @inline(__always)
    private mutating func count(_ call: KernelCall) throws(Problem) {
        let total = writtenBytes + call.writtenByteCount
        guard total <= limits.writtenBytesPerSession else { throw bytesProblem }
        if call.mayStore { try checkStoredBytes() }
        try holdings.take(call, machine, limits)
        writtenBytes = total
    }

    private var bytesProblem: Problem { Problem(tooManyBytes: limits) }

    private var haltedProblem: Problem {
        Problem(
            .machineHalted,
            "The machine stopped at step \(step) and runs no more calls until POST /undo.",
            extras: [.text("oops", machine.oops ?? "")])
    }

    private static func spinningProblem(_ machine: borrowing Machine) -> Problem {
        let cpu = machine.currentCPU
        let lock = machine.contexts.cpus[cpu].spinsFor ?? ""
        return Problem(
            .cpuSpins,
            "CPU \(cpu) spins for the lock \(lock) and runs nothing else. Another CPU has to call "
                + "spin_unlock(\(lock)); go there with cpu or run_on_cpu, or POST /undo.")
    }

    private var fullProblem: Problem { Problem(tooManyCalls: limits) }
}

extension SessionState {
    /// What may still be done.
    var room: SessionRoom {
        SessionRoom(
            calls: limits.callsPerSession - step,
            bytes: limits.writtenBytesPerSession - writtenBytes, holdings, limits)
    }

    /// Refuses calls of a halted machine.
    func checkRunning() throws(Problem) {
        if machine.isHalted { throw haltedProblem }
    }
}

// MARK: - Coming back

extension SessionState {
    /// Runs a call that was run before and stored.
    ///
    /// - Returns: whether it led to the same state as then.
    mutating func runAgain(_ recorded: RecordedCall) -> Bool {
        writtenBytes += recorded.call.writtenByteCount
        _ = take(recorded.call, at: step)
        if let answer = recorded.answer { answers.remember(answer) }
        return journal.hash(at: step) == recorded.stateHash
    }

    /// Keeps the answer to the request that runs.
    mutating func keep(_ answer: StoredAnswer) { answers.keep(answer) }

    /// Keeps an answer that the journal store has.
    mutating func remember(_ answer: NumberedAnswer) { answers.remember(answer) }

    /// The hash of the state.
    var hash: UInt64 { journal.hash(at: step) }

    /// Where the session stands.
    var head: JournalHead { head(at: step) }

    /// The state at a step, undone ones included.
    func head(at step: Int) -> JournalHead {
        JournalHead(step: UInt32(step), stateHash: journal.hash(at: step))
    }

    /// Whether a state is one of the session's, undone ones included.
    func has(_ head: JournalHead) -> Bool {
        Int(head.step) <= lastStep && journal.hash(at: Int(head.step)) == head.stateHash
    }

    /// The state at the last step that the journal store has and that has not been overwritten since.
    var lastCommonHead: JournalHead { head(at: journal.storedCount) }

    /// Hands out the calls behind some step up to where the session stands; there must be one.
    ///
    /// - Complexity: O(calls); a single one takes no memory of its own.
    func withCalls<Result>(
        behind step: UInt32, _ body: (Span<RecordedCall>) throws(JournalError) -> Result
    ) throws(JournalError) -> Result {
        let last = recordedCall(at: self.step)
        if _fastPath(Int(step) + 1 == self.step) { return try body(CollectionOfOne(last).span) }
        let calls = (Int(step) + 1..<self.step).map { recordedCall(at: $0) } + [last]
        return try body(calls.span)
    }

    private func recordedCall(at step: Int) -> RecordedCall {
        let record = journal.records[step - 1]
        return RecordedCall(record.call(payloads: journal.payloads), stateHash: record.hash)
    }

    /// Notes where the session stands in the journal store.
    ///
    /// - Parameters:
    ///   - count: how many of its calls are there, undone ones included.
    ///   - ticket: when that has come to stay; `nil` if it has.
    mutating func noteStored(_ head: JournalHead, count: Int, _ ticket: JournalTicket? = nil) {
        storedHead = head
        journal.noteStored(count)
        answers.noteStored()
        if lastTicket !== ticket { lastTicket = ticket }
    }
}

// MARK: - Resting

extension SessionState {
    /// Calls of the longest session that rests: to run them again takes a fraction of a millisecond.
    private static let longestRest = 256
    /// Seconds of a processor's time that this may take: any, since there is no other way back.
    private static let longestWake = WorkBudget.unlimited
    /// Bytes that its calls may have written.
    private static let mostWrittenAtRest = 1 << 20

    /// Whether the session's machine costs more than it would to run its calls again.
    var mayRest: Bool {
        lastStep <= Self.longestRest && writtenBytes <= Self.mostWrittenAtRest && !isSlowToWake
    }

    /// Gives up the machine. Nothing may be asked of the session until it has it again.
    mutating func rest() {
        restingStep = step
        machine = Machine(sharing: booted)
    }

    /// Runs the session's calls again, after it gave up the machine.
    ///
    /// - Throws: a problem if that takes very long; it has no machine then.
    /// - Complexity: O(calls).
    mutating func wake() throws(Problem) {
        let begin = ContinuousClock.now
        machine = try machine(at: restingStep, within: Self.longestWake)
        isSlowToWake = begin.duration(to: .now) > .milliseconds(2)
    }
}

// MARK: - Time travel

extension SessionState {
    /// What the session looks like at a step; now if none is given.
    func view(at step: Int? = nil) throws(Problem) -> SessionView {
        let wanted = step ?? self.step
        guard wanted <= journal.count else {
            throw Problem(
                .unknownStep, "The session has \(journal.count) steps; there is no step \(wanted).",
                extras: [.number("last_step", UInt64(journal.count))])
        }
        return SessionView(
            machine: wanted == self.step ? machine : try machine(at: wanted),
            configuration: configuration, hash: journal.hash(at: wanted),
            records: UnsafeBufferPointer(rebasing: journal.records[..<wanted]),
            payloads: journal.payloads)
    }

    /// The calls behind a step up to another one, undone ones included.
    func calls(_ steps: Range<Int>) -> [KernelCall] {
        journal.records[steps].map { $0.call(payloads: journal.payloads) }
    }

    /// A session of its own with the calls that led to a step; now if none is given.
    ///
    /// - Complexity: O(step).
    func copy(at step: Int? = nil) throws(Problem) -> SessionState {
        let view = try view(at: step)
        var copy = SessionState(image, booted: booted, limits: limits)
        copy.machine = view.machine
        copy.journal.take(view.records, journal.payloads)
        copy.checkpoints = checkpoints
        copy.checkpoints.forget(after: view.step)
        copy.writtenBytes = copy.journal.writtenByteCount(0..<view.step)
        copy.holdings.forget()
        return copy
    }

    /// Goes back by some steps, or on by some that were undone.
    ///
    /// The bytes that undone calls wrote count no more.
    ///
    /// - Parameter budget: the work that this may be; as a request's if none is given.
    /// - Throws: a problem if running the calls again takes longer; nothing has changed then.
    mutating func move(to step: Int, within budget: WorkBudget? = nil) throws(Problem) {
        let current = self.step
        let moved = try machine(at: step, within: budget)
        if step < current {
            writtenBytes -= journal.writtenByteCount(step..<current)
        } else {
            writtenBytes += journal.writtenByteCount(current..<step)
        }
        machine = moved
        holdings.forget()
        lowestStep = min(lowestStep, step)
    }

    /// How far back the session went since this was asked before.
    mutating func takeLowestStep() -> Int {
        defer { lowestStep = .max }
        return min(lowestStep, step)
    }

    /// Replays the journal from the nearest checkpoint.
    ///
    /// - Complexity: O(checkpoint interval).
    private func machine(at step: Int, within budget: WorkBudget? = nil) throws(Problem) -> Machine
    {
        var budget = budget ?? WorkBudget(place, limits)
        budget.resume()
        var machine = checkpoints.latest(before: step) ?? Machine(booting: booted)
        for record in journal.records[Int(machine.step)..<step] {
            guard !budget.isUsedUp() else {
                throw Problem(tooMuchWork: "Going back to step \(step)", place, limits)
            }
            _ = machine.apply(record.call(payloads: journal.payloads))
        }
        return machine
    }
}
