import ArgumentParser
import Glibc

/// The command line.
@main
struct KMemLab: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kmemlab",
        abstract: "Simulated Linux machines to allocate memory on, over HTTP.",
        subcommands: [
            ServeCommand.self, ReplayCommand.self, ExtractCommand.self, ImportCommand.self,
            GradeCommand.self, ExerciseCommand.self,
        ])

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.first == "serve" else { return main(arguments) }
        do throws(EnvironmentOptions.Refusal) {
            let given = Array(arguments.dropFirst())
            let all = try EnvironmentOptions().arguments(for: ServeCommand.self, given: given)
            main(["serve"] + all)
        } catch {
            var text = "Error: \(error.text)\n"
            _ = text.withUTF8 { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            Glibc.exit(EX_USAGE)
        }
    }
}
