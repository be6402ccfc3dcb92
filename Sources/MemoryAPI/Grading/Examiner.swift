import CSimdJSON
import KernelMemory
import MicroHTTPD

/// Whether something is so, and the sentence that says it.
struct Finding {
    let holds: Bool
    let sentence: String
}

/// Holds a submission's run to a scenario's assertions.
struct Examiner: ~Copyable {
    var run: GradedRun
    private let router: SnapshotRouter
    private let endpoints: () -> [Endpoint]
    /// What GETs answered, by step and target.
    private var answers: [String: SnapshotAnswer] = [:]
    /// Bytes of documents that were looked into.
    private var lookedInto = 0
    /// The work that going back to earlier states may be.
    private var budget: WorkBudget
    /// The state that was looked at last.
    private var lastView: (step: Int, view: SessionView)?
    /// What callers own in the state that this was asked of last.
    private var lastLive: (step: Int, live: LiveMemory)?
    /// What was found not given back, by the words for when.
    var leaksFound: [String: Finding] = [:]
    /// The functions that the submission's calls called, in the order of their steps.
    var functions: [Substring]?

    /// - Parameters:
    ///   - run: what the calls led to; it makes no more of them.
    ///   - router: what answers snapshots, by `endpoints`.
    init(
        _ run: consuming GradedRun, _ router: SnapshotRouter,
        _ endpoints: @escaping () -> [Endpoint]
    ) {
        budget = WorkBudget(.own, run.state.limits)
        self.run = run
        self.router = router
        self.endpoints = endpoints
    }

    /// Looks whether an assertion holds.
    ///
    /// - Throws: a problem for a mistake in the assertion, which is the scenario's.
    mutating func examine(_ assertion: Assertion) throws(Problem) -> Finding {
        if case .returned(let moment) = assertion.subject {
            return returned(moment, assertion.matchers)
        }
        guard let step = run.step(at: assertion.moment) else {
            return Finding(holds: false, sentence: missing(assertion.moment))
        }
        let view = try view(at: step)
        let when = assertion.moment.shown
        switch assertion.subject {
        case .snapshot(let target, let pointer):
            return try snapshot(target, pointer, assertion, view)
        case .callsOf(let function): return try calls(of: function, assertion.matchers, view)
        case .fragmentationBelow(let limit, let zone, let order):
            return try fragmentation(limit, zone, order, view, assertion)
        case .noLeaks: return leaks(view, when)
        case .noMisuse: return misuse(view, when)
        case .neverSleptInAtomicContext: return sleeping(view, when)
        case .peakPagesAtMost(let limit): return peak(limit)
        case .callsAtMost(let limit): return callCount(limit)
        case .noHalt:
            return Finding(
                holds: !view.machine.isHalted,
                sentence: view.machine.isHalted
                    ? "the machine is halted \(when): \(view.machine.oops ?? "")"
                    : "the machine runs \(when)")
        case .returned: preconditionFailure("looked at before")
        }
    }

    private mutating func view(at step: Int) throws(Problem) -> SessionView {
        if let lastView, lastView.step == step { return lastView.view }
        guard !budget.isUsedUp() else {
            throw Problem(tooMuchWork: "Looking at so many moments", .own, run.state.limits)
        }
        budget.resume()
        let view = try run.state.view(at: step)
        budget.pause()
        lastView = (step, view)
        return view
    }

    /// What callers own in some state.
    mutating func live(_ view: SessionView) -> LiveMemory {
        if let lastLive, lastLive.step == view.step { return lastLive.live }
        let live = LiveMemory(view)
        lastLive = (view.step, live)
        return live
    }

    private mutating func missing(_ moment: Moment) -> String {
        switch moment {
        case .end: "there is no end"
        case .call(let number):
            "there is no call \(number): the submission has \(counted(run.calls.count, "call"))"
        case .name(let name): "no call has named its result \(name)"
        }
    }
}

// MARK: - Values

extension Examiner {
    private mutating func returned(_ moment: Moment, _ matchers: [Matcher]) -> Finding {
        var returned: Outcome.Returned?
        var call = 0
        switch moment {
        case .name(let name):
            if let result = run.result(named: name) { (call, returned) = result }
        case .call(let number) where number <= run.calls.count:
            call = number
            returned = run.calls[number - 1].returned
        default: break
        }
        guard let returned else { return Finding(holds: false, sentence: missing(moment)) }
        if call > 0, !run.calls[call - 1].hasRun {
            return Finding(
                holds: false, sentence: "call \(call) did not run: the machine had stopped")
        }
        let what =
            if case .name(let name) = moment { "\(name)" } else { "what call \(call) returned" }
        return match(JSONValue(returned), what, matchers)
    }

    /// Compares a value with all that it must be.
    mutating func match(
        _ value: JSONValue, _ what: String, _ matchers: [Matcher]
    ) -> Finding {
        for matcher in matchers {
            guard let expected = resolved(matcher.expected) else {
                return Finding(
                    holds: false,
                    sentence:
                        "\(what) is to be compared with \(matcher.expected.shown), and no call "
                        + "has given its result that name")
            }
            guard matcher.relation.holds(value, expected) else {
                return Finding(
                    holds: false,
                    sentence: "\(what) is \(value.shown); it \(matcher.relation.demand(expected))")
            }
        }
        return Finding(holds: true, sentence: "\(what) is \(value.shown)")
    }

