import ArgumentParser
import Logging
import MemoryAPI

/// `kmemlab grade SCENARIO...`: grades a submission where there is no network.
struct GradeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grade",
        abstract: "Grade calls by a scenario's tests, without a server.",
        discussion: """
            Reads scenarios as POST /grade takes them, in JSON or, as .yaml or .yml, in YAML, and writes the \
            report. The calls are the scenario's own, or those of --submission: JSON, YAML, or a text with a \
            call on each line (p = kmalloc(100, GFP_KERNEL)). A file of - is the standard input. There \
            is no network and no clock in it: the same files give the same bytes. The exit status is 0 \
            if all tests passed, 1 if one failed, and 2 if a file cannot be read or a scenario is wrong.
            """)

    @Argument(help: "Scenarios.")
    var scenarios: [String]

    @Option(help: "The calls to grade.")
    var submission: String?

    @Option(help: "json, gradescope, prairielearn, autolab, github, junit or tap.")
    var format = GradeFormat.json

    @Option(help: "Folder with the recorded machines that scenarios can start from.")
    var recordings: String?

    func run() throws {
        let site = SiteFolders(publicFolder: nil, recordingsFolder: recordings)
        let quiet = Logger(label: "kmemlab") { _ in SwiftLogNoOpLogHandler() }
        let grader = Grader(recordings: site.recordings(quiet))
        var grades: [Grade] = []
        do {
            let submission = try submission.map(submission) ?? .inScenario
            for path in scenarios { grades.append(try grade(path, submission, grader)) }
        } catch let error as GradeFileError {
            CommandOutput.complain("kmemlab grade: \(error.description)")
            throw ExitCode(2)
        }
        CommandOutput.write(format.report(grades))
        if !grades.allSatisfy(\.hasPassed) { throw ExitCode.failure }
    }

    private func grade(
        _ path: String, _ submission: Grader.Submission, _ grader: Grader
    ) throws -> Grade {
        let file = try GradeFile(path)
        do throws(Grader.ScenarioError) {
            return try grader.grade(file.kind == .yaml ? try json(file) : file.bytes, submission)
        } catch { throw GradeFileError("\(path): \(error.description)") }
    }

    /// A YAML file as JSON.
    private func json(_ file: GradeFile) throws(Grader.ScenarioError) -> [UInt8] {
        do { return try file.json() } catch {
            throw Grader.ScenarioError("\(error)")
        }
    }

    private func submission(_ path: String) throws -> Grader.Submission {
        let file = try GradeFile(path)
        switch file.kind {
        case .json: return .json(file.bytes)
        // What is no YAML is a mistake of the submission's, as what is no JSON is.
        case .yaml: return .json((try? file.json()) ?? file.bytes)
        case .lines: return .lines(file.bytes)
        }
    }
}

extension GradeFormat: ExpressibleByArgument {}
