import Foundation

/// `journal-crasher` beside the tests, with what it prints.
final class OtherProcess {
    private let process = Process()
    private let output = Pipe()

    init(_ arguments: String...) throws {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder = URL(fileURLWithPath: tests).deletingLastPathComponent()
        process.executableURL = folder.appendingPathComponent("journal-crasher")
        process.arguments = arguments
        process.standardOutput = output
        try process.run()
    }

    /// Reads until there are so many bytes; fewer if the process ended.
    func read(atLeast count: Int) -> String {
        var data = Data()
        while data.count < count {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { break }
            data += more
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Kills it, and waits for its end.
    ///
    /// - Returns: what it had still written.
    func kill() -> String {
        Glibc.kill(process.processIdentifier, SIGKILL)
        return end()
    }

    /// Waits for its end.
    func end() -> String {
        let rest = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: rest, as: UTF8.self)
    }

    /// Its status, or the signal that ended it.
    var status: Int32 { process.terminationStatus }
}
