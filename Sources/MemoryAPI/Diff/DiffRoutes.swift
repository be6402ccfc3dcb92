import KernelMemory
import MicroHTTPD

/// What changed in a session between two steps.
extension MemoryService {
    var diffEndpoints: [Endpoint] {
        [
            open(
                .get, "/diff", query: ["from", "to"],
                produces: ["application/json", "application/json-patch+json"]
            ) { [store, library] (request, response) throws(Problem) in
                let session = try store.session(of: request, for: .looking)
                let steps = try DiffRoutes.Steps(request)
                try WorkPlace(request, session).leaveShared()
                try store.look(at: session) { (state) throws(Problem) in
                    let diff = try SessionDiff(steps, state)
                    DiffRoutes.show(diff, request, library, &response)
                    EntityTag(diff.hash, representation: request.preferredType)
                        .complete(&response, to: request)
                }
            }
        ]
    }
}

enum DiffRoutes {
    /// The steps that a request names.
    struct Steps {
        let from: Int?
        let to: Int?

        init(_ request: borrowing Request) throws(Problem) {
            let any = 0...UInt64(UInt32.max)
            from = try request.number("from", any).map { Int($0) }
            to = try request.number("to", any).map { Int($0) }
        }
    }

    static func show(
        _ diff: SessionDiff, _ request: borrowing Request, _ library: RecordingLibrary,
        _ response: inout Response
    ) {
        response.setHeader("Vary", "Accept")
        if request.preferredType == 1 {
            response.body = diff.patch(library)
        } else {
            response.json(expecting: 8_192) { json in json.object { $0.diff(diff) } }
        }
    }
}
