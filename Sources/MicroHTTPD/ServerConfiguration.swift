/// Where a server listens and what it allows.
public struct ServerConfiguration: Sendable {
    /// The address to listen on: a numeric address or a name (`127.0.0.1`, `::`, `localhost`).
    public var host = "127.0.0.1"
    /// The port; 0 for any that is free.
    public var port: UInt16 = 8_080
    /// How many threads share the connections, 1...256. Each has its own epoll.
    public var threadCount = 2
    /// How many threads work for requests that take long, 1...256.
    public var workThreadCount = 2
    /// How many connections may be open, at least one for each thread; the next ones wait in the listen queue.
    public var connectionLimit = 1_000
    /// How many connections one address may have open; further ones are closed at once. 0 for
    /// no limit.
    public var connectionsPerAddress = 256
    /// After how long without a byte a connection is closed, in seconds; 0 for never.
    public var idleTimeoutSeconds = 30
    /// How long a client may take for its headers, its body or for taking its answer beyond what
    /// ``leastBytesPerSecond`` allows, in seconds; 0 for as long as it likes. Headers may take the idle
    /// time in addition, and are not timed without one.
    public var patienceInSeconds = 30
    /// The rate that a client must keep to in the long run when it sends a body or takes an answer.
    public var leastBytesPerSecond = 4_096
    /// The largest body, in bytes; a larger one is answered 413.
    public var bodyLimitInBytes = 1_048_576
    /// Memory for the request line, the headers and the response's headers of one connection,
    /// in bytes, 4,096 or more.
    ///
    /// libmicrohttpd clears this memory for every request, so small is fast: 4 KiB costs 11 %
    /// less CPU than its default of 32 KiB. 8 KiB still takes the 4 KB of headers that a browser
    /// with cookies sends; more is answered 431 (or 414, when it is the target).
    public var connectionMemoryInBytes = 8_192

    /// How many requests a client address may make; `nil` for any number, and then nothing is counted.
    public var rateLimit: RateLimit?

    /// The longest request line and headers together, in bytes: what ``connectionMemoryInBytes``
    /// leaves when 1,536 bytes are kept for the response's own headers. libmicrohttpd drops a
    /// connection whose response headers do not fit, so more is answered 431 before that.
    public var headerLimitInBytes: Int { connectionMemoryInBytes - 1_536 }

    /// What is out of range, as a sentence; `nil` when all is well.
    var fault: String? {
        let rules: [(holds: Bool, text: String)] = [
            (1...256 ~= threadCount, "threadCount is \(threadCount), not 1 to 256"),
            (
                1...2_048 ~= workThreadCount,
                "workThreadCount is \(workThreadCount), not 1 to 2048"
            ),
            (
                connectionLimit >= threadCount,
                "connectionLimit is \(connectionLimit), less than one for each thread"
            ),
            (connectionsPerAddress >= 0, "connectionsPerAddress is negative"),
            (idleTimeoutSeconds >= 0, "idleTimeoutSeconds is negative"),
            (patienceInSeconds >= 0, "patienceInSeconds is negative"),
            (leastBytesPerSecond > 0, "leastBytesPerSecond is not positive"),
            (bodyLimitInBytes >= 0, "bodyLimitInBytes is negative"),
            (
                connectionMemoryInBytes >= 4_096,
                "connectionMemoryInBytes is \(connectionMemoryInBytes), less than 4096"
            ),
        ]
        return rules.first { !$0.holds }?.text
    }

    /// Makes the default configuration.
    public init() {}
}
