import KernelMemory
import MicroHTTPD

/// Problems about the kernel's memory, and what answers to them are worth. No session is needed.
extension MemoryService {
    var exerciseEndpoints: [Endpoint] {
        [
            open(.get, "/exercises", listExercises),
            open(
                .get, "/exercises/{topic}", query: ["seed", "level", "format"],
                produces: ExerciseFormat.mediaTypes, showExercise),
            open(
                .post, "/exercises/{topic}", query: ["seed", "level", "format"],
                produces: ExerciseFormat.mediaTypes, markExercise),
        ]
    }

    private var listExercises: OpenHandler {
        { (_, response) throws(Problem) in
            response.setHeader("Cache-Control", "no-cache")
            response.json(expecting: 4_096) { json in
                json.object { json in
                    json.array("topics") { json in
                        for topic in ExerciseTopics.all { json.object { $0.topic(topic) } }
                    }
                    json.member("seed_maximum", ExerciseReference.seeds.upperBound)
                }
            }
        }
    }

    private var showExercise: OpenHandler {
        { [exercises] (request, response) throws(Problem) in
            let format = try ExerciseFormat(request)
            let posed = try exercises.pose(request)
            response.setHeader("Cache-Control", "no-cache")
            response.setHeader("Content-Type", format.mediaType)
            switch format {
            case .json:
                response.json(expecting: 8_192) { json in json.object { $0.exercise(posed) } }
            case .text: response.body.append(posed.sheet)
            }
        }
    }

    private var markExercise: OpenHandler {
        { [exercises] (request, response) throws(Problem) in
            let format = try ExerciseFormat(request)
            let posed = try exercises.pose(request)
            let answers = try AnswerReader.answers(request.body, to: posed.exercise.parts)
            let mark = ExerciseMark(posed.exercise, answers)
            response.setHeader("Cache-Control", "no-store")
            response.setHeader("Content-Type", format.mediaType)
            switch format {
            case .json:
                response.json(expecting: 8_192) { json in json.object { $0.mark(mark, posed) } }
            case .text: response.body.append(posed.sheet(mark))
            }
        }
    }
}

/// The form of a problem or a mark.
enum ExerciseFormat: String, CaseIterable {
    case json, text

    static let mediaTypes = ["application/json", "text/plain"]
    private static let names = FieldNames(allCases.map(\.rawValue))

    /// The form that the query names, or else `Accept`.
    init(_ request: borrowing Request) throws(Problem) {
        guard let text = request.query("format") else {
            self = Self.allCases[request.preferredType]
            return
        }
        guard let index = Self.names.index(of: text) else {
            throw Request.problem("format", text, "json or text")
        }
        self = Self.allCases[index]
    }

    var mediaType: String { Self.mediaTypes[self == .json ? 0 : 1] }
}

extension ExerciseBook {
    /// Poses the problem that a request names.
    fileprivate func pose(_ request: borrowing Request) throws(Problem) -> PosedExercise {
        let seed = try request.number("seed", ExerciseReference.seeds)
        let levels = ExerciseReference.levels
        let level = try request.number(
            "level", UInt64(levels.lowerBound)...UInt64(levels.upperBound))
        let topic = request.parameter(0).quoted
        let reference = ExerciseReference(
            topic: topic, seed: seed ?? ExerciseReference.usualSeed,
            level: level.map { Int($0) } ?? ExerciseReference.usualLevel)
        guard let posed = pose(reference) else { throw unknown(topic) }
        return posed
    }

    private func unknown(_ topic: String) -> Problem {
        let suggestions = nearest(to: topic, among: ExerciseTopics.all.map { $0.id })
        return Problem(
            .notFound, "There is no topic \(topic)" + Problem.didYouMean(suggestions),
            suggestions: suggestions,
            faults: [
                .init(
                    place: .path("topic"), value: topic,
                    detail: "must be a topic that GET /exercises lists")
            ])
    }
}
