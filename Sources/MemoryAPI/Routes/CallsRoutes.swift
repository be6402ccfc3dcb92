import CSimdJSON
import KernelMemory
import MicroHTTPD

/// Any kernel call with raw arguments, one or many.
extension MemoryService {
    var callEndpoints: [Endpoint] { [change(.post, "/calls", CallsRoutes.run)] }
}

enum CallsRoutes {
    private static let batchLimit = 10_000

    @Sendable
    static func run(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let body = try JSONBody.parse(request.body)
        if body.kind == CSJ_ARRAY {
            try runBatch(read(body, cpuCount: session.machine.cpuCount), &session, &response)
        } else {
            let requested = try RequestedCall(body, at: "")
            let outcome = try session.run(requested)
            response.answer(requested.call, outcome, session.machine)
        }
    }

    /// Reads all calls before any of them runs.
    private static func read(
        _ array: csj_value, cpuCount: Int
    ) throws(Problem) -> [RequestedCall] {
        var array = array
        var cursor = csj_elements(&array)
        var element = csj_value()
        var calls: [RequestedCall] = []
        while csj_next_element(&cursor, &element) {
            guard calls.count < batchLimit else {
                throw array.problem(at: "", wanted: "an array of at most \(batchLimit) calls")
            }
            let place = "/\(calls.count)"
            let requested = try RequestedCall(element, at: place)
            try requested.checkCPU(cpuCount, at: place + "/cpu")
            calls.append(requested)
        }
        return calls
    }

    /// Runs calls in order. When one halts the machine, those behind it are answered with a null
    /// step.
    private static func runBatch(
        _ calls: [RequestedCall], _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        try session.checkRoom(for: calls)
        try response.json { (json) throws(Problem) in
            try json.array { (json) throws(Problem) in
                for requested in calls {
                    if session.machine.isHalted {
                        json.answerWithoutRun(requested.call, session.machine)
                    } else {
                        let outcome = try session.run(requested)
                        json.answer(to: requested.call, outcome.returned, session.machine)
                    }
                }
            }
        }
    }
}
