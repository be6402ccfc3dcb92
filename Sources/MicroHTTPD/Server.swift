import CMicroHTTPD
import Glibc
import Synchronization

/// A running HTTP/1.1 server: libmicrohttpd's internal epoll threads, and a router.
///
/// It listens from its initialiser until ``stop(gracePeriodInSeconds:)``, or until it goes away.
public final class Server: Sendable {
    /// The daemon's handle, and no more than one owner of it.
    private struct Daemon: @unchecked Sendable {
        var handle: OpaquePointer?
        /// The socket that it listens on, which it closes when it stops.
        let listener: Int32
    }

    private let core: ServerCore
    private let daemon: Mutex<Daemon>
    /// The port that it listens on; the real one when the configuration's was 0.
    public let port: UInt16

    /// Starts a server. SIGPIPE is ignored in the process from then on.
    ///
    /// - Parameters:
    ///   - configuration: where to listen, and the limits.
    ///   - router: answers every request.
    /// - Throws: a ``ServerError`` that says what is wrong, such as an address in use.
    ///
    /// The corresponding libmicrohttpd function is `MHD_start_daemon`.
    public init(configuration: ServerConfiguration, router: Router) throws(ServerError) {
        signal(SIGPIPE, SIG_IGN)
        if let reason = configuration.fault { throw .invalidConfiguration(reason) }
        var listener = try ListenSocket(host: configuration.host, port: configuration.port)
        core = ServerCore(router: router, configuration: configuration)
        port = listener.port
        // libmicrohttpd closes the socket also when it does not start.
        let socket = listener.release()
        let handle = startDaemon(configuration, core: core, listener: socket)
        guard let handle else { throw .daemonRefused }
        daemon = Mutex(Daemon(handle: handle, listener: socket))
        guard configuration.patienceInSeconds > 0 else { return }
        Ticker.start(seconds: min(1, Double(configuration.patienceInSeconds) / 4)) {
            [weak core] in
            core?.connections.cutExhausted()
            return core != nil
        }
    }

    deinit {
        stop(gracePeriodInSeconds: 0)
    }

    /// Has the whole process give every freed block of 64 KiB or more back to the system.
    ///
    /// Left alone, glibc raises this threshold to the largest block that was ever freed and keeps
    /// those below it, so that a crowd of large bodies would stay resident. For the program to call
    /// before its first request.
    ///
    /// The corresponding C function is `mallopt` (`M_MMAP_THRESHOLD`).
    public static func returnLargeBlocksToTheSystem() {
        mallopt(M_MMAP_THRESHOLD, 65_536)
    }

    /// Requests between their request line and the end of their response.
    public var openRequestCount: Int { core.openRequestCount }

    /// How many connections were cut off because their clients dawdled.
    public var cutConnectionCount: Int { core.connections.cut }

    /// Stops listening, ends streams, lets open requests finish, and closes all connections. Calling it again
    /// does nothing. Not to be called by a handler, whose thread it waits for.
    ///
    /// - Parameter gracePeriodInSeconds: how long to wait for open requests at most. A handler
    ///   that still runs then is waited for, but its response is not sent; a ``Watchdog`` ends the
    ///   process when it never returns. Nor is an answer sent that is still held then.
    ///
    /// The corresponding libmicrohttpd function is `MHD_stop_daemon`.
    public func stop(gracePeriodInSeconds: Double) {
        daemon.withLock { daemon in
            guard let handle = daemon.handle else { return }
            daemon.handle = nil
            // Not MHD_quiesce_daemon: 0.9.75 ends the process when a thread of its own is faster than
            // that in taking the socket out of its epoll.
            shutdown(daemon.listener, Int32(SHUT_RD))
            core.suspensions.stop(.stream)
            waitForOpenRequests(seconds: gracePeriodInSeconds)
            core.workQueue.stop()
            core.suspensions.stop(.heldAnswer)
            MHD_stop_daemon(handle)
        }
    }

    private func waitForOpenRequests(seconds: Double) {
        let end = ContinuousClock.now + .seconds(seconds)
        while core.openRequestCount > 0, ContinuousClock.now < end { usleep(2_000) }
    }
}

private func startDaemon(
    _ configuration: ServerConfiguration, core: ServerCore, listener: Int32
) -> OpaquePointer? {
    var settings = mhd_settings()
    settings.thread_count = UInt32(clamping: configuration.threadCount)
    settings.connection_limit = UInt32(clamping: configuration.connectionLimit)
    settings.connections_per_address = UInt32(clamping: configuration.connectionsPerAddress)
    settings.idle_timeout_in_seconds = UInt32(clamping: configuration.idleTimeoutSeconds)
    settings.connection_memory_in_bytes = configuration.connectionMemoryInBytes
    settings.listen_socket = listener
    settings.context = Unmanaged.passUnretained(core).toOpaque()
    settings.handle = requestContinued
    settings.completed = requestCompleted
    settings.connection_changed = connectionChanged
    settings.target_received = targetReceived
    settings.unescape = keepEscapes
    return mhd_start(&settings)
}
