import ArgumentParser
import MemoryAPI

/// `kmemlab exercise TOPIC`: problems to print, and what answers to them are worth.
struct ExerciseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exercise",
        abstract: "Print a problem, or mark an answer to it, without a server.",
        discussion: """
            The same topic, seed and level are the same problem everywhere, that of GET \
            /exercises/TOPIC?seed=N&level=L. With --answer, a file with a JSON object (- is the standard \
            input), the answer is marked; the exit status is 0 if all of it is right, 1 if not, and 2 if it \
            cannot be read. Without a topic, the topics are listed.
            """)

    @Argument(help: "The topic.")
    var topic: String?

    @Option(help: "Which problem: 0 to 2^53 - 1.")
    var seed: UInt64 = 1

    @Option(help: "How hard: 1 to 3.")
    var level = 1

    @Option(help: "A file with an answer to mark.")
    var answer: String?

    @Option(help: "text or json.")
    var format = Format.text

    enum Format: String, ExpressibleByArgument {
        case text, json
    }

    func run() throws {
        guard let topic else { return print(ExerciseSet.topics, terminator: "") }
        let request = ExerciseSet.Request(
            topic: topic, seed: seed, level: level, isText: format == .text)
        do {
            guard let answer else {
                return CommandOutput.write(try ExerciseSet().problem(request))
            }
            let file = try GradeFile(answer)
            let (report, isRight) = try ExerciseSet().mark(request, answer: file.bytes)
            CommandOutput.write(report)
            if !isRight { throw ExitCode.failure }
        } catch let error as CustomStringConvertible & ExerciseFailure {
            CommandOutput.complain("kmemlab exercise: \(error.description)")
            throw ExitCode(2)
        }
    }
}

/// What ends the command before anything is marked.
private protocol ExerciseFailure: Error {}
extension ExerciseSet.Failure: ExerciseFailure {}
extension GradeFileError: ExerciseFailure {}