    /// What a value that is expected stands for: itself, or what a call returned.
    private func resolved(_ expected: JSONValue) -> JSONValue? {
        guard case .text(var text) = expected, text.hasPrefix("$") else { return expected }
        let reference = text.withUTF8 { ResultReference(UnsafeRawBufferPointer($0)) }
        guard let reference else { return expected }
        return run.value(of: reference).map { .text("0x" + String($0, radix: 16)) }
    }

    private mutating func snapshot(
        _ target: String, _ pointer: [String], _ assertion: Assertion, _ view: SessionView
    ) throws(Problem) -> Finding {
        guard let path = filledIn(target) else {
            return Finding(
                holds: false, sentence: "GET \(target) names a result that no call has")
        }
        let when = assertion.moment.shown
        let place =
            pointer.isEmpty ? "GET \(path) \(when)" : "GET \(path) \(when): \(shown(pointer))"
        switch try answer(path, view, assertion) {
        case .refused(_, let detail):
            return absent("GET \(path) \(when) is refused: \(detail)", assertion.matchers)
        case .text(let text):
            let value: JSONValue? = pointer.isEmpty ? .text(text) : nil
            return value.map { match($0, place, assertion.matchers) }
                ?? absent("\(place) is not there: it is a text", assertion.matchers)
        case .json(let document):
            guard let found = pointedTo(by: pointer, in: try document.parse()) else {
                return absent("\(place) is not there", assertion.matchers)
            }
            return match(JSONValue(found), place, assertion.matchers)
        }
    }

    /// What comes of looking for something that is not there: it may be meant not to be.
    private func absent(_ sentence: String, _ matchers: [Matcher]) -> Finding {
        let isMeant = matchers.allSatisfy {
            $0.relation == .exists && $0.expected.isSame(as: .boolean(false))
        }
        return Finding(holds: isMeant, sentence: sentence)
    }

    private func shown(_ pointer: [String]) -> String { pointer.map { "/" + $0 }.joined() }

    /// A target with the values of results in the places of their names.
    private mutating func filledIn(_ target: String) -> String? {
        guard target.utf8.contains(UInt8(ascii: "$")) else { return target }
        var result = ""
        var rest = target[...]
        while let sign = rest.firstIndex(of: "$") {
            result += rest[..<sign]
            let name = rest[rest.index(after: sign)...].prefix {
                $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber)
            }
            guard let found = run.result(named: String(name)) else { return nil }
            switch found.returned {
            case .page(let page): result += "0x" + String(page.rawValue, radix: 16)
            case .address(let address): result += "0x" + String(address.rawValue, radix: 16)
            case .number(let number): result += "\(number)"
            case .void, .null, .halted, .blocked: result += "0x0"
            }
            rest = rest[name.endIndex...]
        }
        return result + rest
    }

    /// What a GET answers in some state; the same question is asked once.
    private mutating func answer(
        _ target: String, _ view: SessionView, _ assertion: Assertion
    ) throws(Problem) -> SnapshotAnswer {
        let key = "\(view.step) \(target)"
        if answers[key] == nil, answers.count == GradeLimits.snapshots {
            throw Problem(
                grading: assertion.pointer, nil,
                "left out: the assertions ask for \(GradeLimits.snapshots) snapshots at most")
        }
        let answer = answers[key] ?? SnapshotAnswer(router.respond(to: target, view, endpoints))
        answers[key] = answer
        switch answer {
        case .json(let document): lookedInto += document.count
        case .text(let text): lookedInto += text.utf8.count
        case .refused(let kind, let detail):
            if Self.scenarioMistakes.contains(kind) {
                throw Problem(
                    .invalidField, "snapshot cannot be asked for: \(detail)",
                    faults: [
                        .init(
                            place: .body(assertion.pointer + "/snapshot"), value: target,
                            detail: "must be the path and query of a GET of a session's state")
                    ])
            }
        }
        guard lookedInto <= GradeLimits.snapshotBytes else {
            throw Problem(
                grading: assertion.pointer, nil,
                "left out: the assertions look into \(GradeLimits.snapshotBytes) bytes of snapshots "
                    + "at most")
        }
        return answer
    }

    /// Refusals that no submission could have caused.
    private static let scenarioMistakes: Set<String> = [
        "/problems/not-found", "/problems/invalid-query", "/problems/invalid-reference",
        "/problems/malformed-request", "/problems/target-too-long", "/problems/not-acceptable",
    ]
}

extension JSONValue {
    /// What a call returned, as the answer to it has it.
    init(_ returned: Outcome.Returned) {
        switch returned {
        case .void, .halted, .blocked: self = .null
        case .null: self = .text("NULL")
        case .page(let page): self = .text("0x" + String(page.rawValue, radix: 16))
        case .address(let address): self = .text("0x" + String(address.rawValue, radix: 16))
        case .number(let number): self = .whole(number)
        }
    }
}
