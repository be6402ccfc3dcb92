/// An assignment: a machine, calls, and what must have come of them.
struct Scenario {
    var name = "Scenario"
    /// What it is about, for the report.
    var text: String?
    /// What the machine starts as; `nil` for the usual one.
    var start: SessionStart?
    /// What the free lists are stirred by before the first call; `nil` to leave them as they are.
    var seed: UInt64?
    /// Whether there are calls of the teacher's before the submission's.
    var hasSetup = false
    /// Where the submission's calls are in the scenario itself.
    var submission = Source.none
    var tests: [GradeTest] = []

    /// Where calls come from.
    enum Source {
        /// Nowhere: the scenario has none.
        case none
        /// The member `calls`.
        case calls
        /// A session, by its token or view token.
        case session(String)
    }
}
