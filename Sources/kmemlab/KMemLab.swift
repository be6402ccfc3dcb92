import ArgumentParser

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
}
