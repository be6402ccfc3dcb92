import Glibc
import MicroHTTPD
import Synchronization
import TestSupport
import Testing

/// Routes whose answers are held, and what lets them go.
private final class Gate: Sendable {
    private let waiting = Mutex<[Resumption]>([])

    /// How many answers are held.
    var count: Int { waiting.withLock { $0.count } }

    /// Lets all go.
    func open(_ decide: (Resumption) -> Void = { $0.send() }) {
        let released = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for resumption in released { decide(resumption) }
    }

    var routes: [Route] {
        [
            Route(.post, "/held") { request, response in
                response.status = 201
                response.setHeader("Location", "/held/1")
                response.body.append(request.body)
                response.hold { resumption in self.waiting.withLock { $0.append(resumption) } }
            },
            Route(.post, "/decided") { _, response in
                response.body.append("decided")
                response.hold { $0.send() }
            },
            Route(.post, "/refused") { _, response in
                response.body.append("never seen")
                response.setHeader("Location", "/never")
                response.hold { $0.refuse(refuse) }
            },
            Route(.post, "/forgotten") { _, response in response.hold { _ in } },
            Route(.post, "/raced") { request, response in
                response.body.append(request.body)
                response.hold { resumption in onAnotherThread { resumption.send() } }
            },
        ]
    }
}

@Sendable private func refuse(_ response: inout Response) {
    response.status = 503
    response.setHeader("Content-Type", "text/plain")
    response.body.append("the disk is full")
}

@Suite(.serialized) struct HoldTests {
    private let gate = Gate()

    @Test func heldAnswer_waitsAndComesWhole() throws {
        let server = try SampleServer(adding: gate.routes)
        let client = server.connect()
        client.send(SyntheticRequest("POST", "/held", body: [65, 66]))
        #expect(eventually { gate.count == 1 })
        usleep(50_000)
        #expect(server.server.openRequestCount == 1)
        #expect(server.isAlive())
        gate.open()
        let response = client.readResponse()
        #expect(response?.status == 201)
        #expect(response?.header("Location") == "/held/1")
        #expect(response?.header("X-Content-Type-Options") == "nosniff")
        #expect(response?.text == "AB")
        client.send(SyntheticRequest("GET", "/pages/3"))
        #expect(client.readResponse()?.text == "3")
    }

    @Test func refusal_takesTheAnswersPlace() throws {
        let server = try SampleServer(adding: gate.routes)
        let client = server.connect()
        client.send(SyntheticRequest("POST", "/held", body: [65, 66]))
        #expect(eventually { gate.count == 1 })
        gate.open { resumption in
            resumption.refuse(refuse)
            resumption.send()
        }
        let refused = [
            client.readResponse(), server.respond(to: SyntheticRequest("POST", "/refused")),
        ]
        for response in refused {
            #expect(response?.status == 503)
            #expect(response?.header("Location") == nil)
            #expect(response?.header("Content-Type") == "text/plain")
            #expect(response?.header("X-Content-Type-Options") == "nosniff")
            #expect(response?.text == "the disk is full")
        }
    }

    @Test func manyHeldAnswers_holdNoThread() throws {
        let server = try SampleServer(adding: gate.routes)
        let clients = (0..<40).map { number in
            let client = server.connect()
            client.send(SyntheticRequest("POST", "/held", body: [UInt8(number)]))
            return client
        }
        #expect(eventually { gate.count == 40 })
        #expect(server.isAlive())
        gate.open()
        for (number, client) in clients.enumerated() {
            #expect(client.readResponse()?.body == [UInt8(number)])
        }
    }

