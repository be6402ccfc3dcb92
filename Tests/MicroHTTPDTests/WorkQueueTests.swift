import Glibc
import MicroHTTPD
import Synchronization
import TestSupport
import Testing

extension LongWork {
    /// `POST /long/{turn}`, with the request's name as its body.
    fileprivate var routes: [Route] {
        [
            Route(.post, "/long/{turn}") { request, response in
                let turn = UInt64(text(request.parameter(0))) ?? 0
                guard request.mayTakeLong else {
                    response.setHeader("X-Given-Up", "true")
                    return response.continueInWorkQueue(turn: .shared(turn))
                }
                self.work(text(request.body))
                response.status = 201
                response.body.append(request.body)
            },
            Route(.post, "/long-and-held") { request, response in
                guard request.mayTakeLong else {
                    return response.continueInWorkQueue(turn: .connection)
                }
                response.body.append("held")
                response.hold { resumption in onAnotherThread { resumption.send() } }
            },
        ]
    }
}

private func long(_ name: String, turn: Int = 1) -> SyntheticRequest {
    SyntheticRequest("POST", "/long/\(turn)", body: Array(name.utf8))
}

/// What takes long is done on threads of its own.
@Suite(.serialized) struct WorkQueueTests {
    private let work = LongWork()

    private func server(workers: Int = 2) throws -> SampleServer {
        try work.server(work.routes, workers: workers)
    }

    @Test func longRequest_letsOthersBeServed_andIsAnsweredWhole() throws {
        let server = try server()
        let client = server.connect(timeoutInSeconds: 60)
        client.send(long("a"))
        #expect(eventually { work.begun == ["a"] })
        for _ in 0..<3 { #expect(server.isAlive()) }
        work.allow()
        let response = client.readResponse()
        #expect(response?.status == 201)
        #expect(response?.text == "a")
        #expect(response?.header("X-Given-Up") == nil)
        #expect(response?.header("X-Content-Type-Options") == "nosniff")
        client.send(SyntheticRequest("GET", "/pages/3"))
        #expect(client.readResponse()?.text == "3")
    }

    @Test func requestsOfOneTurn_runInTheirOrder_besideThoseOfAnother() throws {
        let server = try server()
        let clients = ["a", "b", "c"].enumerated().map { index, name in
            let client = server.connect(timeoutInSeconds: 60)
            client.send(long(name))
            #expect(eventually { server.server.openRequestCount > index && !work.begun.isEmpty })
            usleep(50_000)
            return client
        }
        let other = server.connect(timeoutInSeconds: 60)
        other.send(long("x", turn: 2))
        #expect(eventually { work.begun == ["a", "x"] })
        usleep(50_000)
        #expect(work.begun == ["a", "x"])
        work.allow(4)
        #expect(clients.map { $0.readResponse()?.text } == ["a", "b", "c"])
        #expect(other.readResponse()?.text == "x")
        #expect(work.begun == ["a", "x", "b", "c"])
    }

    @Test func turns_takeTurns() throws {
        let server = try server(workers: 1)
        var clients: [SocketClient] = []
        for (name, turn) in [("a", 1), ("b", 1), ("c", 1), ("x", 2)] {
            clients.append(server.connect(timeoutInSeconds: 60))
            clients.last?.send(long(name, turn: turn))
            #expect(eventually { server.server.openRequestCount == clients.count })
            usleep(50_000)
        }
        work.allow(4)
        for client in clients { #expect(client.readResponse()?.status == 201) }
        #expect(work.begun == ["a", "x", "b", "c"])
    }

    @Test func clientThatGoes_isForgotten_whetherItsWorkHasBegunOrNot() throws {
        let server = try server(workers: 1)
        for name in ["a", "b"] {
            let client = server.connect(timeoutInSeconds: 60)
            client.send(long(name))
            #expect(eventually { !work.begun.isEmpty })
            usleep(50_000)
        }
        #expect(server.isAlive())
        work.allow(2)
        #expect(server.settle())
        #expect(server.isAlive())
    }

    @Test func stoppingServer_waitsForWorkThatRuns_andCallsOffTheRest() throws {
        let server = try server(workers: 1)
        let clients = ["a", "b"].map { name in
            let client = server.connect(timeoutInSeconds: 60)
            client.send(long(name))
            #expect(eventually { !work.begun.isEmpty })
            usleep(50_000)
            return client
        }
        onAnotherThread {
            usleep(100_000)
            self.work.allow()
        }
        server.server.stop(gracePeriodInSeconds: 0)
        #expect(work.begun == ["a"])
        #expect(clients.allSatisfy { $0.isClosedByServer() })
    }

    @Test func answerOfLongWork_mayBeHeld() throws {
        let server = try server()
        let response = server.respond(to: SyntheticRequest("POST", "/long-and-held"))
        #expect(response?.text == "held")
    }

    @Test func requestMadeUpInTheProcess_mayTakeLong() {
        work.allow()
        let response = makeSampleRouter(adding: work.routes).respond(to: long("a"))
        #expect(response.text == "a")
    }
}
