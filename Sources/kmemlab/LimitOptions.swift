import ArgumentParser
import MemoryAPI
import MicroHTTPD

/// What one service and one session may use, from the command line.
struct LimitOptions: ParsableArguments {
    @Option(
        help: "Sessions at a time (default: \(SessionLimits().sessions); with --data 1000000).")
    var maxSessions: Int?

    @Option(
        help: """
            Sessions at a time of one client address (default: \(SessionLimits().sessionsPerAddress); \
            with --data 200000).
            """)
    var maxSessionsPerAddress: Int?

    @Option(help: "Calls in one session.")
    var maxCalls = SessionLimits().callsPerSession

    @Option(help: "Blocks and objects that one session's machine may hold.")
    var maxObjects = SessionLimits().objectsPerSession

    @Option(help: "Areas of the vmalloc address space that one session's machine may hold.")
    var maxAreas = SessionLimits().areasPerSession

    @Option(help: "Caches that one session's machine may hold.")
    var maxCaches = SessionLimits().cachesPerSession

    @Option(
        help: """
            Seconds of a processor's time that one request may spend on calls. A batch is stopped then, \
            others are refused.
            """)
    var maxWork = SessionLimits().workSecondsPerRequest

    @Option(
        help: """
            Seconds without a request after which a session ends (default: \
            \(SessionLimits().idleSeconds); with --data 2592000, thirty days).
            """)
    var sessionIdle: UInt64?

    @Option(
        help: """
            MiB that the server may use before sessions that nobody asks for leave memory; they come back \
            from the journal, so this needs --data.
            """)
    var memoryLimit = SessionLimits().residentBytes >> 20

    @Option(help: "Spectators (GET /events) at a time; each takes a connection.")
    var maxStreams = SessionLimits().streams

    @Option(help: "Spectators of one session.")
    var maxStreamsPerSession = SessionLimits().streamsPerSession

    @Option(help: "Connections at a time.")
    var maxConnections = 4_000

    @Option(help: "Seconds without a byte after which a connection is closed.")
    var connectionIdle = ServerConfiguration().idleTimeoutSeconds

    @Option(
        help: """
            Requests of one client address within --rate-window seconds; beyond them it is answered 429. 0 for any \
            number.
            """)
    var rateLimit = 60_000

    @Option(help: "Seconds in which the requests of --rate-limit come back.")
    var rateWindow = 60

    @Flag(
        help: """
            Count the requests of clients on this host too. A proxy there, or a grader, speaks for many.
            """)
    var rateLimitLoopback = false

    @Option(
        help: """
            Seconds that a client may take for its headers, its body, or for taking its answer, beyond what \
            --client-rate allows; then its connection is closed.
            """)
    var clientPatience = ServerConfiguration().patienceInSeconds

    @Option(help: "Bytes a second that a client must send or take in the long run.")
    var clientRate = ServerConfiguration().leastBytesPerSecond

    @Option(help: "Connections at a time of one client address (default: as many as there may be).")
    var maxConnectionsPerAddress: Int?

    mutating func validate() throws {
        let limits: [(String, UInt64)] = [
            ("max-sessions", UInt64(clamping: maxSessions ?? 1)),
            ("max-sessions-per-address", UInt64(clamping: maxSessionsPerAddress ?? 1)),
            ("max-calls", UInt64(clamping: maxCalls)), ("session-idle", sessionIdle ?? 1),
            ("memory-limit", memoryLimit), ("max-streams", UInt64(clamping: maxStreams)),
            ("max-streams-per-session", UInt64(clamping: maxStreamsPerSession)),
            ("max-connections", UInt64(clamping: maxConnections)),
            ("connection-idle", UInt64(clamping: connectionIdle)),
            ("max-objects", UInt64(clamping: maxObjects)),
            ("max-areas", UInt64(clamping: maxAreas)), ("max-caches", UInt64(clamping: maxCaches)),
            ("client-patience", UInt64(clamping: clientPatience)),
            ("client-rate", UInt64(clamping: clientRate)),
            ("max-connections-per-address", UInt64(clamping: maxConnectionsPerAddress ?? 1)),
        ]
        if let (name, _) = limits.first(where: { $0.1 == 0 }) {
            throw ValidationError("--\(name) must be at least 1.")
        }
        guard maxWork > 0, maxWork <= 86_400 else {
            throw ValidationError("--max-work must be above 0 and at most 86400 seconds.")
        }
        guard 0...1_000_000_000 ~= rateLimit, 1...86_400 ~= rateWindow else {
            throw ValidationError(
                "--rate-limit must be 0 to 1000000000, --rate-window 1 to 86400 seconds.")
        }
        guard maxCalls <= 1 << 31 else {
            throw ValidationError("--max-calls must be at most \(1 << 31).")
        }
        guard memoryLimit <= 1 << 30 else {
            throw ValidationError("--memory-limit must be at most \(1 << 30) MiB.")
        }
    }

    /// How many requests a client may make; `nil` for any number.
    var requests: RateLimit? {
        guard rateLimit > 0 else { return nil }
        return RateLimit(
            requests: rateLimit, seconds: rateWindow, countsLoopback: rateLimitLoopback)
    }

    /// The limits of a service.
    ///
    /// - Parameter isDurable: whether sessions outlive the process, so that many more can be kept.
    func sessionLimits(isDurable: Bool) -> SessionLimits {
        var limits = isDurable ? SessionLimits.durable : SessionLimits()
        limits.sessions = maxSessions ?? limits.sessions
        limits.sessionsPerAddress = maxSessionsPerAddress ?? limits.sessionsPerAddress
        limits.callsPerSession = maxCalls
        limits.objectsPerSession = maxObjects
        limits.areasPerSession = maxAreas
        limits.cachesPerSession = maxCaches
        limits.workSecondsPerRequest = maxWork
        limits.idleSeconds = sessionIdle ?? limits.idleSeconds
        limits.streams = maxStreams
        limits.streamsPerSession = maxStreamsPerSession
        limits.residentBytes = memoryLimit << 20
        return limits
    }
}
