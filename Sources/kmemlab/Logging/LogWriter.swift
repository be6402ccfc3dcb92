import Glibc
import Synchronization

/// Brings lines to a file descriptor on a thread of its own, so that whoever logs waits for nobody.
///
/// What comes while the reader is slow is kept up to a limit; lines beyond are lost, and how many is
/// said once there is room. A descriptor that is closed or broken loses them silently.
final class LogWriter: @unchecked Sendable {
    private struct Waiting {
        var bytes: [UInt8] = []
        var lostCount = 0
        var isWriting = false
    }

    /// Bytes that wait at most.
    private let limitInBytes: Int
    private let descriptor: Int32
    private let waiting = Mutex(Waiting())
    /// Counts how often there was something new.
    private let news: UnsafeMutablePointer<sem_t>
    /// Writes the line that says how many were lost.
    private let lossLine: @Sendable (Int) -> [UInt8]

    /// Starts the thread, which goes on until the process ends.
    ///
    /// - Parameters:
    ///   - descriptor: where lines go.
    ///   - limitInBytes: how much is kept while nobody takes it.
    ///   - lossLine: a line that says how many were lost.
    init(
        descriptor: Int32, limitInBytes: Int = 1 << 20,
        lossLine: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.descriptor = descriptor
        self.limitInBytes = limitInBytes
        self.lossLine = lossLine
        news = .allocate(capacity: 1)
        sem_init(news, 0, 0)
        // A log that nobody reads is no reason to end.
        signal(SIGPIPE, SIG_IGN)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        guard pthread_create(&thread, nil, logWriterStarted, context) == 0 else {
            fatalError("no thread for the log")
        }
        pthread_detach(thread)
    }

    /// Takes one line, with its end. Tokens in it are made unreadable.
    func write(_ line: consuming [UInt8]) {
        hideTokens(in: &line)
        let isFirst = waiting.withLock { waiting in
            guard waiting.bytes.count + line.count <= limitInBytes else {
                waiting.lostCount += 1
                return false
            }
            let isFirst = waiting.bytes.isEmpty
            waiting.bytes += line
            return isFirst
        }
        if isFirst { sem_post(news) }
    }

    /// Waits until all lines are written, or for so long.
    func flush(seconds: Double) {
        let end = ContinuousClock.now + .seconds(seconds)
        while waiting.withLock({ $0.isWriting || !$0.bytes.isEmpty }), ContinuousClock.now < end {
            usleep(1_000)
        }
    }

    fileprivate func run() {
        while true {
            while sem_wait(news) != 0 {}
            let (bytes, lostCount) = waiting.withLock { waiting in
                defer { waiting = Waiting(isWriting: true) }
                return (waiting.bytes, waiting.lostCount)
            }
            send(bytes)
            if lostCount > 0 { send(lossLine(lostCount)) }
            waiting.withLock { $0.isWriting = false }
        }
    }

    /// The corresponding C function is `write`.
    private func send(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress! + start, bytes.count - start)
                if count > 0 {
                    start += count
                } else if errno == EAGAIN {
                    var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&place, 1, 1_000)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}

/// The writer's thread began. The corresponding C function is `pthread_create`.
private let logWriterStarted:
    @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        Unmanaged<LogWriter>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }

/// Puts `*` for the digits of whatever looks like a token: `kml_` or `kmv_`, in either case, and what
/// follows.
///
/// Nothing that is logged should hold one; this is for what nobody thought of.
func hideTokens(in line: inout [UInt8]) {
    var index = 0
    while let start = line[index...].firstIndex(where: { $0 | 0x20 == UInt8(ascii: "k") }) {
        index = start + 1
        guard start + 4 < line.count, line[start + 1] | 0x20 == UInt8(ascii: "m"),
            [UInt8(ascii: "l"), UInt8(ascii: "v")].contains(line[start + 2] | 0x20),
            line[start + 3] == UInt8(ascii: "_")
        else { continue }
        index = start + 4
        while index < line.count, isHexadecimal(line[index]) {
            line[index] = UInt8(ascii: "*")
            index += 1
        }
    }
}

private func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"):
        true
    default: false
    }
}
