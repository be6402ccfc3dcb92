import KernelTestSupport
import MemoryAPI
import Testing

/// ?step=, undo, redo, and the tags of states.
@Suite struct TimeTravelTests {
    @Test func snapshot_atAnEarlierStep_isWhatWasSeenThen() throws {
        let client = try TestClient()
        var seen = [try client.snapshot()]
        var generator = SeededRandom(seed: 7)
        for _ in 0..<60 {
            try randomCall(client, &generator)
            seen.append(try client.snapshot())
        }
        for step in seen.indices {
            #expect(try client.snapshot(at: step) == seen[step], "step \(step)")
        }
        #expect(try client.get("/zones?step=\(seen.count)").json["last_step"].int == 60)
    }

    @Test func undoAndRedo_leadThroughTheSameStates() throws {
        let client = try TestClient()
        try SnapshotTests.work(client)
        let end = try client.snapshot()
        let middle = try client.snapshot(at: 2)
        #expect(try client.post("/undo", #"{"steps":2}"#).json["step"].int == 2)
        #expect(try client.snapshot() == middle)
        #expect(try client.snapshot(at: 4) == end)
        #expect(try client.post("/redo").json["step"].int == 3)
        #expect(try client.post("/redo").json["step"].int == 4)
        #expect(try client.snapshot() == end)
        #expect(try client.post("/redo").problem == "nothing-to-redo")
        #expect(try client.post("/undo", #"{"steps":5}"#).problem == "nothing-to-undo")
        #expect(try client.snapshot() == end)
    }

    @Test func call_afterUndo_forgetsWhatWasUndone() throws {
        let client = try TestClient()
        try SnapshotTests.work(client)
        _ = try client.post("/undo", #"{"steps":3}"#)
        #expect(try client.post("/pages").json["id"].int == 2)
        #expect(try client.post("/redo").problem == "nothing-to-redo")
        #expect(try client.get("/zones?step=3").problem == "unknown-step")
    }

    @Test func batch_thatRunsNothing_leavesUndoneCallsAndTheirCheckpoints() throws {
        let client = try TestClient()
        _ = try client.post("/calls", Self.batch(of: 0..<3_000))
        let seen = try client.snapshot(at: 1_500)
        _ = try client.post("/undo", #"{"steps":2500}"#)
        #expect(try client.post("/calls", "[]").text == "[]")
        #expect(try client.post("/redo", #"{"steps":2500}"#).json["step"].int == 3_000)
        _ = try client.post("/calls", Self.batch(of: 0..<200))
        #expect(try client.snapshot(at: 1_500) == seen)
    }

    @Test func earlierSteps_ofABatch_areThoseOfItsPartsByThemselves() throws {
        let whole = try TestClient()
        let parts = try TestClient()
        _ = try whole.post("/calls", Self.batch(of: 0..<5_000))
        _ = try whole.post("/undo", #"{"steps":1000}"#)
        _ = try whole.post("/calls", Self.batch(of: 4_000..<5_500))
        for steps in [0..<1_000, 1_000..<4_000, 4_000..<5_500] {
            _ = try parts.post("/calls", Self.batch(of: steps))
        }
        for step in [1, 1_023, 1_024, 2_500, 4_000, 4_097, 5_500] {
            #expect(try whole.snapshot(at: step) == parts.snapshot(at: step), "step \(step)")
        }
    }

    /// Pages that stay, more and more of them.
    private static func batch(of steps: Range<Int>) -> String {
        let calls = steps.map { index in
            let call = index.isMultiple(of: 50) ? "alloc_page(" : "kmalloc(\(index % 96), "
            return #"{"call":"\#(call)GFP_KERNEL)"}"#
        }
        return "[\(calls.joined(separator: ","))]"
    }

    @Test func manyCalls_acrossCheckpoints_canBeUndoneAndReplayed() throws {
        let client = try TestClient("i386")
        let pair = #"{"call":"alloc_page(GFP_KERNEL)"},{"call":"alloc_pages(GFP_KERNEL, 1)"}"#
        let batch = "[" + Array(repeating: pair, count: 700).joined(separator: ",") + "]"
        for _ in 0..<3 { #expect(client.router.respond(to: client.raw(batch)).status == 200) }
        let steps = [0, 1, 1_023, 1_024, 1_025, 2_047, 3_000, 4_199]
        let tags = try steps.map { try client.get("/zones?step=\($0)").text }
        for (step, zones) in zip(steps, tags).reversed() {
            let now = try #require(try client.get("/sessions/\(client.id)").json["step"].int)
            if now > step { _ = try client.post("/undo", #"{"steps":\#(now - step)}"#) }
            #expect(try client.get("/zones").text == zones, "step \(step)")
        }
    }

    @Test func entityTag_ofEqualSessions_isEqual() throws {
        let first = try TestClient()
        let second = try TestClient()
        try SnapshotTests.work(first)
        try SnapshotTests.work(second)
        let tag = try #require(try first.get("/zones").response.header("ETag"))
        #expect(try second.get("/zones").response.header("ETag") == tag)
        #expect(
            try first.get("/snapshot").json["state_hash"].string
                == String(tag.dropFirst().prefix(16)))
        _ = try second.post("/pages")
        #expect(try second.get("/zones").response.header("ETag") != tag)
        #expect(try second.get("/zones?step=4").response.header("ETag") == tag)
        #expect(
            try TestClient(cpus: 2).get("/zones").response.header("ETag")
                != TestClient().get("/zones").response.header("ETag"))
    }

    @Test func get_withItsTag_is304() throws {
        let client = try TestClient()
        let tag = try #require(try client.get("/buddy").response.header("ETag"))
        for field in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
            let reply = try client.get("/buddy", headers: [("If-None-Match", field)])
            #expect(reply.status == 304)
            #expect(reply.response.header("ETag") == tag)
            #expect(reply.response.body.isEmpty)
        }
        _ = try client.post("/pages")
        #expect(try client.get("/buddy", headers: [("If-None-Match", tag)]).status == 200)
    }
}

extension TimeTravelTests {
    @Test(arguments: ["/pages/abc", "/pages/7", "/frames?limit=-1", "/memory/x", "/zones?step=9"])
    func get_thatIsWrong_isNever304(target: String) throws {
        let client = try TestClient()
        let reply = try client.get(target, headers: [("If-None-Match", "*")])
        #expect((400..<500).contains(reply.status))
        #expect(reply.response.header("ETag") == nil)
    }
}

/// Allocates, frees by id (rightly or wrongly), or writes.
func randomCall(_ client: TestClient, _ generator: inout SeededRandom) throws {
    let order = Int.random(in: 0...4, using: &generator)
    switch Int.random(in: 0..<8, using: &generator) {
    case 0...3: _ = try client.post("/pages", #"{"call":"__get_free_pages","order":\#(order)}"#)
    case 4...5:
        let pages = try client.get("/pages").json["pages"].array
        guard let page = pages.randomElement(using: &generator)?["id"].int else {
            return try randomCall(client, &generator)
        }
        _ = try client.delete("/pages/\(page)")
    case 6: _ = try client.put("/memory/0xc0100000", #"{"text":"order \#(order)"}"#)
    default: _ = try client.post("/calls", #"{"call":"alloc_pages(GFP_HIGHUSER_MOVABLE, 0)"}"#)
    }
}
