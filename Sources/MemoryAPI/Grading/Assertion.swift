/// One thing that must be so for a test to pass.
struct Assertion: Sendable {
    /// What it is about.
    enum Subject: Sendable {
        /// What a call returned.
        case returned(Moment)
        /// A place in what a GET answers, by a JSON Pointer.
        case snapshot(target: String, pointer: [String])
        /// How often a function was called.
        case callsOf(String)
        /// Everything that the calls allocated and mapped was given back.
        case noLeaks
        /// No rule of the kernel was broken.
        case noMisuse
        /// The calls took so many pages at the most.
        case peakPagesAtMost(UInt64)
        /// A smaller share of free memory than this is of no use to a request of an order.
        case fragmentationBelow(Double, zone: String?, order: Int?)
        /// Nothing slept, or might have slept, where it must not.
        case neverSleptInAtomicContext
        /// The machine runs.
        case noHalt
        /// There are so many calls at the most.
        case callsAtMost(UInt64)
    }

    var subject: Subject
    var matchers: [Matcher] = []
    var moment = Moment.end
    /// What the teacher says if it is not so.
    var message: String?
    /// Where it is in the scenario, as a JSON Pointer.
    let pointer: String
}

/// Some assertions, and what they are worth together.
struct GradeTest: Sendable {
    var name: String
    /// What it belongs to, for tools that have scores by problem.
    var group: String?
    /// Points in thousandths.
    var weight = 1_000
    /// Whether students do not see what is tested.
    var isHidden = false
    /// Whether some of its assertions give some of its points.
    var isPartial = false
    /// What a student reads if it fails.
    var hint: String?
    var assertions: [Assertion] = []
}
