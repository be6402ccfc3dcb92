import MemoryAPI
import MicroHTTPD
import Synchronization
import Testing

/// Limits, and the end of idle sessions.
@Suite struct LimitTests {
    private func limits(_ change: (inout SessionLimits) -> Void) -> SessionLimits {
        var limits = SessionLimits()
        change(&limits)
        return limits
    }

    @Test func sessions_beyondTheLimit_areRefusedUntilOneEnds() throws {
        let client = try TestClient(limits: limits { $0.sessions = 2 })
        var second = TestClient(client.router)
        try second.boot()
        let third = TestClient(client.router)
        let refused = try third.post("/sessions")
        #expect(refused.problem == "too-many-sessions")
        #expect(refused.response.header("Retry-After") != nil)
        _ = try client.delete("/sessions/\(client.id)")
        #expect(try third.post("/sessions").status == 201)
    }

    @Test func call_onAnotherCPU_changesNothingWhereItDoesNotFit() throws {
        let client = try TestClient(cpus: 2, limits: limits { $0.callsPerSession = 3 })
        for _ in 0..<2 { _ = try client.post("/pages") }
        let before = try client.snapshot()
        for (path, body) in [
            ("/pages", #"{"cpu":1}"#), ("/kmalloc", #"{"size":8,"cpu":1}"#),
            ("/calls", #"{"call":"kfree(NULL)","cpu":1}"#),
        ] {
            #expect(try client.post(path, body).problem == "too-many-calls")
            #expect(try client.snapshot() == before)
        }
        #expect(try client.post("/pages").status == 201)
    }

    @Test func sessions_ofOneAddress_haveALimit() throws {
        let client = try TestClient(limits: limits { $0.sessionsPerAddress = 1 })
        #expect(try TestClient(client.router).post("/sessions").problem == "too-many-sessions")
        _ = try client.delete("/sessions/\(client.id)")
        #expect(try TestClient(client.router).post("/sessions").status == 201)
    }

    @Test func configurations_inUse_haveALimit() throws {
        let client = try TestClient(limits: limits { $0.configurations = 1 })
        let fresh = TestClient(client.router)
        var refusals = 0
        for memory in 16..<32 {
            let reply = try fresh.post("/sessions", #"{"memory":"\#(memory)MiB"}"#)
            refusals += reply.problem == "too-many-sessions" ? 1 : 0
        }
        #expect(refusals > 0)
        #expect(try fresh.post("/sessions", #"{"machine":"classroom"}"#).status == 201)
    }

    @Test func configurations_ofOneClient_leaveTheUsualOnesBooting() throws {
        let client = try TestClient()
        let statuses = try (16..<88).map {
            try client.post("/sessions", #"{"memory":"\#($0)MiB"}"#).status
        }
        #expect(statuses.count { $0 == 201 } == 8)
        for kind in ["i386", "classroom", "x86_64"] {
            #expect(try client.post("/sessions", #"{"machine":"\#(kind)"}"#).status == 201)
            let debug = #"{"machine":"\#(kind)","debug":true}"#
            #expect(try client.post("/sessions", debug).status == 201)
        }
        let refused = try client.post("/sessions", #"{"memory":"99MiB"}"#)
        #expect(refused.json["detail"].string?.contains("your address") == true)
        #expect(try client.post("/sessions", #"{"memory":"16MiB"}"#).status == 201)
    }

    @Test func configurations_thatNobodyUses_makeRoom() throws {
        let client = try TestClient(limits: limits { $0.configurationsPerAddress = 1 })
        for memory in 16..<20 {
            var other = TestClient(client.router)
            let reply = try other.post("/sessions", #"{"memory":"\#(memory)MiB"}"#)
            #expect(reply.status == 201)
            other.token = reply.json["token"].string
            _ = try other.delete("/sessions/\(reply.json["id"].string ?? "")")
        }
    }

    @Test func calls_beyondTheLimit_areRefused() throws {
        let client = try TestClient(limits: limits { $0.callsPerSession = 3 })
        for _ in 0..<3 { #expect(try client.post("/pages").status == 201) }
        let before = try client.snapshot()
        #expect(try client.post("/pages").problem == "too-many-calls")
        #expect(try client.delete("/pages/1").problem == "too-many-calls")
        #expect(try client.snapshot() == before)
    }

    @Test func batch_thatWouldNotFit_runsNothing() throws {
        let client = try TestClient(limits: limits { $0.callsPerSession = 3 })
        let call = #"{"call":"alloc_page(GFP_KERNEL)"}"#
        let batch = "[" + Array(repeating: call, count: 4).joined(separator: ",") + "]"
        #expect(try client.post("/calls", batch).problem == "too-many-calls")
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func writtenBytes_beyondTheLimit_areRefused() throws {
        let client = try TestClient(limits: limits { $0.writtenBytesPerSession = 100 })
        let memset = #"{"call":"memset(0xc0100000, 1, 60)"}"#
        #expect(try client.post("/calls", memset).status == 200)
        #expect(try client.post("/calls", memset).problem == "too-many-bytes")
        #expect(try client.post("/calls", "[\(memset)]").problem == "too-many-bytes")
        #expect(try client.put("/memory/0xc0100000", #"{"text":"x"}"#).status == 200)
    }

    @Test func writtenBytes_ofUndoneCalls_areGivenBack() throws {
        let client = try TestClient(limits: limits { $0.writtenBytesPerSession = 100 })
        let memset = #"{"call":"memset(0xc0100000, 1, 60)"}"#
        for _ in 0..<3 {
            #expect(try client.post("/calls", memset).status == 200)
            _ = try client.post("/undo")
        }
        _ = try client.post("/redo")
        #expect(try client.post("/calls", memset).problem == "too-many-bytes")
    }

    @Test(arguments: ["alloc_page(GFP_KERNEL)", "kmalloc(64, GFP_KERNEL)"])
    func objects_beyondTheLimit_areRefusedUntilSomeAreFreed(_ call: String) throws {
        let client = try TestClient("i386", limits: limits { $0.objectsPerSession = 12_000 })
        let one = #"{"call":"\#(call)"}"#
        let batch = "[\(Array(repeating: one, count: 2_000).joined(separator: ","))]"
        var replies: [Reply] = []
        repeat {
            replies.append(try client.post("/calls", batch))
        } while replies.last?.status == 200 && replies.count < 8
        #expect(replies.last?.problem == "too-many-objects")
        #expect(replies.last?.response.header("Retry-After") != nil)
        #expect(replies.count > 3)
        let before = try client.snapshot()
        for index in 0..<2_000 where try client.post("/calls", #"{"call":"\#(call)"}"#).status < 300
        {
            try #require(index < 1_999)
        }
        #expect(try client.snapshot() != before)
        #expect(try client.post("/calls", #"{"call":"kfree(NULL)"}"#).status == 200)
        _ = try client.post("/undo", #"{"steps":4000}"#)
        #expect(try client.post("/calls", #"{"call":"\#(call)"}"#).status < 300)
    }

    @Test func areasAndCaches_beyondTheirLimits_areRefused() throws {
        let client = try TestClient(
            "i386",
            limits: limits {
                $0.areasPerSession = 500
                $0.cachesPerSession = 700
                $0.locksPerSession = 300
            })
        let calls: [(Int) -> String] = [
            { _ in "vmalloc(4096)" }, { "kmem_cache_create(\\\"c\($0)\\\", 8, 0, 0, NULL)" },
            { "spin_lock(l\($0))" },
        ]
        for call in calls {
            let batch = (0..<1_500).map { "{\"call\":\"\(call($0))\"}" }.joined(separator: ",")
            #expect(try client.post("/calls", "[\(batch)]").problem == "too-many-objects")
        }
    }

    @Test func batch_thatTakesLong_isStoppedAndSaysSo() throws {
        let client = try TestClient(limits: limits { $0.workSecondsPerRequest = 0 })
        let batch = Array(repeating: #"{"call":"alloc_page(GFP_KERNEL)"}"#, count: 100)
            .joined(separator: ",")
        let reply = try client.post("/calls?on_failure=continue", "[\(batch)]")
        #expect(reply.status == 200)
        #expect(reply.json["summary"]["budget_used_up"] == .bool(true))
        let ran = try #require(reply.json["summary"]["ran"].int)
        #expect(ran < 100 && reply.json["summary"]["step"].int == ran)
        #expect(reply.json["answers"].array.count == 100)
        #expect(reply.json["answers"][ran]["step"] == .null)
        let undone = try client.post("/calls?atomic=true", "[\(batch)]")
        #expect(undone.json["summary"]["undone"] == .bool(true))
    }

    @Test func earlierState_thatTakesLong_isRefused() throws {
        let client = try TestClient(limits: limits { $0.workSecondsPerRequest = 0 })
        for _ in 0..<3 { _ = try client.post("/pages") }
        let before = try client.snapshot()
        // The clients of other tests check that their answers are documented; here it is the limit.
        for (method, target) in [
            ("GET", "/zones?step=2"), ("GET", "/diff?from=1"), ("POST", "/undo"),
        ] {
            let request = SyntheticRequest(
                method, target, headers: [("Authorization", "Bearer \(client.token ?? "")")])
            let response = client.router.respond(to: request)
            #expect(response.status == 429)
            #expect(response.header("Retry-After") != nil)
            #expect(response.text.contains("/problems/too-much-work"))
        }
        #expect(try client.snapshot() == before)
    }

    @Test func session_thatIsIdle_ends() throws {
        let clock = ManualClock()
        let client = try TestClient(
            limits: limits {
                $0.idleSeconds = 100
                $0.sessions = 1
            }, now: { clock.seconds })
        clock.advance(100)
        #expect(try client.get("/zones").status == 200)
        clock.advance(100)
        #expect(try client.get("/zones").status == 200)
        clock.advance(101)
        #expect(try client.get("/zones").problem == "unknown-token")
        #expect(try TestClient(client.router).post("/sessions").status == 201)
    }

    @Test func idleSessions_makeRoomForNewOnes() throws {
        let clock = ManualClock()
        let client = try TestClient(
            limits: limits {
                $0.idleSeconds = 100
                $0.sessions = 1
            }, now: { clock.seconds })
        clock.advance(50)
        #expect(try TestClient(client.router).post("/sessions").status == 429)
        clock.advance(51)
        #expect(try TestClient(client.router).post("/sessions").status == 201)
    }
}

/// A clock that goes on when a test says so.
final class ManualClock: Sendable {
    private let value = Atomic<UInt64>(1_000)
    var seconds: UInt64 { value.load(ordering: .relaxed) }
    func advance(_ seconds: UInt64) { value.add(seconds, ordering: .relaxed) }
}
