import ArgumentParser
import Glibc
import Logging
import MemoryAPI
import MicroHTTPD
import SessionJournal

/// `kmemlab serve`: runs the service until it is told to stop.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve sessions over HTTP until SIGTERM or SIGINT.",
        discussion: """
            With --data, every change of a session is in the journal there before it is answered: \
            sessions outlive the process, and leave memory while nobody asks for them.

            Each option can also be an environment variable, KMEMLAB_MAX_SESSIONS for --max-sessions; the \
            command line wins. Documentation/Operations.md tells how to run a server.
            """)

    @Option(help: "Address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "Port to listen on; 0 for any that is free.")
    var port: UInt16 = 8080

    @Option(help: "Threads that answer requests.")
    var threads = 2

    @Option(name: .customLong("public"), help: "Folder with the pages of the site.")
    var publicFolder: String?

    @Option(help: "Folder with the recorded machines that sessions can start from.")
    var recordings: String?

    @OptionGroup(title: "Other origins")
    var origins: OriginOptions

    @OptionGroup(title: "Journal")
    var journal: JournalOptions

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    @OptionGroup(title: "Log")
    var logging: LogOptions

    mutating func validate() throws {
        guard (1...256).contains(threads) else {
            throw ValidationError("--threads must be 1 to 256.")
        }
    }

    func run() throws {
        openStandardDescriptors()
        // A file that may not grow is an error of whoever writes to it, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        Server.returnLargeBlocksToTheSystem()
        // Before anything starts a thread: see TerminationSignals.
        let signals = TerminationSignals()
        let writer = logging.logFormat.bootstrap(level: logging.logLevel)
        defer { writer.flush(seconds: 1) }
        let log = Logger(label: "kmemlab")
        let store = try journal.open()
        let server = try Server(configuration: server, router: try router(log, store))
        announce(server.port)
        log.info("listening", metadata: ["port": .stringConvertible(server.port)])
        let signal = signals.wait()
        log.info("stopping", metadata: ["signal": "\(signal)"])
        Watchdog.start(seconds: Self.graceInSeconds) { MemoryService.giveUpLongWork() }
        // A handler that never returns would be waited for without end.
        Watchdog.start(seconds: Self.graceInSeconds + 3) {
            log.error("a request does not end; leaving without it")
            writer.flush(seconds: 1)
            _exit(1)
        }
        server.stop(gracePeriodInSeconds: Self.graceInSeconds)
        store?.close()
    }

    /// How long open requests may go on after a signal.
    private static let graceInSeconds = 5.0

    /// Threads for what takes long, for each that has connections: more than there are cores, so that what takes
    /// some milliseconds may have its share of them beside what takes seconds. With eight, those who answer at
    /// once waited longer: 57 ms at the 99th percentile of the load test, instead of 9.
    private static let workThreadsPerThread = 2

    private var server: ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.host = host
        configuration.port = port
        configuration.threadCount = threads
        configuration.workThreadCount = threads * Self.workThreadsPerThread
        configuration.connectionLimit = limits.maxConnections
        configuration.connectionsPerAddress =
            limits.maxConnectionsPerAddress ?? limits.maxConnections
        configuration.idleTimeoutSeconds = limits.connectionIdle
        configuration.rateLimit = limits.requests
        configuration.patienceInSeconds = limits.clientPatience
        configuration.leastBytesPerSecond = limits.clientRate
        return configuration
    }

    private func router(_ log: Logger, _ store: LMDBJournalStore?) throws -> Router {
        let site = SiteFolders(publicFolder: publicFolder, recordingsFolder: recordings)
        let service = MemoryService(
            limits: limits.sessionLimits(isDurable: journal.isDurable),
            description: try site.interfaceDescription(log), journal: store,
            recordings: site.recordings(log), log: log)
        return service.router(
            staticFiles: try site.staticFiles(log), crossOrigin: origins.crossOrigin)
    }

    /// Says on standard output, at once, where the service can be reached.
    private func announce(_ port: UInt16) {
        let shown = host.contains(":") ? "[\(host)]" : host
        print("kmemlab listening on http://\(shown):\(port)")
        fflush(nil)
    }
}
