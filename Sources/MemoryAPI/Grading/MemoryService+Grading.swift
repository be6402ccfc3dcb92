import CSimdJSON
import KernelMemory
import MicroHTTPD

/// Where the calls of a submission are, if not in the scenario.
enum SubmittedCalls {
    /// In the scenario itself.
    case none
    /// A JSON document with readable bytes behind it: an array of calls, or an object with the member `calls`.
    case json(PaddedBytesBox)
    /// A text with a call on each line.
    case lines([UInt8])
}

extension MemoryService {
    /// Grades a submission; no session is left behind.
    ///
    /// - Parameters:
    ///   - scenario: a JSON document with readable bytes behind it.
    ///   - submitted: the calls, if they are not in it.
    /// - Throws: a problem for a mistake in the scenario.
    func grade(
        _ body: UnsafeRawBufferPointer, _ submitted: SubmittedCalls = .none, owner: ClientAddress
    ) throws(Problem) -> Grade {
        let scenario = try Scenario(body, library)
        let run = try run(scenario, body, submitted, owner: owner)
        var examiner = Examiner(run, snapshots) { self.endpoints }
        var tests: [TestGrade] = []
        for test in scenario.tests {
            tests.append(try examiner.grade(test, of: scenario))
        }
        let view = try examiner.run.state.view()
        return Grade(
            name: scenario.name, text: scenario.text, seed: scenario.seed,
            calls: examiner.run.calls.count, step: view.step, fault: examiner.run.fault,
            summary: examiner.live(view).summary(view.machine), tests: tests)
    }

    /// Makes the calls.
    private func run(
        _ scenario: Scenario, _ body: UnsafeRawBufferPointer, _ submitted: SubmittedCalls,
        owner: ClientAddress
    ) throws(Problem) -> GradedRun {
        if case .session(let token) = scenario.submission, case .none = submitted {
            return try run(ofSession: token, scenario, owner: owner)
        }
        var run = GradedRun(try store.boot(try start(of: scenario), owner: owner))
        if let seed = scenario.seed { try run.stir(seed: seed) }
        if scenario.hasSetup, let setup = try Self.member("setup", body) { try run.setUp(setup) }
        switch (submitted, scenario.submission) {
        case (.lines(let lines), _): lines.withUnsafeBytes { run.submit(lines: $0) }
        case (.json(let document), _): Self.submit(document, to: &run)
        case (.none, .calls):
            if let calls = try Self.member("calls", body) { run.submit(calls, at: "/calls") }
        case (.none, _):
            throw Problem(
                grading: "/calls", nil, "there: what is to be graded, or session, the token of one")
        }
        return run
    }

    /// The machine that a scenario asks for.
    private func start(of scenario: Scenario) throws(Problem) -> SessionStart {
        if let start = scenario.start { return start }
        return try SessionStart.usual(library)
    }

    /// A member of a document, which becomes the thread's.
    private static func member(
        _ name: StaticString, _ body: UnsafeRawBufferPointer
    ) throws(Problem) -> csj_value? {
        var root = try JSONBody.parse(body)
        var cursor = csj_members(&root)
        var key = csj_text()
        var value = csj_value()
        while csj_next_member(&cursor, &key, &value) {
            let bytes = UnsafeRawBufferPointer(start: key.start, count: key.count)
            if bytes.equals(name) { return value }
        }
        return nil
    }

    private static func submit(_ document: PaddedBytesBox, to run: inout GradedRun) {
        do throws(Problem) {
            let root = try document.parse()
            guard root.kind == CSJ_OBJECT else { return run.submit(root, at: "") }
            var reader = try JSONObjectReader(root, in: .body, submissionFields)
            while try reader.next() != nil { run.submit(reader.value, at: "/calls") }
        } catch { run.fail(SubmissionFault(error.detail)) }
    }

    private static let submissionFields = FieldNames(["calls"])

    /// A copy of a session as it is now.
    private func run(
        ofSession token: String, _ scenario: Scenario, owner: ClientAddress
    ) throws(Problem) -> GradedRun {
        var token = token
        let known = token.withUTF8 { Token(UnsafeRawBufferPointer($0)) }
        guard let known, let session = try store.session(known) else {
            return try failed(
                scenario,
                "The token is of no living session. Sessions end when nobody asks for them.",
                owner: owner)
        }
        let state: SessionState? = try store.look(at: session) { (state) throws(Problem) in
            if state.step > GradeLimits.calls { return nil }
            return try state.copy()
        }
        guard let state else {
            return try failed(
                scenario,
                "The session has made more than \(GradeLimits.calls) calls, the most that are graded.",
                owner: owner)
        }
        if let start = scenario.start, try store.configuration(of: start) != state.configuration {
            var run = try GradedRun(session: state)
            run.fail(SubmissionFault("The session's machine is not the one of the assignment."))
            return run
        }
        return try GradedRun(session: state)
    }

    private func failed(
        _ scenario: Scenario, _ reason: String, owner: ClientAddress
    ) throws(Problem) -> GradedRun {
        var run = GradedRun(try store.boot(try start(of: scenario), owner: owner))
        run.fail(SubmissionFault(reason))
        return run
    }
}

extension SessionStore {
    /// What a machine is that starts so.
    fileprivate func configuration(of start: SessionStart) throws(Problem) -> MachineConfiguration {
        switch start {
        case .configuration(let configuration): configuration
        case .shipped(let recording): recording.image.configuration
        case .uploaded(let dump): MachineConfiguration(dump.dump.recording)
        }
    }
}

extension Examiner {
    /// Grades one test. What a mistake of the submission's fails is looked at nevertheless, so that the
    /// scenario's own mistakes are found whatever was submitted.
    fileprivate mutating func grade(
        _ test: GradeTest, of scenario: Scenario
    ) throws(Problem) -> TestGrade {
        var checks: [TestGrade.Check] = []
        for assertion in test.assertions {
            let finding = try examine(assertion)
            let said = finding.holds ? nil : assertion.message
            checks.append(
                TestGrade.Check(
                    hasPassed: finding.holds && run.fault == nil,
                    sentence: said.map { "\($0) (\(finding.sentence))" } ?? finding.sentence))
        }
        return TestGrade(
            test: test, group: test.group ?? scenario.name,
            checks: run.fault == nil ? checks : [], fault: run.fault?.sentence)
    }
}
