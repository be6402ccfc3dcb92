import MemoryAPI
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
