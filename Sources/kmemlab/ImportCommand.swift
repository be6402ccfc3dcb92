import ArgumentParser
import CallImport
import Glibc

/// `kmemlab import FILE`: shows the kernel calls that another tool's trace comes to.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Turn a trace of allocations into kernel calls, one on each line.",
        discussion: """
            Reads a trace of the malloc lab (.rep), of glibc's mtrace, or of the kernel's ftrace with \
            the events of kmem, and writes what POST /calls takes as application/x-ndjson. A file of - is \
            the standard input. What a line of the trace cannot be is said with its number; the exit \
            status is then 1.
            """)

    @Argument(help: "The trace.")
    var file: String

    @Option(help: "rep, mtrace or ftrace; found out if not said.")
    var format: TraceFormat?

    func run() throws {
        let descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY)
        guard descriptor >= 0 else {
            throw ValidationError("cannot read \(file): \(String(cString: strerror(errno)))")
        }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var lines = FileLines(descriptor)
        var output = CallOutput(format)
        do throws(ImportError) {
            while let line = lines.next() { try output.take(line) }
            if lines.error == nil { try output.finish() }
        } catch {
            output.flush()
            write("\(file):\(error.line): \(error.reason) It reads: \(error.found)")
            throw ExitCode.failure
        }
        output.flush()
        if let error = lines.error {
            write("cannot read \(file): \(String(cString: strerror(error)))")
            throw ExitCode.failure
        }
        if output.skipped > 0 { write("\(output.skipped) events were skipped.") }
    }

    private func write(_ message: String) {
        var text = "kmemlab import: \(message)\n"
        _ = text.withUTF8 { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

extension TraceFormat: ExpressibleByArgument {}

/// Writes calls to the standard output, in blocks.
private struct CallOutput {
    private var importer: TraceImporter?
    private var block: [UInt8] = []
    /// Empty lines before the format was known.
    private var emptyLines = 0

    init(_ format: TraceFormat?) { importer = format.map { TraceImporter($0) } }

    /// Events that became no calls.
    var skipped: Int { importer?.skipped ?? 0 }

    mutating func take(_ line: UnsafeRawBufferPointer) throws(ImportError) {
        if importer == nil { importer = try detected(line) }
        guard importer != nil else { return }
        try importer!.read(line: line)
        appendCalls()
        if block.count >= 65_536 { flush() }
    }

    private mutating func appendCalls() {
        for call in importer?.calls ?? [] {
            block += call.json.utf8
            block.append(UInt8(ascii: "\n"))
        }
    }

    /// Takes the end of the trace.
    mutating func finish() throws(ImportError) {
        guard importer != nil else {
            throw ImportError(
                line: emptyLines + 1, reason: "There is nothing in it.", found: "the end")
        }
        try importer!.finish()
        appendCalls()
    }

    private mutating func detected(
        _ line: UnsafeRawBufferPointer
    ) throws(ImportError) -> TraceImporter? {
        if line.allSatisfy({ $0 == 0x20 || (0x09...0x0d).contains($0) }) {
            emptyLines += 1
            return nil
        }
        guard let format = TraceFormat(firstLine: line) else {
            throw ImportError(
                line: emptyLines + 1,
                reason: "This begins no trace of a known format; --format says which it is.",
                found: String(decoding: line.prefix(120), as: UTF8.self))
        }
        var importer = TraceImporter(format)
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        for _ in 0..<emptyLines { try importer.read(line: empty) }
        return importer
    }

    mutating func flush() {
        var written = 0
        while written < block.count {
            let count = block.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress! + written, $0.count - written)
            }
            guard count > 0 else { _exit(1) }
            written += count
        }
        block.removeAll(keepingCapacity: true)
    }
}
