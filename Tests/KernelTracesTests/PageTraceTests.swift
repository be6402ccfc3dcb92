import Foundation
import KernelTraces
import Testing

/// Traces of real kernels, kept beside the tests.
enum Traces {
    static let folder = Bundle.module.resourceURL!.appendingPathComponent("Traces")

    static func names(_ kind: String) -> [String] {
        let all = try! FileManager.default.contentsOfDirectory(atPath: folder.path)
        return all.filter { $0.contains("-\(kind)-") }.sorted()
    }

    static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// The lines of a trace.
    static func lines(_ name: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-dc", path(name)]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Writes lines to a file of their own and replays it.
    static func replay(_ lines: [String]) throws -> ReplayResult {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("trace-\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
        return TraceReplay.replay(path: file.path)
    }
}

@Suite struct PageTraceTests {
    @Test(arguments: Traces.names("page"))
    func recordedCalls_returnWhatTheKernelReturned(_ name: String) {
        let result = TraceReplay.replay(path: Traces.path(name))
        #expect(result.failure == nil, "\(result.failure?.summary ?? "")")
        #expect(result.isExact)
        #expect(result.finishedTraces == 1)
        #expect(result.calls > 1_000)
        #expect(result.dumps > 20)
    }

    @Test(arguments: Traces.names("header"))
    func bootedMachine_hasTheRecordedNumbers(_ name: String) {
        let result = TraceReplay.replay(path: Traces.path(name))
        #expect(result.failure == nil, "\(result.failure?.summary ?? "")")
        #expect(result.headers >= 1)
    }

    /// A trace with one number changed, in each kind of record, must not pass.
    @Test(
        arguments: [
            (#"{"t":"a""#, #""p":"#), (#"{"t":"f""#, #""p":"#), (#"{"t":"L""#, #""f":"#),
            (#"{"t":"free""#, #""pfns":["#), (#"{"t":"zone""#, #""nr_free_pages":"#),
            (#"{"t":"pcp""#, #""free_factor":"#), (#"{"t":"pageblocks""#, #""mt":["#),
            (#"{"t":"L""#, #""pcp":[["#), (#"{"t":"zone""#, #""boost":"#),
        ])
    func alteredTrace_fails(_ kind: String, _ field: String) throws {
        var lines = try Traces.lines("i386-page-m512-plain-seed1.jsonl.gz")
        let index = try #require(
            lines.lastIndex { $0.hasPrefix(kind) && $0.contains(field) && Self.hasDigit($0, field) }
        )
        lines[index] = Self.alter(lines[index], after: field)
        let result = try Traces.replay(lines)
        #expect(!result.isExact)
        #expect(result.failure != nil)
    }

    private static func hasDigit(_ line: String, _ field: String) -> Bool {
        line.range(of: field).map { line[$0.upperBound...].first?.isNumber == true } ?? false
    }

    /// Replaces the last digit of the number behind a field by another.
    private static func alter(_ line: String, after field: String) -> String {
        let start = line.range(of: field)!.upperBound
        let end = line[start...].firstIndex { !$0.isNumber } ?? line.endIndex
        let last = line.index(before: end)
        let digit = (Int(String(line[last]))! + 1) % 4
        return line.replacingCharacters(in: last..<end, with: String(digit))
    }

    @Test func truncatedTrace_fails() throws {
        let lines = try Traces.lines("i386-page-m512-plain-seed1.jsonl.gz")
        #expect(try !Traces.replay(Array(lines.prefix(lines.count * 2 / 3))).isExact)
        #expect(try !Traces.replay([]).isExact)
    }

    @Test(arguments: [
        "nonsense", "{}", #"{"t":7}"#, #"{"t":"a","g":1}"#, #"{"t":"a","g":-1,"o":0,"p":1}"#,
        #"{"t":"enddump"}"#, #"{"t":"trace","kind":"slab"}"#, "[1,2", "\u{0}",
    ])
    func malformedTrace_isRefusedWithItsLine(_ text: String) throws {
        let result = try Traces.replay([text])
        #expect(result.failure != nil)
    }

    @Test func missingFile_isRefused() {
        #expect(TraceReplay.replay(path: "/nonexistent/trace.jsonl").failure != nil)
    }

    @Test(arguments: [
        (#""start":4096"#, #""start":1"#), (#""spanned":126944"#, #""spanned":4000000000"#),
        (#""managed":"#, #""managed":9"#), (#""batch":31"#, #""batch":0"#),
        (#""online":1,"count""#, #""online":0,"count""#),
        (#""order":10,"mt":1"#, #""order":99,"mt":1"#),
        (#""wm":["#, #""wm":[-"#),
    ])
    func contradictoryDump_isRefused(_ text: String, _ replacement: String) throws {
        let lines = try Traces.lines("i386-page-m512-plain-seed1.jsonl.gz").map {
            $0.replacingOccurrences(of: text, with: replacement)
        }
        #expect(try Traces.replay(lines).failure != nil)
    }
}
