import Glibc
import MicroHTTPD
import Synchronization
import TestSupport
import Testing

/// Takes a body letter by letter, and works on every third part or so.
private final class SlowReceiver: BodyReceiver {
    private let long: LongWork
    private var gathered = ""
    /// What was worked on, and at last what was not.
    private(set) var taken = ""

    init(_ work: LongWork) { long = work }

    func receive(_ part: UnsafeRawBufferPointer) -> BodyProgress {
        gathered += text(part)
        return gathered.count < 3 ? .more : .takesLong(.connection)
    }

    func work() {
        long.work(gathered)
        taken += "[\(gathered)]"
        gathered = ""
    }

    func abandoned() { long.note("abandoned") }
}

extension LongWork {
    fileprivate var routes: [Route] {
        [
            Route(
                .post, "/slow-upload", consumes: ["text/plain"],
                streamsBody: BodyStreaming(limitInBytes: 1_000_000) { _ in SlowReceiver(self) }
            ) { request, response in
                response.body.append((request.bodyReceiver as? SlowReceiver)?.taken ?? "none")
            }
        ]
    }
}

/// What takes long with a body that comes in parts is done on threads of its own.
@Suite(.serialized) struct LongBodyTests {
    private let work = LongWork()

    private func server(workers: Int = 2) throws -> SampleServer {
        try work.server(work.routes, workers: workers)
    }

    /// The head of an upload of six letters.
    private let uploadHead =
        "POST /slow-upload HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n"

    @Test func bodyThatTakesLong_isWorkedOnElsewhere_partByPart() throws {
        let server = try server()
        let client = server.connect(timeoutInSeconds: 60)
        client.send(uploadHead + "abc")
        #expect(eventually { work.begun == ["abc"] })
        client.send("d")
        for _ in 0..<3 { #expect(server.isAlive()) }
        work.allow()
        client.send("ef")
        #expect(eventually { work.begun.count == 2 })
        #expect(server.isAlive())
        work.allow()
        let text = try #require(client.readResponse()?.text)
        #expect(text == "[abc][def]")
        client.send(SyntheticRequest("GET", "/pages/3"))
        #expect(client.readResponse()?.text == "3")
    }

    @Test func partThatComesMeanwhile_isTakenOnce_fromAClientThatSendsNoMore() throws {
        let server = try server()
        let client = server.connect(timeoutInSeconds: 60)
        client.send(uploadHead + "abc")
        #expect(eventually { work.begun == ["abc"] })
        client.send("def")
        client.finishSending()
        usleep(50_000)
        work.allow(2)
        #expect(client.readResponse()?.text == "[abc][def]")
    }

    @Test func wholeBody_isAnsweredBehindItsWork() throws {
        let server = try server()
        let client = server.connect(timeoutInSeconds: 60)
        client.send(uploadHead + "abcdef")
        #expect(eventually { work.begun == ["abcdef"] })
        usleep(50_000)
        #expect(server.isAlive())
        work.allow()
        #expect(client.readResponse()?.text == "[abcdef]")
    }

    @Test func clientThatGoes_whileItsBodyIsWorkedOn_isForgotten() throws {
        let server = try server(workers: 1)
        do {
            let client = server.connect(timeoutInSeconds: 60)
            client.send(uploadHead + "abc")
            #expect(eventually { work.begun == ["abc"] })
            client.send("d")
        }
        #expect(server.isAlive())
        work.allow(2)
        #expect(server.settle())
        #expect(work.notes == ["abandoned"])
    }

    @Test func stoppingServer_waitsForWorkOnABody() throws {
        let server = try server(workers: 1)
        let client = server.connect(timeoutInSeconds: 60)
        client.send(uploadHead + "abcd")
        #expect(eventually { work.begun == ["abcd"] })
        client.send("e")
        usleep(50_000)
        onAnotherThread {
            usleep(100_000)
            self.work.allow()
        }
        server.server.stop(gracePeriodInSeconds: 0)
        #expect(work.notes == ["abandoned"])
        #expect(client.isClosedByServer())
    }

    @Test func slowBody_madeUpInTheProcess_isWholeAtOnce() {
        work.allow(1)
        let upload = SyntheticRequest(
            "POST", "/slow-upload", headers: [("Content-Type", "text/plain")],
            body: Array("abcdef".utf8))
        let router = makeSampleRouter(adding: work.routes)
        #expect(router.respond(to: upload).text == "[abcdef]")
    }
}
