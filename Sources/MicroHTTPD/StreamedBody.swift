import CMicroHTTPD

/// A stream on its way through libmicrohttpd. It closes its source when it goes away itself.
final class StreamedBody {
    /// What libmicrohttpd allocates for a client that knows no chunks (HTTP/1.0). All others are
    /// written into the connection's memory.
    static let blockInBytes = 512

    private let source: any ResponseStream
    /// Where the stream sleeps, and who prepares what takes long; `nil` until it was handed to
    /// libmicrohttpd.
    private var bed: (connection: OpaquePointer, suspensions: Suspensions, queue: WorkQueue)?
    private let suspension = Suspension()
    /// What is prepared, if it takes long.
    private var work: SleepersWork?
    /// How long its client is waited for; nobody waits for it while the stream sleeps.
    var patience: Patience?
    private var isOpen = false
    /// Whether bytes are on their way to the client.
    private var isAwaited = true

    init(_ source: some ResponseStream) { self.source = source }

    deinit {
        work?.cancel()
        bed?.suspensions.remove(suspension)
        source.closed()
    }

    /// Prepares for being read by libmicrohttpd.
    func attach(to connection: OpaquePointer, _ suspensions: Suspensions, _ queue: WorkQueue) {
        bed = (connection, suspensions, queue)
    }

    /// Reads the next bytes; lets the connection sleep when there are none.
    ///
    /// - Returns: how many there were; 0 when it sleeps; `mhd_end_of_stream` at the end, or when
    ///   the server stops.
    func read(into block: UnsafeMutableRawBufferPointer) -> Int {
        guard let bed else { return mhd_end_of_stream }
        open(bed.suspensions)
        while !suspension.isStopped {
            if work?.isDone == false {
                if suspension.sleep(bed.connection) { return 0 }
                continue
            }
            switch source.read(into: block) {
            case .bytes(let count):
                precondition(count > 0 && count <= block.count, "a stream wrote \(count) bytes")
                noteRead(count)
                return count
            case .end: return mhd_end_of_stream
            case .wait:
                stopWaitingForClient()
                if suspension.sleep(bed.connection) { return 0 }
            case .takesLong(let turn):
                stopWaitingForClient()
                prepare(turn, bed.queue)
            }
        }
        return mhd_end_of_stream
    }

    /// Has the source prepare what comes next.
    private func prepare(_ turn: WorkTurn, _ queue: WorkQueue) {
        let owner = Unmanaged.passUnretained(self).toOpaque()
        let work = SleepersWork(suspension, turn: turn.number(of: owner)) { [source] in
            source.prepare()
        }
        self.work = work
        queue.add(work.job)
    }

    private func stopWaitingForClient() {
        patience?.stop()
        isAwaited = false
    }

    private func noteRead(_ count: Int) {
        if isAwaited {
            patience?.note(count)
        } else {
            patience?.awaitTaking(of: count)
            isAwaited = true
        }
    }

    private func open(_ suspensions: Suspensions) {
        guard !isOpen else { return }
        isOpen = true
        suspensions.add(suspension, .stream)
        source.opened(StreamWaker(suspension: suspension))
    }

    /// All bytes up to the end, or up to where the stream would wait.
    func readAll() -> [UInt8] {
        source.opened(StreamWaker(suspension: nil))
        var bytes: [UInt8] = []
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 16)
        defer { block.deallocate() }
        while true {
            switch source.read(into: block) {
            case .bytes(let count): bytes += block[..<count]
            case .takesLong: source.prepare()
            case .wait, .end: return bytes
            }
        }
    }
}
