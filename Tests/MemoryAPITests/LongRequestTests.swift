import Glibc
import MemoryAPI
import MicroHTTPD
import TestSupport
import Testing

/// A request that takes long keeps nobody waiting but its own session's others.
@Suite struct LongRequestTests {
    private func withServer(_ body: (Server) throws -> Void) throws {
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.threadCount = 1
        let server = try Server(configuration: configuration, router: MemoryService().router())
        defer { server.stop(gracePeriodInSeconds: 5) }
        try body(server)
    }

    /// A client that waits for as long as the work may take where all tests run at once.
    private func connect(_ server: Server) -> SocketClient {
        SocketClient(port: server.port, timeoutInSeconds: 120)
    }

    private func boot(_ client: SocketClient) throws -> [(name: String, value: String)] {
        client.send(creation)
        return try heads(try #require(client.readResponse()).text)
    }

    private var creation: SyntheticRequest {
        SyntheticRequest(
            "POST", "/sessions", headers: [("Content-Type", "application/json")],
            body: Array(#"{"machine":"x86_64"}"#.utf8))
    }

    /// The header fields of requests to a session that was made.
    private func heads(_ answer: String) throws -> [(name: String, value: String)] {
        let token = try #require(answer.firstMatch(of: /"token":"([^"]+)"/)).1
        return [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")]
    }

    /// Calls that take their time: large areas, whose every page is mapped.
    private var longBatch: [UInt8] {
        let pair = #"{"call":"vmalloc(8388608)","as":"p"},{"call":"vfree($p)"}"#
        return Array("[\(Array(repeating: pair, count: 60).joined(separator: ","))]".utf8)
    }

    @Test func longBatch_letsOtherSessionsGoOn() throws {
        try withServer { server in
            let (busy, other) = (connect(server), connect(server))
            let (busyHead, otherHead) = (try boot(busy), try boot(other))
            busy.send(SyntheticRequest("POST", "/calls", headers: busyHead, body: longBatch))
            for _ in 0..<3 {
                other.send(SyntheticRequest("GET", "/zones", headers: otherHead))
                #expect(other.readResponse()?.status == 200)
            }
            // Only the batch, which has not been answered yet.
            #expect(eventuallyHasOne(server))
            let answer = busy.readResponse()
            #expect(answer?.status == 200)
            #expect(answer?.text.contains("not run") == false)
        }
    }

    private func eventuallyHasOne(_ server: Server) -> Bool {
        for _ in 0..<100 {
            if server.openRequestCount == 1 { return true }
            usleep(100)
        }
        return false
    }

    @Test func requestsOfTheSameSession_seeAllOfIt_orNothing() throws {
        try withServer { server in
            let (busy, second) = (connect(server), connect(server))
            let head = try boot(busy)
            busy.send(SyntheticRequest("POST", "/calls", headers: head, body: longBatch))
            var text = ""
            while !text.hasPrefix("{\"step\":120,") {
                second.send(SyntheticRequest("GET", "/journal?limit=1", headers: head))
                text = try #require(second.readResponse()).text
                guard text.hasPrefix("{\"step\":120,") || text.hasPrefix("{\"step\":0,") else {
                    Issue.record("neither before nor behind the batch: \(text)")
                    return
                }
            }
            #expect(busy.readResponse()?.status == 200)
        }
    }

    private func lines(_ count: Int, size: Int) -> [UInt8] {
        let pair = "{\"call\":\"vmalloc(\(size))\",\"as\":\"p\"}\n{\"call\":\"vfree($p)\"}\n"
        return Array(String(repeating: pair, count: count).utf8)
    }

    private func send(
        _ lines: [UInt8], _ head: [(name: String, value: String)], to client: SocketClient
    ) {
        let type = (name: "Content-Type", value: "application/x-ndjson")
        client.send(
            SyntheticRequest(
                "POST", "/calls?on_failure=continue", headers: [head[0], type], body: lines))
    }

    @Test func linesThatAreGathered_areRunElsewhere() throws {
        try withServer { server in
            let client = connect(server)
            send(lines(10, size: 8_388_608), try boot(client), to: client)
            let answer = client.readResponse()
            #expect(answer?.status == 200)
            #expect(answer?.text.contains("\"calls\":20,\"ran\":20,\"failed\":0") == true)
        }
    }

    @Test func linesThatRunAsTheyCome_areKeptElsewhere() throws {
        try withServer { server in
            let (client, other) = (connect(server), connect(server))
            let (head, otherHead) = (try boot(client), try boot(other))
            send(lines(1_500, size: 16_384), head, to: client)
            for _ in 0..<3 {
                other.send(SyntheticRequest("GET", "/zones", headers: otherHead))
                #expect(other.readResponse()?.status == 200)
            }
            #expect(eventuallyHasOne(server))
            #expect(readStream(client).contains("\"calls\":3000,\"ran\":3000,\"failed\":0"))
        }
    }

    private func readStream(_ client: SocketClient) -> String {
        #expect(client.readHead()?.status == 200)
        var text = ""
        while let chunk = client.readChunk(), !chunk.isEmpty { text += chunk }
        return text
    }

    /// The same batch on the connection's thread and the queue's, and on one thread of a process.
    @Test func answersThatTakeLong_areThoseOfAnyThread() throws {
        let pair = #"{"call":"vmalloc(524288)","as":"p"},{"call":"vfree($p)"}"#
        let batch = Array("[\(Array(repeating: pair, count: 501).joined(separator: ","))]".utf8)
        let router = MemoryService().router()
        let made = router.respond(to: creation)
        let alone = router.respond(
            to: SyntheticRequest("POST", "/calls", headers: try heads(made.text), body: batch))
        try withServer { server in
            let client = connect(server)
            let head = try boot(client)
            client.send(SyntheticRequest("POST", "/calls", headers: head, body: batch))
            #expect(readStream(client) == alone.text)
        }
        #expect(alone.text.split(separator: "\"step\":").count == 1_003)
    }

    @Test func trace_isWrittenElsewhere() throws {
        try withServer { server in
            let client = connect(server)
            let head = try boot(client)
            let call = #"{"call":"alloc_page(GFP_KERNEL)"}"#
            let batch = "[\(Array(repeating: call, count: 200).joined(separator: ","))]"
            client.send(
                SyntheticRequest("POST", "/calls", headers: head, body: Array(batch.utf8)))
            #expect(client.readResponse()?.status == 200)
            client.send(SyntheticRequest("GET", "/trace", headers: head))
            let events = readStream(client).split(separator: "mm_page_alloc:").count - 1
            #expect(events == 200)
            client.send(SyntheticRequest("GET", "/trace?from=200&to=200", headers: head))
            #expect(!readStream(client).contains("mm_page_alloc:"))
        }
    }

    @Test func diffsForksAndGrades_areAnswered() throws {
        try withServer { server in
            let client = connect(server)
            let head = try boot(client)
            client.send(
                SyntheticRequest("POST", "/pages", headers: head, body: Array(#"{"order":3}"#.utf8))
            )
            #expect(client.readResponse()?.status == 201)
            client.send(SyntheticRequest("GET", "/diff?from=0", headers: head))
            #expect(client.readResponse()?.text.contains("\"from\":") == true)
            let scenario =
                #"{"calls":["p = alloc_pages(GFP_KERNEL, 2)"],"tests":"#
                + #"[{"name":"it halts","expect":[{"no_halt":true}]}]}"#
            client.send(
                SyntheticRequest(
                    "POST", "/grade", headers: [head[1]], body: Array(scenario.utf8)))
            let grade = client.readResponse()
            #expect(grade?.status == 200, "\(grade?.text ?? "")")
        }
    }
}
