/// What a grading came to.
public struct Grade: Sendable {
    /// The scenario's name.
    let name: String
    let text: String?
    let seed: UInt64?
    /// Calls of the submission, up to its first mistake.
    let calls: Int
    let step: Int
    /// What is wrong with the submission itself.
    let fault: SubmissionFault?
    /// What the report of the session would say in one sentence.
    let summary: String
    let tests: [TestGrade]

    /// Whether all tests passed.
    public var hasPassed: Bool { tests.allSatisfy(\.hasPassed) }

    /// Points in thousandths.
    var score: Int { tests.reduce(0) { $0 + $1.score } }
    /// The most points that there are, in thousandths.
    var maxScore: Int { tests.reduce(0) { $0 + $1.test.weight } }
}

/// What a test came to.
struct TestGrade: Sendable {
    /// An assertion and what was found.
    struct Check: Sendable {
        let hasPassed: Bool
        /// What is so, and what would have to be.
        let sentence: String
    }

    let test: GradeTest
    /// What the test belongs to, its scenario if it says nothing.
    let group: String
    /// One for each assertion, in their order.
    let checks: [Check]
    /// Why it was not looked at what the calls did.
    let fault: String?

    /// Whether all is as it must be.
    var hasPassed: Bool { fault == nil && checks.allSatisfy(\.hasPassed) }

    /// Points in thousandths.
    var score: Int {
        if hasPassed { return test.weight }
        guard test.isPartial, fault == nil, !checks.isEmpty else { return 0 }
        return test.weight * checks.count(where: \.hasPassed) / checks.count
    }

    /// Why it failed, or that it passed; all of it.
    var explanation: String { withHint(fault.map { [$0] } ?? sentences) }

    /// The same where a student reads it: of a hidden test only the hint.
    var explanationForStudents: String {
        guard test.isHidden else { return explanation }
        let what = hasPassed ? "This hidden test passed." : "This hidden test failed."
        return withHint([fault ?? what])
    }

    private var sentences: [String] {
        let failed = checks.filter { !$0.hasPassed }
        if failed.isEmpty { return ["Passed: \(checks.map(\.sentence).joined(separator: "; "))."] }
        return failed.map { "Failed: \($0.sentence)" + ($0.sentence.hasSuffix(".") ? "" : ".") }
    }

    private func withHint(_ lines: [String]) -> String {
        let hint = hasPassed ? nil : test.hint.map { "Hint: \($0)" }
        return (lines + [hint].compactMap(\.self)).joined(separator: "\n")
    }
}