    @Test func pipelinedHeldAnswers_comeInOrder() throws {
        let server = try SampleServer(adding: gate.routes)
        let client = server.connect()
        let post = "POST /raced HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n"
        client.send((10..<60).map { post + "\($0)" }.joined())
        for number in 10..<60 { #expect(client.readResponse()?.text == "\(number)") }
    }

    @Test func verdict_onTheHandlersThread_needsNoSleep() throws {
        let server = try SampleServer(adding: gate.routes)
        #expect(server.respond(to: SyntheticRequest("POST", "/decided"))?.text == "decided")
    }

    @Test func verdict_inARaceWithTheSleep_isNotLost() throws {
        let server = try SampleServer(adding: gate.routes)
        let client = server.connect()
        for number in 0..<1_000 {
            let text = Array("\(number)".utf8)
            client.send(SyntheticRequest("POST", "/raced", body: text))
            #expect(client.readResponse()?.body == text)
        }
    }

    @Test func verdict_thatNobodyCanGive_closesTheConnection() throws {
        let server = try SampleServer(adding: gate.routes)
        let client = server.connect()
        client.send(SyntheticRequest("POST", "/forgotten"))
        #expect(client.isClosedByServer())
        #expect(server.isAlive())
    }

    @Test func client_thatLeavesMeanwhile_isForgotten() throws {
        let server = try SampleServer(adding: gate.routes)
        do {
            let client = server.connect()
            client.send(SyntheticRequest("POST", "/held", body: [65]))
            #expect(eventually { gate.count == 1 })
        }
        #expect(server.server.openRequestCount == 1)
        gate.open()
        #expect(server.settle())
        #expect(server.isAlive())
    }

    @Test func client_thatOnlyClosesItsSendingSide_isAnswered() throws {
        let server = try SampleServer(adding: gate.routes)
        let client = server.connect()
        client.send(SyntheticRequest("POST", "/held", body: [65]))
        client.finishSending()
        #expect(eventually { gate.count == 1 })
        usleep(10_000)
        gate.open()
        #expect(client.readResponse()?.text == "A")
        #expect(client.isClosedByServer())
    }

    @Test func inProcess_theCallerWaits() {
        let router = makeSampleRouter(adding: gate.routes)
        let raced = router.respond(to: SyntheticRequest("POST", "/raced", body: [65]))
        #expect(raced.text == "A")
        #expect(router.respond(to: SyntheticRequest("POST", "/refused")).status == 503)
        #expect(router.respond(to: SyntheticRequest("POST", "/forgotten")).status == 0)
    }

    @Test func stop_waitsForHeldAnswers() throws {
        let server = try SampleServer(adding: gate.routes)
        let client = server.connect()
        client.send(SyntheticRequest("POST", "/held", body: [65]))
        #expect(eventually { gate.count == 1 })
        onAnotherThread { [gate] in
            usleep(100_000)
            gate.open()
        }
        server.server.stop(gracePeriodInSeconds: 5)
        #expect(client.readResponse()?.text == "A")
    }

    @Test func stop_behindTheGracePeriod_closesHeldOnes() throws {
        let server = try SampleServer(adding: gate.routes)
        let clients = (0..<20).map { _ in server.connect() }
        for client in clients { client.send(SyntheticRequest("POST", "/held", body: [65])) }
        #expect(eventually { gate.count == 20 })
        let start = ContinuousClock.now
        server.server.stop(gracePeriodInSeconds: 0.1)
        #expect(ContinuousClock.now - start < .seconds(3))
        for client in clients { #expect(client.isClosedByServer()) }
        gate.open()
        #expect(server.server.openRequestCount == 0)
    }

    @Test func stop_whileAnswersAreHeldAndReleased_ends() throws {
        for _ in 0..<20 {
            let server = try SampleServer(adding: gate.routes)
            let clients = (0..<10).map { _ in server.connect() }
            for client in clients {
                client.send(SyntheticRequest("POST", "/raced", body: [65]))
                client.send(SyntheticRequest("POST", "/held", body: [65]))
            }
            onAnotherThread { [gate] in gate.open() }
            server.server.stop(gracePeriodInSeconds: 0)
            gate.open()
        }
    }
}
