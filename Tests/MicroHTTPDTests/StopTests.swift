import Glibc
import MicroHTTPD
import Synchronization
import Testing

/// Whether the watchdog's action found a request open.
private let acted = Atomic<Bool>(false)

@Suite(.serialized) struct StopTests {
    @Test func stop_duringARequest_letsItFinish() throws {
        let server = try SampleServer()
        let client = server.connect()
        client.send(SyntheticRequest("GET", "/slow"))
        usleep(100_000)
        #expect(server.server.openRequestCount == 1)
        server.server.stop(gracePeriodInSeconds: 5)
        #expect(client.readResponse()?.text == "slow")
        #expect(client.isClosedByServer())
    }

    @Test func stop_withSilentClient_endsAfterTheGracePeriod() throws {
        let server = try SampleServer()
        let client = server.connect()
        client.send("GET /pages/1 HTTP/1.1\r\n")
        usleep(50_000)
        let start = ContinuousClock.now
        server.server.stop(gracePeriodInSeconds: 0.2)
        #expect(ContinuousClock.now - start < .seconds(3))
        #expect(server.server.openRequestCount == 0)
    }

    @Test func watchdog_duringAStopThatDoesNotEnd_acts() throws {
        let server = try SampleServer()
        let client = server.connect()
        client.send(SyntheticRequest("GET", "/slow"))
        usleep(50_000)
        let running = server.server
        let started = Watchdog.start(seconds: 0.1) {
            acted.store(running.openRequestCount > 0, ordering: .releasing)
        }
        #expect(started)
        running.stop(gracePeriodInSeconds: 0)
        let hasActed = acted.load(ordering: .acquiring)
        #expect(hasActed)
    }

    @Test func stop_twice_freesThePortOnce() throws {
        let first = try SampleServer()
        let port = first.server.port
        first.server.stop(gracePeriodInSeconds: 1)
        first.server.stop(gracePeriodInSeconds: 1)
        let second = try SampleServer { $0.port = port }
        #expect(second.isAlive())
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func wait_forASignal_returnsItsNumber(number: Int32) {
        let argument = UnsafeMutablePointer<Int32>.allocate(capacity: 2)
        argument[0] = number
        argument[1] = 0
        var thread = pthread_t()
        let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { raw in
            let argument = raw!.assumingMemoryBound(to: Int32.self)
            let signals = TerminationSignals()
            pthread_kill(pthread_self(), argument[0])
            argument[1] = signals.wait()
            return nil
        }
        pthread_create(&thread, nil, body, argument)
        pthread_join(thread, nil)
        #expect(argument[1] == number)
        argument.deallocate()
    }
}
