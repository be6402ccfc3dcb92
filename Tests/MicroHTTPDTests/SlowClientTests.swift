import Glibc
import MicroHTTPD
import TestSupport
import Testing

/// Clients that dawdle: each is cut off, however often it sends or takes a byte, and nobody else is.
@Suite struct SlowClientTests {
    private static let largeBody = [UInt8](repeating: 7, count: 24 << 20)

    private final class Endless: ResponseStream {
        func opened(_ waker: StreamWaker) {}
        func read(into block: UnsafeMutableRawBufferPointer) -> StreamRead {
            block.initializeMemory(as: UInt8.self, repeating: 7)
            return .bytes(block.count)
        }
        func closed() {}
    }

    private static let routes = [
        Route(.get, "/huge") { _, response in
            largeBody.withUnsafeBytes { response.body.append($0) }
        },
        Route(.get, "/endless") { _, response in response.stream(Endless()) },
        Route(.get, "/slower") { _, response in
            usleep(1_800_000)
            response.body.append("slower")
        },
    ]

    /// - Parameters:
    ///   - rate: bytes a second.
    ///   - idle: seconds.
    private func server(rate: Int = 4_096, idle: Int = 1) throws -> SampleServer {
        try SampleServer(adding: Self.routes) {
            $0.idleTimeoutSeconds = idle
            $0.patienceInSeconds = 1
            $0.leastBytesPerSecond = rate
            $0.threadCount = 1
        }
    }

    /// Whether a client that sends one byte after the other is cut off before it is through.
    private func isCutOff(_ server: SampleServer, dripping text: String) -> Bool {
        let client = server.connect(timeoutInSeconds: 1)
        for byte in text.utf8.prefix(25) {
            client.send(String(Character(Unicode.Scalar(byte))))
            usleep(200_000)
            if server.server.cutConnectionCount > 0 { return client.isClosedByServer() }
        }
        return false
    }

    @Test func headers_thatDrip_areCutOff() throws {
        #expect(isCutOff(try server(), dripping: "GET /pages/1 HTTP/1.1\r\nHost: test\r\n"))
    }

    @Test func body_thatDrips_isCutOff() throws {
        let server = try server()
        let client = server.connect(timeoutInSeconds: 4)
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n")
        for _ in 0..<20 where server.server.cutConnectionCount == 0 {
            client.send("x")
            usleep(200_000)
        }
        #expect(client.isClosedByServer())
        #expect(server.settle())
    }

    @Test(arguments: ["/huge", "/endless"])
    func answer_thatIsHardlyTaken_isCutOff(_ target: String) throws {
        // Longer than the test takes: the client takes nothing, and is not to go for that alone.
        let server = try server(rate: 100 << 20, idle: 30)
        let client = server.connect()
        client.send(SyntheticRequest("GET", target))
        for _ in 0..<20 where server.server.cutConnectionCount == 0 { usleep(200_000) }
        #expect(server.server.cutConnectionCount == 1)
        #expect(server.settle())
        #expect(server.isAlive())
    }

    @Test func body_atAGoodRate_isTakenHoweverLong() throws {
        let server = try server()
        let client = server.connect()
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 20480\r\n\r\n")
        for _ in 0..<20 {
            client.send(String(repeating: "x", count: 1_024))
            usleep(120_000)
        }
        #expect(client.readResponse()?.body.count == 20_480)
        #expect(server.server.cutConnectionCount == 0)
    }

    @Test func handler_thatIsSlow_isNotTheClientsFault() throws {
        let server = try server()
        #expect(server.respond(to: SyntheticRequest("GET", "/slower"))?.text == "slower")
        #expect(server.server.cutConnectionCount == 0)
    }
}
