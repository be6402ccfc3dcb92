import KernelMemory
import SessionJournal

/// What a session's lock guards: the machine, its journal and its checkpoints.
struct SessionState: ~Copyable, Sendable {
    let configuration: MachineConfiguration
    let image: SharedImage
    private let booted: BootImage
    private(set) var machine: Machine
    private(set) var journal: Journal
    private var checkpoints = Checkpoints()
    private let limits: SessionLimits
    /// Bytes that the calls since boot wrote.
    private var writtenBytes = 0
    /// Where the session stands in the journal store.
    private(set) var storedHead: JournalHead
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

    /// Runs one call and takes it down: the only way to change the machine.
    ///
    /// - Throws: a problem for a halted machine and for a full journal; then nothing has changed.
    @inline(__always)
    mutating func apply(_ call: KernelCall) throws(Problem) -> Outcome {
        if _slowPath(machine.isStopped) { try checkRunning(call) }
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
        journal.append(call, outcome, at: position)
        if _slowPath(checkpoints.isDue(position + 1)) { checkpoints.keep(machine) }
        return outcome
    }

    /// Refuses calls of a halted machine, and those of a CPU that spins but the one that leaves it.
    private func checkRunning(_ call: KernelCall) throws(Problem) {
        if machine.isHalted { throw haltedProblem }
        if !call.leavesCPU { throw spinningProblem }
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
        writtenBytes = total
    }

    private var bytesProblem: Problem {
        Problem(
            .tooManyBytes, "A session may write \(limits.writtenBytesPerSession) bytes in all.")
    }

    private var haltedProblem: Problem {
        Problem(
            .machineHalted,
            "The machine stopped at step \(step) and runs no more calls until POST /undo.",
            extras: [.text("oops", machine.oops ?? "")])
    }

    private var spinningProblem: Problem {
        let cpu = machine.currentCPU
        let lock = machine.contexts.cpus[cpu].spinsFor ?? ""
        return Problem(
            .cpuSpins,
            "CPU \(cpu) spins for the lock \(lock) and runs nothing else. Another CPU has to call "
                + "spin_unlock(\(lock)); go there with cpu or run_on_cpu, or POST /undo.")
    }

    private var fullProblem: Problem {
        Problem(
            .tooManyCalls,
            "A session may make \(limits.callsPerSession) calls. POST /sessions boots a new one.")
    }
}

// MARK: - Coming back

extension SessionState {
    /// Runs a call that was run before and stored.
    ///
    /// - Returns: whether it led to the same state as then.
    mutating func runAgain(_ call: KernelCall, to hash: UInt64) -> Bool {
        writtenBytes += call.writtenByteCount
        _ = take(call, at: step)
        return journal.hash(at: step) == hash
    }

    /// The hash of the state.
    var hash: UInt64 { journal.hash(at: step) }

    /// Where the session stands.
    var head: JournalHead { head(at: step) }

    /// The state at a step.
    private func head(at step: Int) -> JournalHead {
        JournalHead(step: UInt32(step), stateHash: journal.hash(at: step))
    }

    /// The state at the last step that the journal store has and that has not been overwritten since.
    var lastCommonHead: JournalHead { head(at: journal.storedCount) }

    /// The calls behind some step up to where the session stands.
    func calls(behind step: UInt32) -> [RecordedCall] {
        journal.records[Int(step)..<self.step].map {
            RecordedCall($0.call(payloads: journal.payloads), stateHash: $0.hash)
        }
    }

    /// Notes where the session stands in the journal store.
    ///
    /// - Parameter count: how many of its calls are there, undone ones included.
    mutating func noteStored(_ head: JournalHead, count: Int) {
        storedHead = head
        journal.noteStored(count)
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
            machine: wanted == self.step ? machine : machine(at: wanted),
            configuration: configuration, hash: journal.hash(at: wanted),
            records: UnsafeBufferPointer(rebasing: journal.records[..<wanted]),
            payloads: journal.payloads)
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
        return copy
    }

    /// Goes back by some steps, or on by some that were undone.
    ///
    /// The bytes that undone calls wrote count no more.
    mutating func move(to step: Int) {
        let current = self.step
        if step < current {
            writtenBytes -= journal.writtenByteCount(step..<current)
        } else {
            writtenBytes += journal.writtenByteCount(current..<step)
        }
        machine = machine(at: step)
    }

    /// Replays the journal from the nearest checkpoint.
    ///
    /// - Complexity: O(checkpoint interval).
    private func machine(at step: Int) -> Machine {
        var machine = checkpoints.latest(before: step) ?? Machine(booting: booted)
        for record in journal.records[Int(machine.step)..<step] {
            _ = machine.apply(record.call(payloads: journal.payloads))
        }
        return machine
    }
}
