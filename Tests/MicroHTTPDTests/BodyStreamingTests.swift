import Glibc
import MicroHTTPD
import Synchronization
import TestSupport
import Testing

/// Counts what it receives, up to as much as it wants.
private final class Counter: BodyReceiver {
    let wantedCount: Int
    let log: UploadLog
    var count = 0
    var sum = 0

    init(wantedCount: Int, log: UploadLog) {
        self.wantedCount = wantedCount
        self.log = log
        log.state.withLock { $0.made += 1 }
    }

    func receive(_ part: UnsafeRawBufferPointer) -> BodyProgress {
        log.state.withLock { $0.largestPart = max($0.largestPart, part.count) }
        for byte in part { sum &+= Int(byte) }
        count += part.count
        return count < wantedCount ? .more : .enough
    }

    func abandoned() { log.state.withLock { $0.abandoned += 1 } }
}

/// What became of the uploads of one server.
private final class UploadLog: Sendable {
    struct State: Equatable {
        var made = 0
        var abandoned = 0
        var handled = 0
        var largestPart = 0
    }

    let state = Mutex(State())
    var made: Int { state.withLock { $0.made } }
    var abandoned: Int { state.withLock { $0.abandoned } }
    var handled: Int { state.withLock { $0.handled } }

    var routes: [Route] {
        let streaming = BodyStreaming(limitInBytes: 2_000_000) { request in
            let type = request.header("Content-Type").map { String(decoding: $0, as: UTF8.self) }
            guard type?.hasPrefix("application/x-ndjson") == true else { return nil }
            let wanted = request.query("wanted").map { String(decoding: $0, as: UTF8.self) }
            return Counter(wantedCount: wanted.flatMap { Int($0) } ?? .max, log: self)
        }
        let types = ["application/json", "application/x-ndjson"]
        return [
            Route(.post, "/upload/{name}", consumes: types, streamsBody: streaming) {
                request, response in
                self.state.withLock { $0.handled += 1 }
                response.body.append(request.parameter(0))
                if let counter = request.bodyReceiver as? Counter {
                    response.body.append(" counted \(counter.count) \(counter.sum)")
                } else {
                    response.body.append(" gathered \(request.body.count)")
                }
            }
        ]
    }
}

private func upload(
    _ body: [UInt8], type: String = "application/x-ndjson", query: String = "",
    accept: String = "*/*"
) -> SyntheticRequest {
    SyntheticRequest(
        "POST", "/upload/a\(query)", headers: [("Content-Type", type), ("Accept", accept)],
        body: body)
}

/// The head of an upload in chunks.
private let chunkedHead =
    "POST /upload/a HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-ndjson\r\n"
    + "Transfer-Encoding: chunked\r\n\r\n"

@Suite(.serialized) struct BodyStreamingTests {
    private let log = UploadLog()

    /// Asks the same over a socket and in the process.
    private func answers(_ request: SyntheticRequest) throws -> [RecordedResponse] {
        let server = try SampleServer(adding: log.routes)
        return [
            try #require(server.respond(to: request)),
            makeSampleRouter(adding: log.routes).respond(to: request),
        ]
    }

    @Test func body_isReceivedInParts() throws {
        let body = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let sum = body.reduce(0) { $0 + Int($1) }
        for response in try answers(upload(body)) {
            #expect(response.text == "a counted 1500000 \(sum)")
        }
        let state = log.state.withLock { $0 }
        #expect(state.made == 2 && state.handled == 2 && state.abandoned == 0)
        #expect(state.largestPart <= 8_192)
    }

    @Test func otherType_isGatheredByTheSameRoute() throws {
        for response in try answers(upload([1, 2, 3], type: "application/json")) {
            #expect(response.text == "a gathered 3")
        }
        let large = [UInt8](repeating: 0, count: 1_100_000)
        for response in try answers(upload(large, type: "application/json")) {
            #expect(response.status == 413)
        }
        #expect(log.made == 0)
    }

    @Test func wrongType_isRefusedBeforeAReceiverIsMade() throws {
        for count in [1, 2_000_000] {
            let body = [UInt8](repeating: 0, count: count)
            for response in try answers(upload(body, type: "text/plain")) {
                #expect(response.status == 415)
                #expect(response.header("Accept") == "application/json, application/x-ndjson")
            }
        }
        for response in try answers(upload([1], accept: "text/html")) {
            #expect(response.status == 406)
        }
        #expect(log.state.withLock { $0 } == UploadLog.State())
    }

