import CSimdJSON
import KernelMemory

/// The calls of a submission on a machine that nobody else has.
///
/// The first mistake in the submission's calls ends it: it becomes the ``fault``, which fails all tests.
struct GradedRun: ~Copyable {
    /// A call that was read.
    struct Call {
        /// The last step behind it.
        let step: Int
        let returned: Outcome.Returned
        /// Whether it found the machine stopped.
        let hasRun: Bool
    }

    private(set) var state: SessionState
    /// The submission's calls, in their order.
    private(set) var calls: [Call] = []
    /// What is wrong with the submission itself.
    private(set) var fault: SubmissionFault?
    /// The step behind what was there before the submission's first call.
    private(set) var firstStep = 0
    private var reader: CallReader
    /// By the slot of a name the number of the call that has it; 0 is one of the setup, whose result is in
    /// `setupResults`.
    private var numbers: [ResultNames.Slot: Int] = [:]
    private var setupResults: [ResultNames.Slot: Outcome.Returned] = [:]
    private var callCount = 0
    /// The work that the calls may be.
    private var budget: WorkBudget
    /// The line of the text that is being read; `nil` if no text is.
    private var line: Int?
    /// Pages that were taken when the stirring had taken most of them.
    private var stirredPeak = 0
    /// The most pages that were taken behind a call since.
    private var seenPeak = 0

    /// Begins with a machine that has just booted.
    init(_ state: consuming SessionState) {
        budget = WorkBudget(.own, state.limits)
        budget.resume()
        reader = CallReader(state.machine.architecture)
        self.state = state
    }

    /// Takes a session's state, whose calls are the submission.
    init(session state: consuming SessionState) throws(Problem) {
        budget = WorkBudget(.own, state.limits)
        budget.resume()
        reader = CallReader(state.machine.architecture)
        let view = try state.view()
        calls = view.records.enumerated().map {
            Call(step: $0.offset + 1, returned: $0.element.returned, hasRun: true)
        }
        self.state = state
    }

    /// The most pages that the calls had taken at a time, without those of the stirring.
    var peakPages: Int {
        let peak = state.machine.peakUse.total
        return peak > stirredPeak ? peak : seenPeak
    }

    /// Ends with a fault.
    mutating func fail(_ fault: SubmissionFault) { self.fault = fault }
}

// MARK: - Before the submission

extension GradedRun {
    /// Leaves the lists of free pages in an order that depends on a seed, and nothing else: blocks are
    /// taken and given back, so that addresses which a submission has by heart are wrong.
    mutating func stir(seed: UInt64) throws(Problem) {
        var random = SplitMix(seed)
        var blocks: [(page: PagePointer, order: UInt32)] = []
        for _ in 0..<16 {
            let order = UInt32(random.next() % 3)
            let outcome = try state.apply(.allocPages([.kernel, .noWarn], order: order))
            if case .page(let page) = outcome.returned { blocks.append((page, order)) }
        }
        while !blocks.isEmpty {
            let block = blocks.remove(at: Int(random.next() % UInt64(blocks.count)))
            _ = try state.apply(.freePagesOf(block.page, order: block.order))
        }
        firstStep = state.step
        stirredPeak = state.machine.peakUse.total
    }

    /// Runs the scenario's own calls.
    ///
    /// - Throws: a problem for a mistake in them, which is the scenario's.
    mutating func setUp(_ calls: csj_value) throws(Problem) {
        do throws(Problem) {
            try forEachCall(calls, at: "/setup") { (run, call, place) throws(Problem) in
                let (returned, _) = try run.apply(call, in: place)
                if let slot = call.result { run.setupResults[slot] = returned }
            }
        } catch { throw line.map { error.onLine($0) } ?? error }
        firstStep = state.step
    }
}

// MARK: - The submission

extension GradedRun {
    /// Runs the submission's calls, as an array or as a text.
    mutating func submit(_ calls: csj_value, at pointer: String) {
        do throws(Problem) {
            try forEachCall(calls, at: pointer) { (run, call, place) throws(Problem) in
                try run.take(call, in: place)
            }
        } catch { noteFault(error) }
    }

    /// Runs the submission's calls, each on a line of its own.
    mutating func submit(lines text: UnsafeRawBufferPointer) {
        do throws(Problem) {
            try forEachLine(text, in: .body) { (run, call, place) throws(Problem) in
                try run.take(call, in: place)
            }
        } catch { noteFault(error) }
    }

    private mutating func take(_ call: RequestedCall, in place: JSONPlace) throws(Problem) {
        let (returned, hasRun) = try apply(call, in: place)
        calls.append(Call(step: state.step, returned: returned, hasRun: hasRun))
        if let slot = call.result { numbers[slot] = calls.count }
    }

    private mutating func noteFault(_ problem: Problem) {
        fault = SubmissionFault(call: calls.count + 1, line: line, problem)
    }

