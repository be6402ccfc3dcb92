import CSimdJSON
import KernelMemory
import MicroHTTPD

extension Machine {
    /// How many lines the last call printed.
    fileprivate var lastLogLineCount: Int { lastCallWasNoted ? log(of: step).count : 0 }
}

/// Any kernel call with raw arguments, one or many.
extension MemoryService {
    var callEndpoints: [Endpoint] { [change(.post, "/calls", CallsRoutes.run)] }
}

enum CallsRoutes {
    private static let batchLimit = 10_000
    /// Lines of the log in one answer of a batch, and in all of them: a report of a failed
    /// allocation alone has about 40.
    private static let logLimit = (lines: 20, linesInAll: 2_000)

    @Sendable
    static func run(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let body = try JSONBody.parse(request.body)
        if body.kind == CSJ_ARRAY {
            try runBatch(read(body, session.machine), &session, &response)
        } else {
            let named = try RequestedCall(body, at: "")
            try named.checkCache(session.machine)
            let requested = named.resolved(session.machine)
            let outcome = try session.run(requested)
            response.answer(requested.call, outcome, session.machine)
        }
    }

    /// Reads all calls before any of them runs.
    private static func read(
        _ array: csj_value, _ machine: borrowing Machine
    ) throws(Problem) -> [RequestedCall] {
        var array = array
        var cursor = csj_elements(&array)
        var element = csj_value()
        var calls: [RequestedCall] = []
        var created: Set<String> = []
        while csj_next_element(&cursor, &element) {
            guard calls.count < batchLimit else {
                throw array.problem(at: "", wanted: "an array of at most \(batchLimit) calls")
            }
            let place = "/\(calls.count)"
            let requested = try RequestedCall(element, at: place)
            try requested.checkCPU(machine.cpuCount, at: place)
            try requested.checkCache(machine, created: created, at: place)
            if case .kmemCacheCreate(let request) = requested.call { created.insert(request.name) }
            calls.append(requested)
        }
        return calls
    }

    /// Runs calls in order, and answers with the beginnings of what they logged. When one halts
    /// the machine, those behind it are answered with a null step.
    private static func runBatch(
        _ calls: [RequestedCall], _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        try session.checkRoom(for: calls)
        var linesLeft = logLimit.linesInAll
        try response.json { (json) throws(Problem) in
            try json.array { (json) throws(Problem) in
                for named in calls {
                    let requested = named.resolved(session.machine)
                    if session.machine.isHalted {
                        json.answerWithoutRun(requested.call, session.machine)
                    } else {
                        let outcome = try session.run(requested)
                        let limit = min(logLimit.lines, linesLeft)
                        json.answer(
                            to: requested.call, outcome.returned, session.machine, logLimit: limit)
                        linesLeft -= min(limit, session.machine.lastLogLineCount)
                    }
                }
            }
        }
    }
}
