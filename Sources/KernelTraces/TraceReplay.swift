import KernelMemory

/// What came of replaying one trace.
public struct ReplayResult: Sendable {
    /// The file.
    public let path: String
    /// Calls replayed.
    public internal(set) var calls = 0
    /// Light and full dumps compared.
    public internal(set) var dumps = 0
    /// Traces in the file that ran to their end.
    public internal(set) var finishedTraces = 0
    /// Machines booted from configuration and compared with a recorded header.
    public internal(set) var headers = 0
    /// The first difference, with what led to it; `nil` if everything is exact.
    public internal(set) var failure: ReplayFailure?
    /// What else is worth knowing.
    public internal(set) var notes: [String] = []

    /// Whether something was compared and everything was exact.
    public var isExact: Bool { failure == nil && (finishedTraces > 0 || headers > 0) }
}

/// Why a replay ended early.
public struct ReplayFailure: Sendable {
    /// The line of the trace.
    public let line: Int
    /// The first difference, or what is wrong with the file.
    public let summary: String
    /// More, for a kernel developer: the calls before, and the zones as they are.
    public let details: [String]
}

/// Replays recorded traces through ``Machine/apply(_:)`` and compares every result.
public enum TraceReplay {
    /// Replays one file.
    public static func replay(path: String) -> ReplayResult {
        var replayer = Replayer(path: path)
        replayer.run()
        return replayer.result
    }
}
