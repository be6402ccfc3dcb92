import Glibc
import MemoryAPI
import MicroHTTPD
import TestSupport
import Testing

/// What only a real socket shows: the service behind libmicrohttpd.
@Suite struct SocketTests {
    private func withServer(_ body: (SocketClient) throws -> Void) throws {
        var configuration = ServerConfiguration()
        configuration.port = 0
        let server = try Server(configuration: configuration, router: MemoryService().router())
        defer { server.stop(gracePeriodInSeconds: 2) }
        try body(SocketClient(port: server.port))
    }

    @Test func session_overASocket_allocatesAndFrees() throws {
        try withServer { client in
            let head = try boot(client)
            client.send(SyntheticRequest("POST", "/pages", headers: head, body: order))
            #expect(client.readResponse()?.header("Location") == "/pages/1")
            client.send(SyntheticRequest("DELETE", "/pages/1", headers: head))
            #expect(client.readResponse()?.status == 200)
            client.send(SyntheticRequest("GET", "/zones", headers: head))
            #expect(client.readResponse()?.text.contains("\"step\":2") == true)
        }
    }

    @Test func refusal_overASocket_isAProblem() throws {
        try withServer { client in
            client.send(SyntheticRequest("GET", "/zones"))
            let answer = client.readResponse()
            #expect(answer?.status == 401)
            #expect(answer?.header("Content-Type") == "application/problem+json")
        }
    }

    /// The length that a 304 announces, and that of HEAD, is the one of the 200 (RFC 9110, 8.6).
    @Test(arguments: ["GET", "HEAD"])
    func notModified_overASocket_announcesTheLengthOfThe200(method: String) throws {
        try withServer { client in
            let head = try boot(client)
            client.send(SyntheticRequest("GET", "/zones", headers: head))
            let full = try #require(client.readResponse())
            let tag = ("If-None-Match", try #require(full.header("ETag")))
            client.send(SyntheticRequest(method, "/zones", headers: head + [tag]))
            let answer = try #require(client.readResponse())
            #expect(answer.status == 304)
            #expect(answer.header("Content-Length") == "\(full.body.count)")
            // Had a body followed, it would be taken for the next answer.
            client.send(SyntheticRequest("HEAD", "/zones", headers: head))
            let announced = client.readResponse(isHead: true)
            #expect(announced?.status == 200)
            #expect(announced?.header("Content-Length") == "\(full.body.count)")
        }
    }

    /// Who asks before sending a body learns that there is no use in it (RFC 9110, 10.1.1).
    @Test(arguments: [
        ("/pages", "application/json", "Content-Length: 900000"),
        ("/calls", "application/x-ndjson", "Content-Length: 90000000"),
        ("/calls", "application/x-ndjson", "Transfer-Encoding: chunked"),
    ])
    func expectation_withoutASession_isAnsweredBeforeTheBody(
        path: String, type: String, length: String
    ) throws {
        for isKnown in [false, true] {
            try withServer { client in
                let token = isKnown ? try boot(client)[0].value : "Bearer kml_0"
                client.send(
                    "POST \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: \(token)\r\n"
                        + "Content-Type: \(type)\r\n\(length)\r\nExpect: 100-continue\r\n\r\n")
                let answer = try #require(client.readHead())
                #expect(answer.status == (isKnown ? 100 : 401))
            }
        }
    }

    /// A batch whose lines are still coming in when somebody else changes the session. Whether the
    /// server has read its first half by then is for the network to decide, so it is tried again.
    @Test func batch_besideAnotherChange_isRefusedAndDoesNothing() throws {
        try withServer { client in
            var isRefused = false
            for _ in 0..<20 where !isRefused {
                let head = try boot(client)
                let half = String(repeating: #"{"call":"alloc_page(0)"}"# + "\n", count: 4_000)
                let fields = [head[0], ("Content-Type", "application/x-ndjson"), ("Host", "x")]
                    .map { "\($0.0): \($0.1)\r\n" }.joined()
                let length = "Content-Length: \(half.utf8.count * 2)\r\n\r\n"
                client.send("POST /calls HTTP/1.1\r\n" + fields + length + half)
                usleep(20_000)
                let other = SocketClient(port: client.port)
                other.send(SyntheticRequest("POST", "/pages", headers: head, body: order))
                #expect(other.readResponse()?.status == 201)
                client.send(half)
                let answer = try #require(client.readResponse())
                other.send(SyntheticRequest("GET", "/journal", headers: head))
                let journal = try JSON(parsing: try #require(other.readResponse()).text)
                isRefused = answer.text.hasPrefix(#"{"type":"/problems/session-moved""#)
                #expect(journal["step"].int == (isRefused ? 1 : 8_001))
            }
            #expect(isRefused)
        }
    }

    private let order = Array(#"{"order":1}"#.utf8)

    /// Boots a session and returns the header fields of its requests.
    private func boot(_ client: SocketClient) throws -> [(name: String, value: String)] {
        client.send("POST /sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        let answer = try #require(client.readResponse())
        #expect(answer.status == 201)
        let token = try #require(try JSON(parsing: answer.text)["token"].string)
        return [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")]
    }
}
