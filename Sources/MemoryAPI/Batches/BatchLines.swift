import CSimdJSON
import CallImport
import Glibc
import MicroHTTPD

/// Hands the lines of a body to a batch, whole as they are, from whatever parts the body comes in.
///
/// A line that a part has whole is read where it lies; only what is cut is copied.
struct BatchLines: ~Copyable {
    /// What the lines are.
    private enum Language {
        /// A JSON object on each.
        case calls
        /// The trace of another tool.
        case trace(TraceImporter)
    }

    private var language: Language
    private var line = 0
    private var emptyLines = 0
    /// The beginning of a line whose end is yet to come.
    private var beginning = PaddedBytes()
    /// A call that a trace came to, as JSON.
    private var call = PaddedBytes()

    /// The longest line, in bytes.
    static let longest = 1 << 20
    /// How many lines may have nothing on them, since those count for no call.
    static let mostEmptyLines = 1_000_000

    /// - Parameter format: the format of a trace; `nil` for calls.
    init(_ format: TraceFormat?) {
        language = format.map { .trace(TraceImporter($0)) } ?? .calls
    }

    /// Takes the next part.
    mutating func take(
        _ part: UnsafeRawBufferPointer, into batch: inout BatchRun
    ) throws(Problem) {
        var rest = part
        while true {
            if beginning.isEmpty { try skipEmptyLines(&rest) }
            guard let end = rest.firstLineEnd else { break }
            let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
            if beginning.isEmpty, rest.count >= PaddedBytes.padding {
                try read(line, into: &batch)
            } else {
                try keep(line)
                try readKept(into: &batch)
            }
        }
        try keep(rest)
    }

    /// Passes over empty lines between calls, since there can be millions of them.
    private mutating func skipEmptyLines(_ rest: inout UnsafeRawBufferPointer) throws(Problem) {
        guard case .calls = language else { return }
        var index = 0
        while index < rest.count, rest[index] == 10 { index += 1 }
        guard index > 0 else { return }
        line += index
        try countEmptyLines(index)
        rest = UnsafeRawBufferPointer(rebasing: rest[index...])
    }

    private mutating func countEmptyLines(_ count: Int) throws(Problem) {
        emptyLines += count
        guard emptyLines <= Self.mostEmptyLines else {
            throw Problem(
                .payloadTooLarge, "A batch may have \(Self.mostEmptyLines) empty lines at most.")
        }
    }

    /// Reads the last line, which may have no end.
    mutating func finish(into batch: inout BatchRun) throws(Problem) {
        if !beginning.isEmpty { try readKept(into: &batch) }
        guard case .trace(var importer) = language else { return }
        do throws(ImportError) { try importer.finish() } catch { throw Problem(error) }
        for imported in importer.calls { try add(imported, to: &batch) }
        batch.noteSkipped(importer.skipped)
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard beginning.count + bytes.count <= Self.longest else {
            throw Problem(.payloadTooLarge, "A line may have \(Self.longest) bytes at most.")
        }
        beginning.append(bytes)
    }

    private mutating func readKept(into batch: inout BatchRun) throws(Problem) {
        let line = beginning.bytes
        defer { beginning.removeAll() }
        try read(line, into: &batch)
    }

    /// Reads a line with readable bytes behind it.
    private mutating func read(
        _ bytes: UnsafeRawBufferPointer, into batch: inout BatchRun
    ) throws(Problem) {
        line += 1
        let isEmpty = bytes.allSatisfy(isBlank)
        if isEmpty { try countEmptyLines(1) }
        switch language {
        case .calls:
            if isEmpty { return }
            try batch.add(try JSONBody.parse(bytes, line: line))
        case .trace(var importer):
            language = .calls
            defer { language = .trace(importer) }
            do throws(ImportError) { try importer.read(line: bytes) } catch {
                throw Problem(error)
            }
            for imported in importer.calls { try add(imported, to: &batch) }
        }
    }

    private mutating func add(
        _ imported: ImportedCall, to batch: inout BatchRun
    ) throws(Problem) {
        var text = imported.json
        call.removeAll()
        text.withUTF8 { call.append(UnsafeRawBufferPointer($0)) }
        do throws(Problem) {
            try batch.add(try JSONBody.parse(call.bytes, line: line))
        } catch { throw error.inLine(line) }
    }
}

extension UnsafeRawBufferPointer {
    /// Where the first line ends; `nil` if it does not end here.
    @inline(__always)
    fileprivate var firstLineEnd: Int? {
        guard let start = baseAddress, let end = memchr(start, 10, count) else { return nil }
        return UnsafeRawPointer(end) - start
    }
}

extension Problem {
    /// A line that is none of its format.
    convenience init(_ error: ImportError) {
        self.init(
            .invalidTrace, "Line \(error.line): \(error.reason)",
            faults: [
                .init(place: .body("/\(error.line - 1)"), value: error.found, detail: error.reason)
            ],
            extras: [.number("line", UInt64(error.line))])
    }

    /// The same about a call that a line of a trace came to.
    fileprivate func inLine(_ line: Int) -> Problem {
        Problem(
            kind, "Line \(line): \(detail)", suggestions: suggestions,
            extras: extras + [.number("line", UInt64(line))])
    }
}
