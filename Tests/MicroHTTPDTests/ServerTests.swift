import Glibc
import MicroHTTPD
import Testing

@Suite(.serialized) struct ServerTests {
    @Test func requests_inOneWrite_areAnsweredInOrder() throws {
        let server = try SampleServer()
        let client = server.connect()
        let requests = (1...20).map { "GET /pages/\($0) HTTP/1.1\r\nHost: test\r\n\r\n" }
        client.send(requests.joined())
        for number in 1...20 { #expect(client.readResponse()?.text == "\(number)") }
    }

    @Test func connection_isKeptAcrossMethodsAndRefusals() throws {
        let server = try SampleServer()
        let client = server.connect()
        client.send(SyntheticRequest("HEAD", "/pages/12"))
        #expect(client.readResponse(isHead: true)?.header("Content-Length") == "2")
        client.send(SyntheticRequest("POST", "/echo", body: [65, 66]))
        #expect(client.readResponse()?.text == "AB")
        client.send(SyntheticRequest("GET", "/nowhere"))
        #expect(client.readResponse()?.status == 404)
        client.send(SyntheticRequest("POST", "/pages", body: [65]))
        #expect(client.readResponse()?.status == 415)
        client.send(SyntheticRequest("GET", "/pages/3"))
        #expect(client.readResponse()?.text == "3")
    }

    @Test func body_inChunksAndPieces_isJoined() throws {
        let server = try SampleServer()
        let client = server.connect()
        client.send(
            "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab")
        usleep(20_000)
        client.send("c\r\n4;x=y\r\ndefg\r\n0\r\n\r\n")
        #expect(client.readResponse()?.text == "abcdefg")
        client.send(SyntheticRequest("GET", "/pages/1"))
        #expect(client.readResponse()?.text == "1")
    }

    @Test func expectation_of100_isMetBeforeTheBody() throws {
        let server = try SampleServer()
        let client = server.connect()
        client.send(
            "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        #expect(client.readResponse()?.status == 100)
        client.send("hi")
        #expect(client.readResponse()?.text == "hi")
    }

    @Test func announcedBody_beyondTheLimit_isRefusedAtOnce() throws {
        let server = try SampleServer { $0.bodyLimitInBytes = 1_000 }
        let client = server.connect()
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 1001\r\n\r\n")
        let response = client.readResponse()
        #expect(response?.status == 413)
        #expect(response?.text == "payloadTooLarge(limitInBytes: 1000)")
        #expect(client.isClosedByServer())
        #expect(server.isAlive())
    }

    @Test func chunkedBody_beyondTheLimit_isRefusedAtItsEnd() throws {
        let server = try SampleServer { $0.bodyLimitInBytes = 1_000 }
        let client = server.connect()
        let chunk = "200\r\n" + String(repeating: "x", count: 512) + "\r\n"
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<20 { client.send(chunk) }
        client.send("0\r\n\r\n")
        #expect(client.readResponse()?.status == 413)
        client.send(SyntheticRequest("GET", "/pages/1"))
        #expect(client.readResponse()?.text == "1")
    }

    @Test func chunkedBody_withoutEnd_isDropped() throws {
        let server = try SampleServer { $0.bodyLimitInBytes = 1_000 }
        let client = server.connect()
        let chunk = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<40 { client.send(chunk) }
        #expect(client.readResponse()?.status == nil)
        #expect(server.settle())
        #expect(server.isAlive())
    }

    @Test func start_onAPortInUse_saysSo() throws {
        let server = try SampleServer()
        let port = server.server.port
        #expect(
            throws: ServerError.cannotListen(
                host: "127.0.0.1", port: port, reason: "Address already in use")
        ) {
            try SampleServer { $0.port = port }
        }
        #expect(throws: ServerError.self) { try SampleServer { $0.host = "no.such.host.invalid" } }
    }

    @Test func start_withMoreThreadsThanConnections_isRefused() throws {
        let error = #expect(throws: ServerError.self) {
            try SampleServer {
                $0.threadCount = 4
                $0.connectionLimit = 2
            }
        }
        #expect(error?.description == "connectionLimit is 2, less than one for each thread")
    }

    @Test func start_onIPv6_answersBothFamilies() throws {
        let server = try SampleServer { $0.host = "::" }
        let response = server.respond(to: SyntheticRequest("GET", "/address"))
        #expect(response?.text == "127.0.0.1")
    }
}
