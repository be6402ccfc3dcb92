import MicroHTTPD

/// Grading a scenario in one request.
extension MemoryService {
    var gradeEndpoints: [Endpoint] {
        [
            open(
                .post, "/grade", query: ["format"],
                consumes: ["application/json", ScenarioYAML.mediaType],
                produces: GradeFormat.allCases.map(\.mediaType), gradeScenario)
        ]
    }

    private static let formats = FieldNames(GradeFormat.allCases.map(\.rawValue))

    private var gradeScenario: OpenHandler {
        { [self] (request, response) throws(Problem) in
            let format = try Self.format(request)
            try WorkPlace(request).leaveShared()
            let grade = try gradeBody(of: request)
            response.setHeader("Content-Type", format.mediaType)
            response.setHeader("Cache-Control", "no-store")
            response.body = format.buffer([grade])
        }
    }

    private func gradeBody(of request: borrowing Request) throws(Problem) -> Grade {
        guard request.mediaType == ScenarioYAML.mediaType else {
            return try grade(request.body, owner: request.clientAddress)
        }
        var document = PaddedBytes()
        try ScenarioYAML.json(request.body).utf8.withContiguousStorageIfAvailable {
            document.append(UnsafeRawBufferPointer($0))
        }
        return try grade(document.bytes, owner: request.clientAddress)
    }

    /// The form that the query names, or else `Accept`.
    private static func format(_ request: borrowing Request) throws(Problem) -> GradeFormat {
        guard let text = request.query("format") else {
            return GradeFormat.allCases[request.preferredType]
        }
        guard let index = formats.index(of: text) else {
            throw Request.problem(
                "format", text, "one of \(formats.all.joined(separator: ", "))")
        }
        return GradeFormat.allCases[index]
    }
}
