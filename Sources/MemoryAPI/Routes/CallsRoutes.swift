import CSimdJSON
import CallImport
import KernelMemory
import MicroHTTPD

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
                .post, "/calls", query: BatchOptions.query, consumes: BatchBody.mediaTypes,
                produces: ["application/json", JSONLines.mediaType], CallsRoutes.run)
        ]
    }
}

enum CallsRoutes {
    @Sendable
    fileprivate static func run(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        var options = try BatchOptions(request)
        if case .lines(let format) = BatchBody(request) {
            try request.checkNotExplained()
            if format != nil { options.wantsSummary = true }
            return try runLines(format, options, request, &session, &response)
        }
        let body = try JSONBody.parse(request.body)
        if body.kind == CSJ_ARRAY {
            try request.checkNotExplained()
            try runArray(body, options, request, &session, &response)
        } else if options.wantsSummary || request.wantsLines {
            try request.checkNotExplained()
            var batch = try BatchRun(session, options)
            try batch.add(body, in: .body)
            try answer(batch, options, request, &session, &response)
        } else {
            try runOne(body, &session, &response)
        }
    }

    /// Runs a call by itself.
    private static func runOne(
        _ body: csj_value, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        var reader = CallReader(session.machine.architecture)
        let named = try reader.read(body, in: .body)
        try named.checkCache(session.machine)
        try session.run(named.resolved(session.machine), answering: &response)
    }

    private static func runArray(
        _ array: csj_value, _ options: BatchOptions, _ request: borrowing Request,
        _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        var batch = try BatchRun(session, options)
        var array = array
        var cursor = csj_elements(&array)
        var element = csj_value()
        while csj_next_element(&cursor, &element) { try batch.add(element) }
        try answer(batch, options, request, &session, &response)
    }

    private static func runLines(
        _ format: TraceFormat?, _ options: BatchOptions, _ request: borrowing Request,
        _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        var batch = try BatchRun(session, options)
        var lines = BatchLines(format)
        try lines.take(request.body, into: &batch)
        try lines.finish(into: &batch)
        try answer(batch, options, request, &session, &response)
    }

    private static func answer(
        _ batch: consuming BatchRun, _ options: BatchOptions, _ request: borrowing Request,
        _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        var answers = try batch.commit(to: &session)
        let form: BatchAnswers.Form =
            request.wantsLines ? .lines : options.wantsSummary ? .report : .array
        response.json { json in answers.write(form, to: &json) }
    }
}

extension Request {
    /// Whether the answer is to have a document on each line.
    fileprivate var wantsLines: Bool { preferredType == 1 }
}
