import KernelMemory
import MicroHTTPD

/// What the codes of misuses and problems mean: `type` of a problem is a path here.
extension MemoryService {
    var problemEndpoints: [Endpoint] {
        [
            documentation("/problems", ProblemsRoutes.list),
            documentation("/problems/{code}", ProblemsRoutes.show),
        ]
    }

    /// A route for programs and, where `Accept` says so, for people.
    private func documentation(_ pattern: String, _ handler: @escaping OpenHandler) -> Endpoint {
        open(.get, pattern, produces: ["application/json", "text/html"]) {
            (request, response) throws(Problem) in
            response.setHeader("Cache-Control", "no-cache")
            response.setHeader("Vary", "Accept")
            if request.prefersPage { response.protection = .page }
            try handler(request, &response)
        }
    }
}

enum ProblemsRoutes {
    /// Room for the answer with all codes.
    private static let listSize = 16_384

    @Sendable
    static func list(
        _ request: borrowing Request, _ response: inout Response
    ) throws(Problem) {
        if request.prefersPage { return response.body.append(GuidePage.index) }
        response.json(expecting: listSize) { json in
            json.object { json in
                json.array("problems") { json in
                    for code in DocumentedCode.all { json.object { $0.listed(code) } }
                }
            }
        }
    }

    @Sendable
    static func show(
        _ request: borrowing Request, _ response: inout Response
    ) throws(Problem) {
        let text = request.parameter(0).quoted
        guard let code = DocumentedCode(text) else { throw unknown(text) }
        if request.prefersPage { return response.body.append(GuidePage.text(of: code)) }
        response.json(expecting: 4_096) { json in json.object { $0.guide(code) } }
    }

    private static func unknown(_ text: String) -> Problem {
        let suggestions = nearest(to: text, among: DocumentedCode.all.map(\.text))
        return Problem(
            .notFound, "There is no code \(text)" + Problem.didYouMean(suggestions),
            suggestions: suggestions,
            faults: [
                .init(
                    place: .path("code"), value: text,
                    detail: "must be a code that GET /problems lists")
            ])
    }
}

extension Request {
    /// Whether the client would rather have a page than JSON, as browsers do.
    fileprivate var prefersPage: Bool { preferredType == 1 }
}
