import ArgumentParser
import Glibc
import KernelTraces

/// `kmemlab extract TRACE`: makes a recorded machine that sessions can start from.
struct ExtractCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "Take a recorded machine out of a trace, for sessions to start from.",
        discussion: """
            Writes the header and one full dump of a trace to a file of their own, compressed, with \
            a first line that says what it shows. Put into the folder Recordings, it is listed at \
            GET /machines, and POST /sessions {"machine": "recorded", "recording": NAME} boots it.
            """)

    @Argument(help: "A trace, .jsonl or .jsonl.gz.")
    var trace: String

    @Option(help: "Which full dump: initial, after_ops, after_free_all.")
    var dump = "initial"

    @Option(help: "The name that sessions ask for: small letters, digits, - and _.")
    var name: String

    @Option(help: "What the machine shows, in one plain sentence.")
    var shows: String

    @Option(help: "The folder to write NAME.jsonl.gz to.")
    var folder = "Recordings"

    mutating func validate() throws {
        guard RecordingNote.isName(name) else {
            throw ValidationError(
                "--name takes 1 to 40 of the characters a to z, 0 to 9, - and _, not \"\(name)\".")
        }
    }

    func run() throws {
        let path = "\(folder)/\(name).jsonl.gz"
        let file = trace.split(separator: "/").suffix(2).joined(separator: "/")
        let note = RecordingNote(name: name, shows: shows, source: "\(file), dump \(dump)")
        do throws(TraceError) {
            let dump = try RecordingFile.extract(
                trace: trace, tag: dump, note: note, to: path)
            print("\(path): Linux \(dump.release), sha256 \(dump.recording.digest.text)")
        } catch {
            unlink(path)
            throw ValidationError("\(error)")
        }
    }
}
