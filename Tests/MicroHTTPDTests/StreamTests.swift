import Glibc
import MicroHTTPD
import Synchronization
import TestSupport
import Testing

/// A stream of what the test says, and what the server did to it.
private final class Channel: ResponseStream {
    struct State {
        var bytes: [UInt8] = []
        var isFinished = false
        var waker: StreamWaker?
        var openedCount = 0
        var closedCount = 0
        var readCount = 0
    }

    let state = Mutex(State())

    func say(_ text: String) {
        state.withLock {
            $0.bytes += Array(text.utf8)
            return $0.waker
        }?.wake()
    }

    func finish() {
        state.withLock {
            $0.isFinished = true
            return $0.waker
        }?.wake()
    }

    func opened(_ waker: StreamWaker) {
        state.withLock {
            $0.waker = waker
            $0.openedCount += 1
        }
    }

    func read(into block: UnsafeMutableRawBufferPointer) -> StreamRead {
        state.withLock {
            $0.readCount += 1
            let count = min($0.bytes.count, block.count)
            guard count > 0 else { return $0.isFinished ? .end : .wait }
            block.copyBytes(from: $0.bytes[..<count])
            $0.bytes.removeFirst(count)
            return .bytes(count)
        }
    }

    func closed() { state.withLock { $0.closedCount += 1 } }

    var openedCount: Int { state.withLock { $0.openedCount } }
    var closedCount: Int { state.withLock { $0.closedCount } }
    var readCount: Int { state.withLock { $0.readCount } }
}

/// Every stream of one server, in the order of the requests.
private final class Channels: Sendable {
    private let all = Mutex<[Channel]>([])

    var list: [Channel] { all.withLock { $0 } }

    var routes: [Route] {
        [
            Route(.get, "/stream", produces: ["text/event-stream"]) { request, response in
                let channel = Channel()
                if let text = request.query("text") {
                    channel.say(String(decoding: text, as: UTF8.self))
                    channel.finish()
                }
                self.all.withLock { $0.append(channel) }
                response.stream(channel)
            },
            Route(.get, "/withdrawn") { request, response in
                let channel = Channel()
                self.all.withLock { $0.append(channel) }
                response.stream(channel)
                response.reset()
                response.body.append("no stream")
            },
        ]
    }
}

@Suite(.serialized) struct StreamTests {
    private let channels = Channels()

    private func open(_ server: SampleServer) throws -> (SocketClient, Channel) {
        let count = channels.list.count
        let client = server.connect()
        client.send(SyntheticRequest("GET", "/stream"))
        #expect(client.readHead()?.header("Transfer-Encoding") == "chunked")
        return (client, channels.list[count])
    }

    @Test func stream_comesBitByBit() throws {
        let server = try SampleServer(adding: channels.routes)
        let (client, channel) = try open(server)
        for number in 0..<100 {
            channel.say("event \(number)\n")
            #expect(client.readChunk() == "event \(number)\n")
        }
        #expect(channel.closedCount == 0)
        channel.finish()
        #expect(client.readChunk() == "")
        client.send(SyntheticRequest("GET", "/pages/3"))
        #expect(client.readResponse()?.text == "3")
        #expect(channel.openedCount == 1)
        #expect(eventually { channel.closedCount == 1 })
        channel.say("too late")
    }

    @Test func stream_largerThanTheBlock_comesInSeveralChunks() throws {
        let server = try SampleServer(adding: channels.routes)
        let (client, channel) = try open(server)
        let text = (0..<20_000).map { "\($0)," }.joined()
        channel.say(text)
        channel.finish()
        var received = ""
        while let chunk = client.readChunk(), !chunk.isEmpty { received += chunk }
        #expect(received == text)
    }

    @Test func wakeUps_fromManyThreads_loseNothing() throws {
        let server = try SampleServer(adding: channels.routes)
        let (client, channel) = try open(server)
        for _ in 0..<4 {
            onAnotherThread { for _ in 0..<500 { channel.say("x") } }
        }
        var count = 0
        while count < 2_000, let chunk = client.readChunk() { count += chunk.utf8.count }
        #expect(count == 2_000)
    }

