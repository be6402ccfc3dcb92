import CallImport
import MicroHTTPD

/// Runs the lines of a body as they come in, so that no body need fit in memory.
///
/// A short body is gathered and run at once at its end, so that nobody can change the session meanwhile.
/// A longer one is run in parts of about that length, in its session's turn in the work queue.
final class BatchReceiver: BodyReceiver {
    let session: Session
    let options: BatchOptions
    private let store: SessionStore
    private let format: TraceFormat?
    private var run: LineRun?
    private var gathered = PaddedBytes()
    /// Whether the batch is run in parts, where nobody else waits.
    private var isLong = false
    private var problem: Problem?
    /// The hash of what came, if the client may send it again; else 0.
    private(set) var bodyHash: UInt64 = 0
    private let hashesBody: Bool

    /// The largest body, in bytes.
    static let bodyLimit = 1 << 30
    /// The longest body that is gathered, in bytes.
    private static let gatheredLimit = 65_536

    /// The lines that came, and the calls that ran.
    private struct LineRun: ~Copyable {
        var lines: BatchLines
        var batch: BatchRun

        mutating func take(_ part: UnsafeRawBufferPointer) throws(Problem) {
            batch.budget.resume()
            defer { batch.budget.pause() }
            try lines.take(part, into: &batch)
        }
    }

    /// Authenticates the client.
    init(
        _ store: SessionStore, _ request: borrowing Request, _ format: TraceFormat?
    ) throws(Problem) {
        try request.checkQuery(BatchOptions.names)
        var options = try BatchOptions(request)
        if format != nil { options.wantsSummary = true }
        self.options = options
        self.format = format
        self.store = store
        hashesBody = request.header("Idempotency-Key") != nil
        session = try store.session(of: request, for: .changing)
    }

    func receive(_ part: UnsafeRawBufferPointer) -> BodyProgress {
        if problem != nil { return .enough }
        if hashesBody { bodyHash = StateHash.continued(bodyHash, part) }
        gathered.append(part)
        return gathered.count <= Self.gatheredLimit ? .more : .takesLong(.shared(session.turn))
    }

    /// Runs the lines that were gathered.
    func work() {
        do throws(Problem) {
            if !isLong { try beginLong() }
            try run?.take(gathered.bytes)
            gathered.removeAll()
        } catch {
            problem = error
            run = nil
        }
    }

    func abandoned() {}

    /// Runs what is left to run, at the session's state unless the batch has begun already.
    func finish(at session: borrowing SessionState) throws(Problem) -> BatchResult {
        if let problem { throw problem }
        if isLong { try session.place.leaveShared() } else { try begin(session, session.place) }
        try run?.take(gathered.bytes)
        guard var run = run.take() else { preconditionFailure("the batch has begun") }
        run.batch.budget.resume()
        try run.lines.finish(into: &run.batch)
        return try run.batch.finish(at: session)
    }

    private func begin(
        _ session: borrowing SessionState, _ place: WorkPlace
    ) throws(Problem) {
        run = LineRun(lines: BatchLines(format), batch: try BatchRun(session, options, place))
    }

    /// Begins a batch that is run in parts.
    private func beginLong() throws(Problem) {
        isLong = true
        let slot = try BatchSlot(of: store.batchSlots)
        try store.look(at: session) { (state) throws(Problem) in try begin(state, .own) }
        run?.batch.slot = slot
    }
}

/// Stands for a receiver where a request is refused before its body has come.
final class RefusedBatch: BodyReceiver {
    let problem: Problem

    init(_ problem: Problem) { self.problem = problem }

    func receive(_ part: UnsafeRawBufferPointer) -> BodyProgress { .enough }

    func abandoned() {}
}