    /// Runs one call, unless the machine has stopped.
    private mutating func apply(
        _ named: RequestedCall, in place: JSONPlace
    ) throws(Problem) -> (Outcome.Returned, hasRun: Bool) {
        callCount += 1
        guard callCount <= GradeLimits.calls else {
            throw Problem(
                grading: place.pointer, nil,
                "left out: a grading makes \(GradeLimits.calls) calls at most")
        }
        guard !budget.isUsedUp() else {
            throw Problem(tooMuchWork: "The submission", .own, state.limits)
        }
        try named.checkCPU(state.machine.cpuCount, at: place.pointer)
        try named.checkCache(state.machine, at: place.pointer)
        let requested = named.resolved(state.machine)
        var returned = Outcome.Returned.void
        let hasRun = state.machine.runs(requested)
        if hasRun { returned = try state.run(requested).returned }
        if let slot = named.result { reader.names.set(slot, returned.referenceValue) }
        seenPeak = max(seenPeak, state.machine.pageUse.total)
        return (returned, hasRun)
    }
}

// MARK: - Reading

extension GradedRun {
    /// What is done with a call that stands somewhere.
    private typealias Visit =
        (inout GradedRun, RequestedCall, JSONPlace) throws(Problem) -> Void

    /// Reads calls one after the other, each when those before it have run.
    private mutating func forEachCall(
        _ calls: csj_value, at pointer: String, _ visit: Visit
    ) throws(Problem) {
        if calls.kind == CSJ_STRING {
            return try forEachLine(calls.bytes, in: .pointer(pointer), visit)
        }
        guard calls.kind == CSJ_ARRAY else {
            throw calls.problem(
                at: pointer, wanted: "an array of calls, or a text with a call on each line")
        }
        var cursor = withUnsafePointer(to: calls) { csj_elements($0) }
        var element = csj_value()
        var index = 0
        while csj_next_element(&cursor, &element) {
            let place = JSONPlace.pointer("\(pointer)/\(index)")
            index += 1
            if element.kind == CSJ_STRING {
                let call = try reader.read(line: element.bytes, in: place)
                if let call { try visit(&self, call, place) }
            } else {
                try visit(&self, try reader.read(element, in: place), place)
            }
        }
    }

    private mutating func forEachLine(
        _ text: UnsafeRawBufferPointer, in place: JSONPlace, _ visit: Visit
    ) throws(Problem) {
        var rest = text[...]
        line = 0
        while !rest.isEmpty {
            let bytes = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(bytes.count + 1)
            line = (line ?? 0) + 1
            let call = try reader.read(line: UnsafeRawBufferPointer(rebasing: bytes), in: place)
            if let call { try visit(&self, call, place) }
        }
        line = nil
    }
}

// MARK: - Asking

extension GradedRun {
    /// The result that has a name; `nil` if no call has given it.
    mutating func result(named name: String) -> (call: Int, returned: Outcome.Returned)? {
        guard let slot = slot(name) else { return nil }
        if let number = numbers[slot] { return (number, calls[number - 1].returned) }
        return setupResults[slot].map { (0, $0) }
    }

    /// The value of a reference; `nil` if no call has given that name.
    func value(of reference: ResultReference) -> UInt64? { reader.names.value(reference) }

    private mutating func slot(_ name: String) -> ResultNames.Slot? {
        var name = name
        let known = name.withUTF8 { ResultName(UnsafeRawBufferPointer($0)) }
        return known.flatMap { reader.names.slot($0) }
    }

    /// The step behind a moment; `nil` if there is no such moment.
    mutating func step(at moment: Moment) -> Int? {
        switch moment {
        case .end: return state.step
        case .call(0): return firstStep
        case .call(let number): return number <= calls.count ? calls[number - 1].step : nil
        case .name(let name):
            return result(named: name).map { $0.call == 0 ? firstStep : calls[$0.call - 1].step }
        }
    }
}

/// A mistake of the submission: nothing that runs.
struct SubmissionFault: Sendable {
    /// Which call it is, from 1 on; `nil` if it is none.
    var call: Int?
    /// Which line of a text it is on.
    var line: Int?
    /// What is wrong.
    let detail: String

    /// A mistake that is no call's.
    init(_ detail: String) { self.detail = detail }

    /// What a call was refused for.
    init(call: Int, line: Int?, _ problem: Problem) {
        self.call = line == nil ? call : nil
        self.line = line
        detail = problem.detail
    }

    /// The whole sentence: `Line 3: ...`.
    var sentence: String {
        if let line { return "Line \(line): \(detail)" }
        return call.map { "Call \($0): \(detail)" } ?? detail
    }
}

extension Problem {
    /// The same about a line of a text.
    fileprivate func onLine(_ line: Int) -> Problem {
        Problem(
            kind, "Line \(line): \(detail)", suggestions: suggestions, faults: faults,
            extras: extras + [.number("line", UInt64(line))])
    }
}

/// Random numbers that are the same for the same seed on every host.
///
/// The corresponding algorithm is SplitMix64.
struct SplitMix {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    /// The next number.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
