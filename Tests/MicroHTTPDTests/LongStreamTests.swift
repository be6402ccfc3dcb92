import Glibc
import MicroHTTPD
import Synchronization
import TestSupport
import Testing

/// A stream of three letters, each of which takes long.
private final class SlowStream: ResponseStream, @unchecked Sendable {
    private let work: LongWork
    private var letters = ["c", "b", "a"]
    private var prepared: String?

    init(_ work: LongWork) { self.work = work }

    func opened(_ waker: StreamWaker) {}

    func read(into block: UnsafeMutableRawBufferPointer) -> StreamRead {
        guard let letter = prepared else { return letters.isEmpty ? .end : .takesLong(.shared(7)) }
        prepared = nil
        block.copyBytes(from: letter.utf8)
        return .bytes(1)
    }

    func prepare() {
        guard let letter = letters.popLast() else { return }
        work.work(letter)
        prepared = letter
    }

    func closed() { work.note("closed") }
}

extension LongWork {
    fileprivate var routes: [Route] {
        [
            Route(.get, "/slow-stream") { request, response in
                response.stream(SlowStream(self))
            }
        ]
    }
}

/// What a stream takes long for is prepared on threads of its own.
@Suite(.serialized) struct LongStreamTests {
    private let work = LongWork()

    private func server(workers: Int = 2) throws -> SampleServer {
        try work.server(work.routes, workers: workers)
    }

    @Test func streamThatTakesLong_isPreparedElsewhere() throws {
        let server = try server()
        let client = server.connect(timeoutInSeconds: 60)
        client.send(SyntheticRequest("GET", "/slow-stream"))
        #expect(client.readHead()?.status == 200)
        for letter in ["a", "b", "c"] {
            #expect(eventually { work.begun.last == letter })
            #expect(server.isAlive())
            work.allow()
            #expect(client.readChunk() == letter)
        }
        #expect(client.readChunk() == "")
        #expect(eventually { work.notes == ["closed"] })
        client.send(SyntheticRequest("GET", "/pages/3"))
        #expect(client.readResponse()?.text == "3")
    }

    @Test func clientOfASlowStream_thatGoes_isForgottenBehindItsWork() throws {
        let server = try server(workers: 1)
        do {
            let client = server.connect(timeoutInSeconds: 60)
            client.send(SyntheticRequest("GET", "/slow-stream"))
            #expect(eventually { work.begun == ["a"] })
        }
        #expect(server.isAlive())
        #expect(work.notes.isEmpty)
        work.allow(3)
        #expect(server.settle())
        #expect(work.notes == ["closed"])
    }

    @Test func stoppingServer_waitsForAStreamThatIsPrepared() throws {
        let server = try server(workers: 1)
        let client = server.connect(timeoutInSeconds: 60)
        client.send(SyntheticRequest("GET", "/slow-stream"))
        #expect(eventually { work.begun == ["a"] })
        onAnotherThread {
            usleep(100_000)
            self.work.allow()
        }
        server.server.stop(gracePeriodInSeconds: 0)
        #expect(work.notes == ["closed"])
        #expect(work.begun == ["a"])
    }

    @Test func slowStream_madeUpInTheProcess_isWholeAtOnce() {
        work.allow(3)
        let router = makeSampleRouter(adding: work.routes)
        #expect(router.respond(to: SyntheticRequest("GET", "/slow-stream")).text == "abc")
    }
}