    @Test func emptyBody_hasItsReceiver() throws {
        for response in try answers(upload([])) { #expect(response.text == "a counted 0 0") }
    }

    @Test func otherRequests_overTheSameConnection_haveNoReceiver() throws {
        let server = try SampleServer(adding: log.routes)
        let client = server.connect()
        for _ in 0..<3 {
            client.send(upload([1, 2]))
            #expect(client.readResponse()?.text == "a counted 2 3")
            client.send(SyntheticRequest("POST", "/echo", body: [65]))
            #expect(client.readResponse()?.text == "A")
            client.send(upload([1, 2], type: "application/json"))
            #expect(client.readResponse()?.text == "a gathered 2")
        }
    }

    @Test func receiverThatHasEnough_hasTheRestThrownAway() throws {
        let body = [UInt8](repeating: 1, count: 1_800_000)
        for response in try answers(upload(body, query: "?wanted=1")) {
            #expect(response.status == 200)
            let count = try #require(Int(response.text.split(separator: " ")[2]))
            #expect(count >= 1 && count <= 8_192)
        }
        #expect(log.handled == 2)
    }

    @Test func announcedBody_beyondTheRoutesLimit_isRefusedAtOnce() throws {
        let server = try SampleServer(adding: log.routes)
        let client = server.connect()
        client.send(
            "POST /upload/a HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-ndjson\r\n"
                + "Content-Length: 2000001\r\n\r\n")
        let response = client.readResponse()
        #expect(response?.text == "payloadTooLarge(limitInBytes: 2000000)")
        #expect(client.isClosedByServer())
        #expect(log.made == 0)
    }

    @Test func chunkedBody_beyondTheRoutesLimit_isRefusedAtItsEnd() throws {
        let server = try SampleServer(adding: log.routes)
        let client = server.connect()
        client.send(chunkedHead)
        let chunk = [UInt8]("F4240\r\n".utf8) + [UInt8](repeating: 1, count: 1_000_000) + [13, 10]
        for _ in 0..<2 { client.send(chunk) }
        client.send("1\r\nx\r\n0\r\n\r\n")
        #expect(client.readResponse()?.status == 413)
        #expect(eventually { log.abandoned == 1 })
        #expect(log.handled == 0)
        client.send(SyntheticRequest("GET", "/pages/1"))
        #expect(client.readResponse()?.text == "1")
        client.send(chunkedHead)
        for _ in 0..<4 { client.send(chunk) }
        #expect(client.readResponse() == nil)
        #expect(log.abandoned == 2)
    }

    @Test func chunkedBody_afterAnExpectation_isReceived() throws {
        let server = try SampleServer(adding: log.routes)
        let client = server.connect()
        client.send(
            chunkedHead.replacing("Host: test\r\n", with: "Host: test\r\nExpect: 100-continue\r\n"))
        #expect(client.readResponse()?.status == 100)
        client.send("2\r\n\u{1}\u{2}\r\n")
        usleep(10_000)
        #expect(log.made == 1)
        client.send("1\r\n\u{3}\r\n0\r\n\r\n")
        #expect(client.readResponse()?.text == "a counted 3 6")
    }

    @Test func clientThatLeaves_abandonsItsReceiver() throws {
        let server = try SampleServer(adding: log.routes)
        do {
            let client = server.connect()
            client.send(chunkedHead + "2\r\n\u{1}\u{2}\r\n")
            #expect(eventually { log.state.withLock { $0.largestPart } == 2 })
            #expect(log.abandoned == 0)
        }
        #expect(eventually { log.abandoned == 1 })
        #expect(log.made == 1 && log.handled == 0)
        #expect(server.settle())
    }

    @Test func stop_abandonsReceivers() throws {
        let server = try SampleServer(adding: log.routes)
        let clients = (0..<5).map { _ in server.connect() }
        for client in clients { client.send(chunkedHead + "1\r\n\u{1}\r\n") }
        #expect(eventually { log.made == 5 })
        server.server.stop(gracePeriodInSeconds: 0)
        #expect(log.abandoned == 5)
        #expect(log.handled == 0)
    }
}
