import CallImport
import MicroHTTPD

/// The calls of a session as the kernel would have traced them.
extension MemoryService {
    var traceEndpoints: [Endpoint] {
        [
            open(
                .get, "/trace", query: ["from", "to"],
                produces: [TraceFormat.ftrace.mediaType, "text/plain"]
            ) { [store] (request, response) throws(Problem) in
                let session = try store.session(of: request, for: .looking)
                let steps = try DiffRoutes.Steps(request)
                try store.look(at: session, WorkPlace(request, session)) {
                    (state) throws(Problem) in
                    let end = try state.view(at: steps.to)
                    let from = steps.from ?? 0
                    guard from <= end.step else {
                        throw Request.problem(
                            "from", request.query("from"),
                            "a step up to \(end.step), where the trace ends")
                    }
                    let start = try state.view(at: from)
                    response.setHeader("Vary", "Accept")
                    response.stream(TraceStream(session, store, from: start, to: end.step))
                    EntityTag(end.hash, representation: request.preferredType)
                        .complete(&response, to: request)
                }
            }
        ]
    }
}
