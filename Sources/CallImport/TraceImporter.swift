/// Turns a trace into kernel calls, line by line.
///
///     var importer = TraceImporter(.rep)
///     try importer.read(line: bytes)
///     for call in importer.calls { ... }
///     importer.finish()
///     for call in importer.calls { ... }
///
/// It keeps what is in use, and nothing else of what it read.
public struct TraceImporter: Sendable {
    /// The most different ids or addresses of one trace.
    public static let nameLimit = 100_000
    /// The longest line, in bytes.
    public static let longestLine = 65_536

    /// Lines read.
    public private(set) var line = 0
    /// Events that became no calls: unknown ones, and those about memory that the trace does not have.
    public private(set) var skipped = 0
    /// What the last line came to.
    public private(set) var calls: [ImportedCall] = []
    private var reader: Reader

    private enum Reader: Sendable {
        case rep(RepReader)
        case mtrace(MtraceReader)
        case ftrace(FtraceReader)
    }

    /// An importer of a format.
    public init(_ format: TraceFormat) {
        reader =
            switch format {
            case .rep: .rep(RepReader())
            case .mtrace: .mtrace(MtraceReader())
            case .ftrace: .ftrace(FtraceReader())
            }
    }

    /// Reads one line, without its end; the calls are then in ``calls``.
    ///
    /// - Throws: ``ImportError`` for a line that the format does not have.
    public mutating func read(line bytes: UnsafeRawBufferPointer) throws(ImportError) {
        line += 1
        calls.removeAll(keepingCapacity: true)
        guard bytes.count <= Self.longestLine else {
            throw ImportError(
                line: line, reason: "A line may have \(Self.longestLine) bytes at most.",
                found: bytes.shown)
        }
        let words = Words(bytes)
        guard words.first != nil else { return }
        do throws(LineFault) {
            let isEvent = try readEvent(bytes)
            if !isEvent { skipped += 1 }
        } catch { throw ImportError(line: line, reason: error.reason, found: bytes.shown) }
    }

    /// Ends the trace; what was left to be known of earlier lines is then in ``calls``.
    ///
    /// - Throws: ``ImportError`` if the format says that there have to be more lines.
    public mutating func finish() throws(ImportError) {
        calls.removeAll(keepingCapacity: true)
        if case .rep(let state) = reader, let missing = state.missing {
            throw ImportError(line: max(line, 1), reason: missing, found: "the end")
        }
        guard case .ftrace(var state) = reader else { return }
        state.finish(&calls)
        reader = .ftrace(state)
    }

    private mutating func readEvent(_ line: UnsafeRawBufferPointer) throws(LineFault) -> Bool {
        switch reader {
        case .rep(var state):
            reader = .rep(RepReader())
            defer { reader = .rep(state) }
            return try state.read(line, &calls)
        case .mtrace(var state):
            reader = .mtrace(MtraceReader())
            defer { reader = .mtrace(state) }
            return try state.read(line, &calls)
        case .ftrace(var state):
            reader = .ftrace(FtraceReader())
            defer { reader = .ftrace(state) }
            return try state.read(line, &calls)
        }
    }
}

/// What is wrong with a line, as a sentence.
struct LineFault: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
