import Logging
import MicroHTTPD
import SessionJournal

/// The simulated machines over HTTP: every session, and the routes to them.
///
///     let service = MemoryService()
///     let server = try Server(configuration: configuration, router: service.router())
public final class MemoryService: Sendable {
    let store: SessionStore
    let spectators: Spectators
    let log: Logger
    /// Counts the requests of the router.
    let meter = RequestMeter()
    let description: InterfaceDescription?
    let library: RecordingLibrary
    let exercises: ExerciseBook
    /// What answers the assertions of gradings.
    let snapshots = SnapshotRouter()

    /// Makes a service without sessions.
    ///
    /// - Parameters:
    ///   - limits: what sessions may use.
    ///   - description: the OpenAPI file, to be served beside the routes.
    ///   - journal: where sessions are kept so that they outlive the process; `nil` to keep them in
    ///     memory only.
    ///   - recordings: the recorded machines that sessions can start from by name.
    ///   - log: where the beginning and end of sessions are noted; never a token.
    ///   - now: seconds of a clock that never goes back.
    public init(
        limits: SessionLimits = SessionLimits(), description: InterfaceDescription? = nil,
        journal: (any JournalStore)? = nil, recordings: RecordingLibrary = RecordingLibrary(),
        log: Logger = Logger(label: "kmemlab"),
        now: @escaping @Sendable () -> UInt64 = monotonicSeconds
    ) {
        store = SessionStore(
            limits: limits, journals: journal.map { JournalKeeper($0, log: log) },
            library: recordings, now: now)
        spectators = Spectators(store)
        exercises = ExerciseBook(store.images)
        self.description = description
        library = recordings
        self.log = log
    }

    /// Every route of the interface.
    public var routes: [Route] { endpoints.map(\.route) }

    /// A router for the routes, for files beside them, and for refusals as problems.
    ///
    /// A service has one router at a time: it counts the requests.
    ///
    /// - Parameter crossOrigin: whose pages may read answers.
    public func router(
        staticFiles: StaticFiles? = nil, crossOrigin: CrossOrigin = CrossOrigin()
    ) -> Router {
        Router(
            routes: routes, staticFiles: staticFiles, crossOrigin: crossOrigin, meter: meter,
            observer: RequestLog(log, routes), fallback: Problem.renderer)
    }

    /// The routes with what they read, one file of them for each resource.
    var endpoints: [Endpoint] {
        machineEndpoints + sessionEndpoints + pageEndpoints + kmallocEndpoints + cacheEndpoints
            + vmallocEndpoints + kmapEndpoints + kmapAtomicEndpoints + contextEndpoints
            + reclaimEndpoints + freeListEndpoints + callEndpoints
            + memoryEndpoints + pageTableEndpoints + tlbEndpoints + zoneEndpoints + buddyEndpoints
            + frameEndpoints + addressEndpoints + snapshotEndpoints + diffEndpoints + traceEndpoints
            + journalEndpoints + eventEndpoints + reportEndpoints + procEndpoints + logEndpoints
            + accessEndpoints + deviceEndpoints + moduleEndpoints + timeTravelEndpoints
            + operationEndpoints + metricsEndpoints + problemEndpoints + gradeEndpoints
            + exerciseEndpoints
    }
}
