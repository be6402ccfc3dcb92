import ArgumentParser

/// A simulated Linux machine's memory for every session, over HTTP.
@main
struct KMemLab: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kmemlab",
        abstract: "A simulated Linux machine's memory for every session, over HTTP.",
        subcommands: [ReplayCommand.self])
}
