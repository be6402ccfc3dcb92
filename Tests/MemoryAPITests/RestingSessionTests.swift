import KernelTestSupport
import MicroHTTPD
import SessionJournal
import Testing

@testable import MemoryAPI

/// Sessions that nobody asks for give up their machines, and are the same afterwards.
@Suite struct RestingSessionTests {
    private let clock = ManualClock()

    private func service(_ journal: (any JournalStore)? = nil) -> MemoryService {
        MemoryService(
            limits: SessionLimits(), description: testDescription, journal: journal,
            now: { [clock] in clock.seconds })
    }

    private func awakeCount(_ service: MemoryService) -> Int {
        service.store.shards.reduce(0) { count, shard in
            count
                + shard.sessions.withLock { sessions in
                    sessions.values.filter { $0.residence.withLock { $0.isAwake } }.count
                }
        }
    }

    @Test(arguments: [false, true])
    func idleSessions_restAndAreTheSameAfterwards(_ isDurable: Bool) throws {
        let service = service(isDurable ? MoodyJournalStore() : nil)
        var before: [(client: TestClient, snapshot: String, tag: String?)] = []
        for number in 0..<6 {
            var client = TestClient(service.router())
            try client.boot(number % 2 == 0 ? "classroom" : "i386", cpus: 2)
            try SnapshotTests.work(client)
            if number > 2 { _ = try client.post("/undo") }
            let tag = try client.get("/zones").response.header("ETag")
            before.append((client, try client.snapshot(), tag))
        }
        #expect(awakeCount(service) == 6)
        clock.advance(5)
        _ = try before[0].client.get("/zones")
        #expect(awakeCount(service) == 1)
        #expect(service.store.residentSessions.count == 6)
        for (number, (client, snapshot, tag)) in before.enumerated() {
            #expect(try client.get("/zones").response.header("ETag") == tag)
            #expect(try client.snapshot() == snapshot)
            if number > 2 { #expect(try client.post("/redo").status == 200) }
            #expect(try client.post("/pages").json["step"].int == 5)
        }
    }

    @Test func longSessions_keepTheirMachines() throws {
        let service = service()
        var clients: [TestClient] = []
        for count in [256, 257] {
            var client = TestClient(service.router())
            try client.boot()
            let calls = Array(repeating: #"{"call":"alloc_page(GFP_KERNEL)"}"#, count: count)
            #expect(try client.post("/calls", "[\(calls.joined(separator: ","))]").status == 200)
            clients.append(client)
        }
        clock.advance(5)
        // The one that is asked for wakes the service, and stays awake itself.
        var other = TestClient(service.router())
        try other.boot()
        #expect(awakeCount(service) == 2)
        for client in clients { #expect(try client.get("/zones").status == 200) }
    }
}
