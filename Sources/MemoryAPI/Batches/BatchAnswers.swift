import KernelMemory

/// The answers to a batch, written one by one: the calls are made once more, on a copy of the machine
/// as it was before, since an answer shows the machine behind its call.
struct BatchAnswers {
    private var machine: Machine
    private let steps: [BatchStep]
    private var next = 0
    private var logLinesLeft = Self.logLimit.linesInAll
    let summary: BatchSummary
    /// The session's step behind the batch.
    let step: Int

    /// Lines of the log in one answer, and in all of them: a report of a failed allocation alone has
    /// about 40.
    private static let logLimit = (lines: 20, linesInAll: 2_000)

    /// Pages of a new area in one answer.
    private static let areaPageLimit = 4

    private let slot: BatchSlot?

    /// - Parameters:
    ///   - start: the machine as it was before.
    ///   - steps: the calls.
    ///   - summary: what they came to.
    ///   - step: the session's step behind them.
    ///   - slot: what is kept as long as these answers are.
    init(
        _ start: Machine, _ steps: [BatchStep], _ summary: BatchSummary, step: Int,
        _ slot: BatchSlot?
    ) {
        self.slot = slot
        machine = start
        self.steps = steps
        self.summary = summary
        self.step = step
    }

    /// How many there are at most.
    var count: Int { steps.count }

    /// Makes the next call, and writes its answer if it has one.
    ///
    /// - Returns: whether there was a call, and whether there was an answer.
    private mutating func write(to json: inout JSONWriter) -> (isCall: Bool, isAnswer: Bool) {
        guard next < steps.count else { return (false, false) }
        let step = steps[next]
        next += 1
        switch step.kind {
        case .silent: _ = machine.apply(step.call)
        case .notRun: json.answerWithoutRun(step.call, machine)
        case .answered: answer(step.call, to: &json)
        }
        return (true, step.kind != .silent)
    }

    @inline(__always)
    private mutating func answer(_ call: KernelCall, to json: inout JSONWriter) {
        let returned = machine.apply(call).returned
        let limit = min(Self.logLimit.lines, logLinesLeft)
        json.answer(
            to: call, returned, machine, logLimit: limit, pageLimit: Self.areaPageLimit)
        if machine.lastCallWasNoted {
            logLinesLeft -= min(limit, machine.log(of: machine.step).count)
        }
    }
}

extension BatchAnswers {
    /// How the answers are put together.
    enum Form {
        /// An array.
        case array
        /// An array beside the summary.
        case report
        /// A line for each answer, and one for the summary.
        case lines
    }

    /// Writes all answers.
    ///
    /// - Returns: whether it did; `false` if nobody waits for them any more.
    mutating func write(_ form: Form, to json: inout JSONWriter) -> Bool {
        begin(form, &json)
        while write(form, next: &json) {
            if WorkBudget.areAllOver { return false }
        }
        end(form, &json)
        return true
    }

    /// Writes what comes before the first answer.
    func begin(_ form: Form, _ json: inout JSONWriter) {
        switch form {
        case .array: json.openList()
        case .report:
            json.raw("{\"answers\":")
            json.openList()
        case .lines: break
        }
    }

    /// Makes the next call, and writes its answer if it has one.
    ///
    /// - Returns: whether there was a call.
    mutating func write(_ form: Form, next json: inout JSONWriter) -> Bool {
        let (isCall, isAnswer) = write(to: &json)
        if isAnswer, form == .lines { json.endLine() }
        return isCall
    }

    /// Writes what comes behind the last answer.
    func end(_ form: Form, _ json: inout JSONWriter) {
        switch form {
        case .array: json.raw("]")
        case .report:
            json.raw("],\"summary\":")
            json.startOver()
            json.summary(summary, step: step)
            json.raw("}")
        case .lines:
            json.object { json in
                json.key("summary")
                json.summary(summary, step: step)
            }
            json.endLine()
        }
    }
}
