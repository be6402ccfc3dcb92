import ArgumentParser
import MemoryAPI
import MicroHTTPD

/// What one service and one session may use, from the command line.
struct LimitOptions: ParsableArguments {
    @Option(help: "Sessions at a time.")
    var maxSessions = SessionLimits().sessions

    @Option(help: "Sessions at a time of one client address.")
    var maxSessionsPerAddress = SessionLimits().sessionsPerAddress

    @Option(help: "Calls in one session.")
    var maxCalls = SessionLimits().callsPerSession

    @Option(help: "Seconds without a request after which a session ends.")
    var sessionIdle = SessionLimits().idleSeconds

    @Option(help: "Connections at a time.")
    var maxConnections = 4_000

    @Option(help: "Seconds without a byte after which a connection is closed.")
    var connectionIdle = ServerConfiguration().idleTimeoutSeconds

    mutating func validate() throws {
        guard maxSessions > 0, maxSessionsPerAddress > 0, maxCalls > 0, maxConnections > 0,
            sessionIdle > 0, connectionIdle > 0
        else { throw ValidationError("A limit must be at least 1.") }
        guard maxCalls <= 1 << 31 else {
            throw ValidationError("--max-calls must be at most \(1 << 31).")
        }
    }

    var sessionLimits: SessionLimits {
        var limits = SessionLimits()
        limits.sessions = maxSessions
        limits.sessionsPerAddress = maxSessionsPerAddress
        limits.callsPerSession = maxCalls
        limits.idleSeconds = sessionIdle
        return limits
    }
}