    @Test func idleStream_isNotReadAndHoldsNoThread() throws {
        let server = try SampleServer(adding: channels.routes)
        let streams = try (0..<40).map { _ in try open(server) }
        #expect(server.isAlive())
        let readCounts = streams.map { $0.1.readCount }
        usleep(50_000)
        #expect(streams.map { $0.1.readCount } == readCounts)
        for (_, channel) in streams { channel.finish() }
        for (client, _) in streams { #expect(client.readChunk() == "") }
    }

    @Test func head_startsNoStream() throws {
        let server = try SampleServer(adding: channels.routes)
        let client = server.connect()
        client.send(SyntheticRequest("HEAD", "/stream"))
        let head = client.readResponse(isHead: true)
        #expect(head?.status == 200)
        #expect(head?.header("Content-Type") == "text/event-stream")
        #expect(head?.header("Content-Length") == nil)
        #expect(client.isClosedByServer())
        let channel = try #require(channels.list.first)
        #expect(channel.openedCount == 0 && channel.readCount == 0)
        #expect(eventually { channel.closedCount == 1 })
    }

    @Test func clientThatLeaves_isNoticedAtTheNextBytes() throws {
        let server = try SampleServer(adding: channels.routes)
        let channel: Channel
        do { channel = try open(server).1 }
        usleep(20_000)
        #expect(channel.closedCount == 0)
        #expect(
            eventually {
                channel.say(": heartbeat\n")
                return channel.closedCount == 1
            })
        #expect(server.settle())
        channel.say("too late")
        #expect(channel.closedCount == 1)
    }

    @Test func clientThatDoesNotRead_isCutOff() throws {
        let server = try SampleServer(adding: channels.routes) { $0.idleTimeoutSeconds = 1 }
        let (client, channel) = try open(server)
        channel.say(String(repeating: "x", count: 8_000_000))
        for _ in 0..<500 where channel.closedCount == 0 { usleep(10_000) }
        #expect(channel.closedCount == 1)
        withExtendedLifetime(client) {}
    }

    @Test func withdrawnStream_isClosed() throws {
        let server = try SampleServer(adding: channels.routes)
        let response = server.respond(to: SyntheticRequest("GET", "/withdrawn"))
        #expect(response?.text == "no stream")
        #expect(channels.list.map { $0.closedCount } == [1])
    }

    @Test func stream_forHTTP10_endsWithTheConnection() throws {
        let server = try SampleServer(adding: channels.routes)
        let client = server.connect()
        client.send("GET /stream HTTP/1.0\r\nHost: test\r\n\r\n")
        #expect(client.readHead()?.header("Transfer-Encoding") == nil)
        let channel = try #require(channels.list.first)
        let text = String(repeating: "0123456789", count: 200)
        channel.say(text)
        usleep(20_000)
        channel.finish()
        #expect(client.readToEnd() == text)
        #expect(channel.closedCount == 1)
        #expect(server.settle())
    }

    @Test func streams_forHTTP10_leaveNoConnectionBehind() throws {
        let server = try SampleServer(adding: channels.routes) { $0.connectionLimit = 4 }
        for _ in 0..<20 {
            let client = server.connect()
            client.send("GET /stream?text=abc HTTP/1.0\r\nHost: test\r\n\r\n")
            #expect(client.readHead()?.status == 200)
            #expect(client.readToEnd() == "abc")
        }
    }

    @Test func inProcess_theStreamIsReadUpToItsEnd() {
        let router = makeSampleRouter(adding: channels.routes)
        let response = router.respond(to: SyntheticRequest("GET", "/stream?text=abc"))
        #expect(response.text == "abc")
        #expect(response.header("Content-Length") == nil)
        _ = router.respond(to: SyntheticRequest("HEAD", "/stream?text=abc"))
        _ = router.respond(to: SyntheticRequest("GET", "/stream"))
        #expect(channels.list.map { $0.openedCount } == [1, 0, 1])
        #expect(channels.list.map { $0.closedCount } == [1, 1, 1])
    }

    @Test func stop_endsStreamsAtOnce() throws {
        let server = try SampleServer(adding: channels.routes)
        let streams = try (0..<20).map { _ in try open(server) }
        let start = ContinuousClock.now
        server.server.stop(gracePeriodInSeconds: 5)
        #expect(ContinuousClock.now - start < .seconds(2))
        for (client, channel) in streams {
            #expect(client.readChunk() == "")
            #expect(client.isClosedByServer())
            #expect(channel.closedCount == 1)
            channel.say("too late")
        }
    }

    @Test func stop_whileStreamsAreWoken_ends() throws {
        for _ in 0..<20 {
            let server = try SampleServer(adding: channels.routes)
            let streams = try (0..<5).map { _ in try open(server) }
            for (_, channel) in streams {
                onAnotherThread { for _ in 0..<200 { channel.say("x") } }
            }
            server.server.stop(gracePeriodInSeconds: 0)
            for (_, channel) in streams { #expect(channel.closedCount == 1) }
        }
    }
}
