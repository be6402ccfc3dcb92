import CSimdJSON
import KernelMemory
import MicroHTTPD

extension Machine {
    /// How many lines the last call printed.
    fileprivate var lastLogLineCount: Int { lastCallWasNoted ? log(of: step).count : 0 }
}

extension Request {
    /// Refuses to explain a batch: only one call can be.
    fileprivate func checkNotExplained() throws(Problem) {
        guard try wantsExplanation() else { return }
        throw Self.problem(
            "explain", query("explain"),
            "absent for a batch: GET /journal/{step}/explain explains each of its calls")
    }
}

/// Any kernel call with raw arguments, one or many.
extension MemoryService {
    var callEndpoints: [Endpoint] {
        [
            call(
                .post, "/calls", consumes: ["application/json", JSONLines.mediaType],
                CallsRoutes.run)
        ]
    }
}

enum CallsRoutes {
    /// Lines of the log in one answer of a batch, and in all of them: a report of a failed
    /// allocation alone has about 40.
    private static let logLimit = (lines: 20, linesInAll: 2_000)

    /// Pages of a new area in one answer of a batch.
    private static let areaPageLimit = 4

    @Sendable
    static func run(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        if request.hasLines {
            try request.checkNotExplained()
            let batch = try CallBatch(lines: request.body, session.machine)
            return try runBatch(batch.calls, &session, &response)
        }
        let body = try JSONBody.parse(request.body)
        if body.kind == CSJ_ARRAY {
            try request.checkNotExplained()
            let batch = try CallBatch(body, session.machine)
            try runBatch(batch.calls, &session, &response)
        } else {
            let named = try RequestedCall(body, at: "")
            try named.checkCache(session.machine)
            let requested = named.resolved(session.machine)
            try session.run(requested, answering: &response)
        }
    }

    /// Runs all calls or, where one meets a limit of the session, none.
    private static func runBatch(
        _ calls: [RequestedCall], _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        try session.checkRoom(for: calls)
        let step = session.step
        do throws(Problem) {
            try answer(calls, &session, &response)
        } catch {
            session.move(to: step)
            throw error
        }
    }

    /// Runs calls in order, and answers with the beginnings of what they logged. When one halts
    /// the machine, those behind it are answered with a null step.
    private static func answer(
        _ calls: [RequestedCall], _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        var linesLeft = logLimit.linesInAll
        try response.json { (json) throws(Problem) in
            try json.array { (json) throws(Problem) in
                for named in calls {
                    let requested = named.resolved(session.machine)
                    if !session.runs(requested) {
                        json.answerWithoutRun(requested.call, session.machine)
                    } else {
                        let outcome = try session.run(requested)
                        let limit = min(logLimit.lines, linesLeft)
                        json.answer(
                            to: requested.call, outcome.returned, session.machine,
                            logLimit: limit, pageLimit: areaPageLimit)
                        linesLeft -= min(limit, session.machine.lastLogLineCount)
                    }
                }
            }
        }
    }
}
