import MicroHTTPD

/// The exercises without a server: no network, no clock, the same bytes for the same arguments.
public struct ExerciseSet: Sendable {
    private let book = ExerciseBook(BootImageCache(SessionLimits()))

    /// Which problem, and in which form.
    public struct Request: Sendable {
        /// The topic's id.
        public var topic: String
        /// 0 to 2^53 - 1.
        public var seed: UInt64
        /// 1 to 3.
        public var level: Int
        /// Text for print, or else the JSON that the server answers with.
        public var isText: Bool

        /// Names a problem; what is wrong shows when it is asked for.
        public init(topic: String, seed: UInt64, level: Int, isText: Bool) {
            self.topic = topic
            self.seed = seed
            self.level = level
            self.isText = isText
        }
    }

    /// A request for a problem that there is not, or an answer that cannot be read.
    public struct Failure: Error, CustomStringConvertible {
        /// What is wrong.
        public let description: String
    }

    /// All problems.
    public init() {}

    /// The topics in the order of a course, a line for each.
    public static var topics: String {
        ExerciseTopics.all.map { topic in
            topic.id.leading(14) + topic.summary + "\n"
        }.joined()
    }

    /// A problem, without its answer.
    ///
    /// - Throws: what is wrong with the request.
    public func problem(_ request: Request) throws(Failure) -> [UInt8] {
        let posed = try pose(request)
        if request.isText { return Array(posed.sheet.utf8) }
        return Self.line { json in json.object { $0.exercise(posed) } }
    }

    /// The mark of an answer, with the right one, and whether all is right.
    ///
    /// - Parameter answer: a JSON object.
    /// - Throws: what is wrong with the request, or with the form of the answer.
    public func mark(
        _ request: Request, answer: [UInt8]
    ) throws(Failure) -> (report: [UInt8], isRight: Bool) {
        let posed = try pose(request)
        var body = PaddedBytes()
        answer.withUnsafeBytes { body.append($0) }
        do throws(Problem) {
            let answers = try AnswerReader.answers(body.bytes, to: posed.exercise.parts)
            let mark = withExtendedLifetime(body) { ExerciseMark(posed.exercise, answers) }
            let report =
                request.isText
                ? Array(posed.sheet(mark).utf8)
                : Self.line { json in json.object { $0.mark(mark, posed) } }
            return (report, mark.isRight)
        } catch { throw Failure(description: error.detail) }
    }

    private func pose(_ request: Request) throws(Failure) -> PosedExercise {
        let seeds = ExerciseReference.seeds
        let levels = ExerciseReference.levels
        guard seeds.contains(request.seed), levels.contains(request.level) else {
            throw Failure(
                description:
                    "the seed must be a whole number of 0 to \(seeds.upperBound), the level one of "
                    + "\(levels.lowerBound) to \(levels.upperBound)")
        }
        let reference = ExerciseReference(
            topic: request.topic, seed: request.seed, level: request.level)
        guard let posed = book.pose(reference) else {
            let topics = ExerciseTopics.all.map { $0.id }.joined(separator: ", ")
            throw Failure(description: "there is no topic \(request.topic); there are \(topics)")
        }
        return posed
    }

    private static func line(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter(OutputBuffer())
        write(&json)
        let buffer = json.finish()
        return withExtendedLifetime(buffer) { Array(buffer.bytes) } + [UInt8(ascii: "\n")]
    }
}
