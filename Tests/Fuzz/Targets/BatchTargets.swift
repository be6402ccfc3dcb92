import CallImport
import KernelMemory
import MicroHTTPD

@testable import MemoryAPI

extension FuzzTarget {
    /// Batches of lines: cut anywhere they come to the same, the machine stays sound, and a refused one
    /// has changed nothing.
    static let lines = FuzzTarget(name: "lines") { bytes in
        var source = ByteSource(bytes)
        let part = Int(source.byte() % 64) + 1
        var options = BatchOptions()
        options.stopsAtFailure = source.byte() & 1 != 0
        try runBatch(source.rest, part: part, nil, options)
    }

    /// Traces of other tools, in each format: the same, and every event becomes a call that is read.
    static let imports = FuzzTarget(name: "imports") { bytes in
        var source = ByteSource(bytes)
        let format = source.element(of: TraceFormat.allCases)
        let part = Int(source.byte() % 64) + 1
        try runBatch(source.rest, part: part, format, BatchOptions())
    }

    private static let booted = MemoryService().store

    private static func runBatch(
        _ bytes: UnsafeRawBufferPointer, part: Int, _ format: TraceFormat?, _ options: BatchOptions
    ) throws {
        let whole = try run(bytes, part: max(bytes.count, 1), format, options)
        let parts = try run(bytes, part: part, format, options)
        try demand(
            whole.hash == parts.hash && whole.problem == parts.problem,
            "in parts of \(part): \(parts), in one \(whole)")
    }

    private static func run(
        _ bytes: UnsafeRawBufferPointer, part: Int, _ format: TraceFormat?, _ options: BatchOptions
    ) throws -> (hash: UInt64, problem: String?) {
        let start = SessionStart.configuration(try MachineConfiguration(kind: .classroom))
        var session = try booted.boot(start, owner: ClientAddress())
        var problem: String?
        do throws(Problem) {
            try run(bytes, part: part, format, options, &session)
        } catch { problem = "\(error.kind) \(error.detail)" }
        try demand(problem == nil || session.step == 0, "a refused batch has run: \(problem ?? "")")
        let violation = session.machine.invariantViolation()
        try demand(violation == nil, violation ?? "")
        return (session.hash, problem)
    }

    private static func run(
        _ bytes: UnsafeRawBufferPointer, part: Int, _ format: TraceFormat?, _ options: BatchOptions,
        _ session: inout SessionState
    ) throws(Problem) {
        var lines = BatchLines(format)
        var batch = try BatchRun(session, options, session.place)
        var rest = bytes[...]
        while !rest.isEmpty {
            // Behind each part there are readable bytes, as behind libmicrohttpd's.
            var copy = PaddedBytes()
            copy.append(UnsafeRawBufferPointer(rebasing: rest.prefix(part)))
            rest = rest.dropFirst(part)
            defer { withExtendedLifetime(copy) {} }
            try lines.take(copy.bytes, into: &batch)
        }
        try lines.finish(into: &batch)
        let result = try batch.finish(at: session)
        var answers = result.answers
        var json = JSONWriter(OutputBuffer())
        guard answers.write(.lines, to: &json) else { preconditionFailure("nobody gave it up") }
        result.commit(to: &session)
        _ = json.finish()
    }
}
