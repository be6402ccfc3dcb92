import KernelMemory
import MicroHTTPD

/// A session's calls as a trace, written while it is sent.
///
/// It keeps a machine of its own, and reads a few calls at a time from the journal, in the session's turn in the
/// work queue. If the session has gone another way meanwhile, the trace ends with a line that says so.
final class TraceStream: ResponseStream, @unchecked Sendable {
    private let session: Session
    private let store: SessionStore
    /// The last step to tell of.
    private let end: Int
    private var teller: TraceTeller
    /// The state's hash at the step where the teller is.
    private var hash: UInt64
    /// What is written and not sent.
    private var unsent = OutputBuffer()
    private var sentCount = 0
    private var hasEnded = false

    /// Calls that are read from the journal at once.
    private static let callsAtOnce = 64
    /// About how much is written at once.
    private static let pieceInBytes = 32_768

    /// - Parameters:
    ///   - start: the session at the step behind which the trace begins.
    ///   - end: the last step to tell of, not before that.
    init(_ session: Session, _ store: SessionStore, from start: SessionView, to end: Int) {
        self.session = session
        self.store = store
        self.end = end
        teller = TraceTeller(start.machine)
        hash = start.hash
        unsent.appendTraceHeader(start.machine, from: start.step, to: end)
    }

    func opened(_ waker: StreamWaker) {}

    func closed() {}

    func read(into block: UnsafeMutableRawBufferPointer) -> StreamRead {
        guard sentCount < unsent.count else {
            return hasEnded ? .end : .takesLong(.shared(session.turn))
        }
        let count = min(unsent.count - sentCount, block.count)
        block.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: unsent.bytes[sentCount..<(sentCount + count)]))
        sentCount += count
        return .bytes(count)
    }

    func prepare() {
        unsent.removeAll()
        sentCount = 0
        while !hasEnded, unsent.count < Self.pieceInBytes { write() }
    }

    /// Writes the events of some calls.
    private func write() {
        guard let calls = nextCalls() else {
            unsent.append(
                "# The session has changed: the trace ends behind step \(teller.machine.step).\n")
            hasEnded = true
            return
        }
        for call in calls {
            let place = TracePlace(teller.machine)
            for (index, event) in teller.tell(call).enumerated() {
                unsent.append(
                    place.text(index) + event.text(teller.machine, step: place.step) + "\n")
            }
        }
        hasEnded = Int(teller.machine.step) >= end
    }

    /// Reads calls from the journal; `nil` if the session is not what it was.
    private func nextCalls() -> [KernelCall]? {
        let start = Int(teller.machine.step)
        let stop = min(start + Self.callsAtOnce, end)
        let calls = try? store.look(at: session) { (state) throws(Problem) -> [KernelCall]? in
            guard stop <= state.lastStep, state.head(at: start).stateHash == hash else {
                return nil
            }
            hash = state.head(at: stop).stateHash
            return state.calls(start..<stop)
        }
        return calls ?? nil
    }
}
