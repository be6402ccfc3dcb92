import ArgumentParser
import KernelTraces

/// `kmemlab replay FILE...`: holds the model to what a real kernel did.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Replay recorded kernel traces and compare every result.",
        discussion: """
            Reads traces (.jsonl or .jsonl.gz), starts a machine from each one's initial dump, \
            applies every call, and compares every returned frame and every dump, lists in their \
            order. A header without a trace is compared with a machine booted at its size. The \
            exit status is 0 only if every file is exact.
            """)

    @Argument(help: "Trace files.")
    var files: [String]

    @Flag(help: "Show the calls before the first difference, and the zones as they are then.")
    var verbose = false

    func run() throws {
        var passed = 0
        for file in files {
            let result = TraceReplay.replay(path: file)
            print(line(result))
            for note in result.notes { print("    note: \(note)") }
            if let failure = result.failure, verbose { failure.details.forEach { print($0) } }
            if result.isExact { passed += 1 }
        }
        print("\(passed) passed, \(files.count - passed) failed")
        if passed < files.count { throw ExitCode.failure }
    }

    private func line(_ result: ReplayResult) -> String {
        let counts = "\(result.path): \(result.calls) calls, \(result.dumps) dumps"
        guard let failure = result.failure else {
            let headers = result.headers > 0 ? ", boots like its header" : ""
            return counts + headers + ", exact"
        }
        return counts + ", differs in line \(failure.line): \(failure.summary)"
    }
}
