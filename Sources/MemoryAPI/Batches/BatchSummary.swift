/// What a batch came to in all.
struct BatchSummary {
    /// Calls that were read.
    var calls = 0
    /// Calls that ran.
    var ran = 0
    /// Calls that ran and failed.
    var failed = 0
    /// Which call was the first that failed or could not run, counted from 0.
    var firstFailure: Int?
    /// Whether the session is as it was before.
    var isUndone = false
    /// Whether the work took longer than one request's may; what was left did not run.
    var isBudgetUsedUp = false
    /// Events of an imported trace that are no calls, or whose memory the trace does not have.
    var skipped = 0
}

extension JSONWriter {
    /// Writes a summary.
    mutating func summary(_ summary: BatchSummary, step: Int) {
        object { json in
            json.member("calls", summary.calls)
            json.member("ran", summary.ran)
            json.member("failed", summary.failed)
            json.member("first_failure", orNull: summary.firstFailure)
            json.member("skipped", summary.skipped)
            json.member("undone", summary.isUndone)
            json.member("step", step)
            if summary.isBudgetUsedUp { json.member("budget_used_up", true) }
        }
    }
}
