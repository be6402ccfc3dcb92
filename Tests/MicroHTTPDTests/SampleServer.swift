import Glibc
import MicroHTTPD
import TestSupport
import Testing

/// A server on a free port, which is stopped at the end and must have no request open then.
final class SampleServer: Sendable {
    let server: Server

    init(
        staticFiles: StaticFiles? = nil, adding routes: [Route] = [],
        change: (inout ServerConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = ServerConfiguration()
        configuration.port = 0
        change(&configuration)
        server = try Server(
            configuration: configuration,
            router: makeSampleRouter(staticFiles: staticFiles, adding: routes))
    }

    deinit {
        server.stop(gracePeriodInSeconds: 2)
        #expect(server.openRequestCount == 0)
    }

    func connect(timeoutInSeconds: Int = 5) -> SocketClient {
        SocketClient(port: server.port, timeoutInSeconds: timeoutInSeconds)
    }

    /// Sends one request over a connection of its own.
    func respond(to request: SyntheticRequest) -> RecordedResponse? {
        let client = connect()
        client.send(request)
        return client.readResponse(isHead: request.method == "HEAD")
    }

    /// Whether the server answers an ordinary request.
    func isAlive() -> Bool {
        respond(to: SyntheticRequest("GET", "/pages/7"))?.text == "7"
    }

    /// Waits until no request is open, at most two seconds.
    func settle() -> Bool {
        for _ in 0..<200 {
            if server.openRequestCount == 0 { return true }
            usleep(10_000)
        }
        return false
    }
}

/// The two ways to ask a router, for tests that must see no difference.
enum Transport: CaseIterable {
    case process, socket

    func respond(
        to request: SyntheticRequest, staticFiles: StaticFiles? = nil
    ) throws -> RecordedResponse {
        switch self {
        case .process: return makeSampleRouter(staticFiles: staticFiles).respond(to: request)
        case .socket:
            let server = try SampleServer(staticFiles: staticFiles)
            return try #require(server.respond(to: request))
        }
    }
}
