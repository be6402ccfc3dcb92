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
            Endpoint(
                .post, "/calls", query: BatchOptions.query, consumes: BatchBody.mediaTypes,
                produces: ["application/json", JSONLines.mediaType],
                streamsBody: BodyStreaming(limitInBytes: BatchReceiver.bodyLimit) {
                    [store] request in CallsRoutes.receiver(store, request)
                }, admits: store.admission
            ) { [store] (request, response) throws(Problem) in
                try CallsRoutes.respond(store, request, &response)
            }
        ]
    }
}

enum CallsRoutes {
    /// Answers of more calls than these are written while they are sent.
    private static let gatheredAnswers = 1_000

    /// Who takes a body of lines; `nil` for a document, which is gathered.
    fileprivate static func receiver(
        _ store: SessionStore, _ request: borrowing Request
    ) -> (any BodyReceiver)? {
        guard case .lines(let format) = BatchBody(request) else { return nil }
        do throws(Problem) {
            try request.checkNotExplained()
            return try BatchReceiver(store, request, format)
        } catch {
            return RefusedBatch(error)
        }
    }

    fileprivate static func respond(
        _ store: SessionStore, _ request: borrowing Request, _ response: inout Response
    ) throws(Problem) {
        if let refused = request.bodyReceiver as? RefusedBatch { throw refused.problem }
        let session: Session
        let options: BatchOptions
        let receiver = request.bodyReceiver as? BatchReceiver
        if let receiver {
            (session, options) = (receiver.session, receiver.options)
        } else {
            session = try store.session(of: request, for: .changing)
            options = try BatchOptions(request)
        }
        let turn = WorkTurn.shared(session.turn)
        let ticket = try store.change(session, WorkPlace(request, session)) {
            (state) throws(Problem) in
            guard let once = try IdempotentRequest(request, bodyHash: receiver?.bodyHash) else {
                return try run(receiver, options, request, &state, &response, turn)
            }
            try once.run(on: &state, &response) { (state, response) throws(Problem) in
                try run(receiver, options, request, &state, &response, turn)
            }
        }
        response.send(behind: ticket) { store.lost(session, $0) }
    }

    /// Runs what came, whole or in parts, and answers.
    ///
    /// - Parameter turn: whose turn it is where that takes long.
    private static func run(
        _ receiver: BatchReceiver?, _ options: BatchOptions, _ request: borrowing Request,
        _ session: inout SessionState, _ response: inout Response, _ turn: WorkTurn
    ) throws(Problem) {
        try request.checkPrecondition(session)
        let result: BatchResult?
        if let receiver {
            result = try receiver.finish(at: session)
        } else {
            result = try run(options, request, &session, &response)
        }
        guard let result else { return }
        // While they are written, all of it can still be given up.
        guard write(result.answers, options, request, &response, turn) else {
            throw Problem(tooMuchWork: "The batch", session.place, session.limits)
        }
        result.commit(to: &session)
    }

    /// Runs the calls of a document.
    ///
    /// - Returns: what they came to; `nil` if it is a single call, which is answered by itself.
    private static func run(
        _ options: BatchOptions, _ request: borrowing Request, _ session: inout SessionState,
        _ response: inout Response
    ) throws(Problem) -> BatchResult? {
        let body = try JSONBody.parse(request.body)
        if body.kind == CSJ_ARRAY {
            try request.checkNotExplained()
            var batch = try BatchRun(session, options, session.place)
            batch.budget.resume()
            var body = body
            var cursor = csj_elements(&body)
            var element = csj_value()
            while csj_next_element(&cursor, &element) { try batch.add(element) }
            return try batch.finish(at: session)
        }
        if options.wantsSummary || request.wantsLines {
            try request.checkNotExplained()
            var batch = try BatchRun(session, options, session.place)
            try batch.add(body, in: .body)
            return try batch.finish(at: session)
        }
        try request.explain(&session, &response) { (session, response) throws(Problem) in
            try runOne(body, &session, &response)
        }
        return nil
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

    /// Answers a batch.
    ///
    /// - Returns: whether somebody still waits for that.
    private static func write(
        _ answers: BatchAnswers, _ options: BatchOptions, _ request: borrowing Request,
        _ response: inout Response, _ turn: WorkTurn
    ) -> Bool {
        let form: BatchAnswers.Form =
            request.wantsLines ? .lines : options.wantsSummary ? .report : .array
        if answers.count > gatheredAnswers {
            response.stream(BatchStream(answers, form, turn: turn))
            return true
        }
        var answers = answers
        var isWhole = false
        response.json { json in isWhole = answers.write(form, to: &json) }
        return isWhole
    }
}

extension Request {
    /// Whether the answer is to have a document on each line.
    fileprivate var wantsLines: Bool { preferredType == 1 }
}
