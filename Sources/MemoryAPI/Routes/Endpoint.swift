import MicroHTTPD

/// A handler that may refuse.
typealias OpenHandler =
    @Sendable (borrowing Request, inout Response) throws(Problem) -> Void
/// A handler that looks at a session's state at some step.
typealias LookHandler =
    @Sendable (borrowing Request, SessionView, inout Response) throws(Problem) -> Void
/// A handler that changes a session.
typealias ChangeHandler =
    @Sendable (borrowing Request, inout SessionState, inout Response) throws(Problem) -> Void

/// A route, and the query parameters that it reads.
struct Endpoint {
    let route: Route
    let query: FieldNames
    /// What answers it for some state of a session; `nil` if it does more than look at one.
    var look: LookHandler?
}

extension Endpoint {
    /// Makes a route whose refusals become problems: the one place that catches them.
    init(
        _ method: HTTPMethod, _ pattern: String, query: [String],
        consumes: [String] = ["application/json"], produces: [String] = ["application/json"],
        streamsBody: BodyStreaming? = nil, admits: Admission? = nil,
        _ handler: @escaping OpenHandler
    ) {
        let names = FieldNames(query)
        self.query = names
        route = Route(
            method, pattern, consumes: consumes, produces: produces, streamsBody: streamsBody,
            admits: admits
        ) { request, response in
            do throws(Problem) {
                try request.checkQuery(names)
                try handler(request, &response)
            } catch { error.write(to: &response) }
        }
    }
}

extension MemoryService {
    /// A route that needs no session.
    func open(
        _ method: HTTPMethod, _ pattern: String, query: [String] = [],
        consumes: [String] = ["application/json"], produces: [String] = ["application/json"],
        _ handler: @escaping OpenHandler
    ) -> Endpoint {
        Endpoint(
            method, pattern, query: query, consumes: consumes, produces: produces, handler)
    }

    /// A route that looks at a session, now or at `?step=`. The answer has the state's entity tag.
    func look(
        _ pattern: String, query: [String] = [], produces: [String] = ["application/json"],
        _ handler: @escaping LookHandler
    ) -> Endpoint {
        var endpoint = Endpoint(.get, pattern, query: query + ["step"], produces: produces) {
            [store] (request, response) throws(Problem) in
            let session = try store.session(of: request, for: .looking)
            let step = try request.number("step", 0...UInt64(UInt32.max))
            try store.look(at: session, WorkPlace(request, session)) { (state) throws(Problem) in
                let view = try state.view(at: step.map { Int($0) })
                let tag = EntityTag(view.hash, representation: request.preferredType)
                try handler(request, view, &response)
                tag.complete(&response, to: request)
            }
        }
        endpoint.look = handler
        return endpoint
    }

    /// A route that changes a session. A POST may come with an `Idempotency-Key`.
    func change(
        _ method: HTTPMethod, _ pattern: String, query: [String] = [],
        consumes: [String] = ["application/json"], produces: [String] = ["application/json"],
        _ handler: @escaping ChangeHandler
    ) -> Endpoint {
        Endpoint(
            method, pattern, query: query, consumes: consumes, produces: produces,
            admits: store.admission
        ) { [store] (request, response) throws(Problem) in
            let session = try store.session(of: request, for: .changing)
            let ticket = try store.change(session, WorkPlace(request, session)) {
                (state) throws(Problem) in
                guard let once = try IdempotentRequest(request) else {
                    try request.checkPrecondition(state)
                    return try handler(request, &state, &response)
                }
                try once.run(on: &state, &response) { (state, response) throws(Problem) in
                    try request.checkPrecondition(state)
                    try handler(request, &state, &response)
                }
            }
            response.send(behind: ticket) { store.lost(session, $0) }
        }
    }
}
