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

    init(_ start: Machine, _ steps: [BatchStep], _ summary: BatchSummary, step: Int) {
        machine = start
        self.steps = steps
        self.summary = summary
        self.step = step
    }

    /// Writes the next answer.
    ///
    /// - Returns: whether there was one.
    mutating func write(to json: inout JSONWriter) -> Bool {
        while next < steps.count {
            let step = steps[next]
            next += 1
            switch step.kind {
            case .silent: _ = machine.apply(step.call)
            case .notRun:
                json.answerWithoutRun(step.call, machine)
                return true
            case .answered:
                answer(step.call, to: &json)
                return true
            }
        }
        return false
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
    mutating func write(_ form: Form, to json: inout JSONWriter) {
        switch form {
        case .array: json.array { json in writeAll(to: &json) }
        case .report:
            json.object { json in
                json.array("answers") { json in writeAll(to: &json) }
                json.key("summary")
                json.summary(summary, step: step)
            }
        case .lines:
            while write(to: &json) { json.endLine() }
            json.object { json in
                json.key("summary")
                json.summary(summary, step: step)
            }
            json.endLine()
        }
    }

    private mutating func writeAll(to json: inout JSONWriter) {
        while write(to: &json) {}
    }
}
