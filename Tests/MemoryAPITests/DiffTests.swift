import KernelMemory
import KernelTestSupport
import MicroHTTPD
import Testing

@testable import MemoryAPI

/// `GET /diff`.
@Suite struct DiffTests {
    private static let patchType = [(name: "Accept", value: "application/json-patch+json")]

    // MARK: Patches

    @Test(arguments: zip(["i386", "classroom", "x86_64"], [1, 2, 3] as [UInt64]))
    func patch_ofRandomSessions_turnsOneSnapshotIntoTheOther(machine: String, seed: UInt64) throws {
        let (client, service) = try Self.session(machine)
        try Self.call(client, service, count: 120, seed: seed)
        let last = try #require(try client.get("/context").json["step"].int)
        _ = try client.post("/undo", #"{"steps":\#(last / 3)}"#)
        let now = last - last / 3
        var random = SeededRandom(seed: seed)
        let undone = Int.random(in: (now + 1)...last, using: &random)
        let steps = [now - 1, now, undone, Int.random(in: 0..<now, using: &random)]
        let snapshots = try steps.map { try Self.snapshot(client, at: $0) }
        for (query, from, to) in [
            ("", 0, 1), ("?from=\(steps[3])&to=\(undone)", 3, 2),
            ("?to=\(steps[0])&from=\(undone)", 2, 0), ("?from=\(steps[3])", 3, 1),
        ] {
            let patch = try client.get("/diff\(query)", headers: Self.patchType)
            #expect(patch.response.header("Content-Type") == "application/json-patch+json")
            #expect(
                try snapshots[from].patched(by: patch.json) == snapshots[to],
                "\(steps[from]) to \(steps[to]), seed \(seed)")
        }
    }

    /// A snapshot; others hold it to its description.
    private static func snapshot(_ client: TestClient, at step: Int) throws -> JSON {
        let snapshot = try Self.unchecked(client, "/snapshot?step=\(step)")
        #expect(snapshot["step"].int == step)
        return snapshot
    }

    private static func unchecked(_ client: TestClient, _ target: String) throws -> JSON {
        let token = (name: "Authorization", value: "Bearer \(client.token ?? "")")
        let request = SyntheticRequest("GET", target, headers: [token])
        return try Reply(client.router.respond(to: request)).json
    }

    @Test func patch_behindOneCallOfMany_isShort() throws {
        let client = try TestClient("i386")
        for _ in 0..<30 { _ = try client.post("/pages", #"{"order":1}"#) }
        _ = try client.delete("/pages/7")
        let patch = try client.get("/diff", headers: Self.patchType)
        let snapshot = try client.snapshot()
        #expect(patch.text.utf8.count * 10 < snapshot.utf8.count)
        #expect(patch.text.contains(#"{"op":"remove","path":"/pages/6"}"#))
    }

    // MARK: Summaries

    @Test(arguments: zip(["i386", "classroom", "x86_64"], [false, false, true]))
    func summary_hasTheNumbersOfTheRoutes(machine: String, looksBack: Bool) throws {
        let (client, service) = try Self.session(machine)
        try Self.call(client, service, count: 150, seed: 5)
        let last = try #require(try client.get("/context").json["step"].int)
        let (from, to) = looksBack ? (last - 10, last / 3) : (last / 4, last)
        let diff = try client.get("/diff?from=\(from)&to=\(to)").json
        #expect(diff["step"].int == to && diff["from"].int == from && diff["to"].int == to)
        try Self.check(diff, "before", client, "?step=\(from)")
        try Self.check(diff, "after", client, "?step=\(to)")
        try Self.checkLists(diff, client, from, to)
    }

    private static func check(
        _ diff: JSON, _ side: String, _ client: TestClient, _ query: String
    ) throws {
        let report = try client.get("/report" + query).json
        #expect(diff["pages"]["blocks"][side] == report["live"]["blocks"])
        #expect(diff["pages"]["pages"][side] == report["live"]["pages"])
        #expect(diff["misuse"]["count"][side] == report["misuse_count"])
        let zones = try client.get("/zones" + query).json["zones"].array
        #expect(diff["zones"].array.map { $0["name"] } == zones.map { $0["name"] })
        #expect(
            diff["zones"].array.map { $0["free_pages"][side] } == zones.map { $0["free_pages"] })
        let buddy = try client.get("/buddy" + query).json["zones"].array
        for (zone, change) in zip(buddy, diff["zones"].array) {
            for area in change["free_areas"].array {
                let order = try #require(area["order"].int)
                #expect(area["nr_free"][side] == zone["free_areas"][order]["nr_free"])
            }
        }
        for (zone, change) in zip(zones, diff["zones"].array) {
            for cpu in change["per_cpu"].array {
                let index = try #require(cpu["cpu"].int)
                #expect(cpu["count"][side] == zone["per_cpu"][index]["count"])
            }
        }
        try checkCaches(diff["caches"].array, side, client, query)
        let areas = try areas(client, "limit=1000&" + query.dropFirst())
        #expect(diff["vmalloc"]["areas"][side].int == areas["areas"].array.count)
        #expect(diff["vmalloc"]["vmalloc_pages"][side] == areas["vmalloc_pages"])
        let kmap = try client.get("/kmap" + query).json
        #expect(diff["kmap"]["used"][side] == kmap["used"])
        #expect(diff["kmap"]["uses"][side].int == kmap["uses"].array.count)
        let atomic = try client.get("/kmap_atomic" + query).json["mappings"].array
        #expect(diff["kmap_atomic"]["mappings"][side].int == atomic.count)
        let halted = try unchecked(client, "/snapshot" + query)["halted"]
        #expect(diff["halted"][side] == halted["oops"])
        try checkContexts(diff["context"], side, client, query)
    }

    /// The answer to `GET /vmalloc`, whose free space on x86_64 is more than the integers of these tests
    /// take.
    private static func areas(_ client: TestClient, _ query: String) throws -> JSON {
        try unchecked(client, "/vmalloc?\(query)")
    }

    private static func checkCaches(
        _ changes: [JSON], _ side: String, _ client: TestClient, _ query: String
    ) throws {
        #expect(!changes.isEmpty)
        let caches = try client.get("/caches" + query).json["caches"].array
        for change in changes {
            let cache = caches.first { $0["name"] == change["name"] } ?? .null
            for count in ["nr_slabs", "pages", "total_objects", "active_objects", "live_objects"] {
                #expect(change[count][side] == cache[count], "\(change["name"]) \(count)")
            }
        }
    }

    private static func checkContexts(
        _ change: JSON, _ side: String, _ client: TestClient, _ query: String
    ) throws {
        let context = try client.get("/context" + query).json
        #expect(change["cpu"][side] == context["cpu"])
        #expect(change["waiting"][side].int == context["waiting"].array.count)
        for cpu in change["cpus"].array {
            let index = try #require(cpu["cpu"].int)
            for (name, values) in cpu.object where name != "cpu" {
                #expect(values[side] == context["cpus"][index][name], "\(name)")
                #expect(values["before"] != values["after"])
            }
        }
    }

    /// The lists, against the whole lists of both steps.
    private static func checkLists(
        _ diff: JSON, _ client: TestClient, _ from: Int, _ to: Int
    ) throws {
        let lists: [(target: String, member: String, came: JSON, gone: JSON)] = [
            ("pages", "pages", diff["pages"]["allocated"], diff["pages"]["freed"]),
            ("kmalloc", "kmalloc", diff["kmalloc"]["allocated"], diff["kmalloc"]["freed"]),
            ("vmalloc", "areas", diff["vmalloc"]["made"], diff["vmalloc"]["freed"]),
            ("kmap", "uses", diff["kmap"]["made"], diff["kmap"]["given_up"]),
            (
                "kmap_atomic", "mappings", diff["kmap_atomic"]["made"],
                diff["kmap_atomic"]["given_up"]
            ),
            ("dmesg", "lines", diff["log"]["came"], diff["log"]["gone"]),
        ]
        for (target, member, came, gone) in lists {
            let limit = ["pages", "kmalloc", "vmalloc"].contains(target) ? "&limit=1000" : ""
            let lists = try [from, to].map { step in
                let query = "step=\(step)\(limit)"
                let list =
                    target == "vmalloc"
                    ? try areas(client, query) : try client.get("/\(target)?\(query)").json
                return list[member].array
            }
            let (before, after) = (lists[0], lists[1])
            #expect(came.array == after.filter { !before.contains($0) }, "\(target)")
            #expect(gone.array == before.filter { !after.contains($0) }, "\(target)")
        }
        let (low, high) = (min(from, to), max(from, to))
        let journal = try client.get("/journal?step=\(high)&cursor=\(low)&limit=1000").json
        #expect(
            diff["calls"].array.map { $0["step"] } == journal["entries"].array.map { $0["step"] })
        #expect(
            diff["calls"].array.map { $0["call"] } == journal["entries"].array.map { $0["call"] })
    }

    @Test func summary_ofACacheThatIsNew_hasNothingBefore() throws {
        let client = try TestClient()
        _ = try client.post("/caches", #"{"name":"inode","size":600}"#)
        let made = try client.get("/diff").json["caches"].array.first {
            $0["name"].string == "inode"
        }
        #expect(made?["nr_slabs"] == .object(["before": .null, "after": .int(0)]))
        let gone = try client.get("/diff?from=1&to=0").json["caches"].array.last
        #expect(gone?["live_objects"] == .object(["before": .int(0), "after": .null]))
    }

    @Test func summary_ofAWayIntoAnInterrupt_namesWhatChangedOfTheCPU() throws {
        let client = try TestClient("i386", cpus: 2)
        _ = try client.post("/calls", #"{"call":"enter_irq()"}"#)
        let context = try client.get("/diff").json["context"]
        #expect(context["cpus"].array.map { $0["cpu"] } == [.int(0)])
        let cpu = context["cpus"][0]
        #expect(
            cpu["context"] == .object(["before": .string("process"), "after": .string("hardirq")]))
        #expect(cpu["may_sleep"] == .object(["before": .bool(true), "after": .bool(false)]))
        #expect(cpu["pid"] == .null)
    }

    @Test func summary_ofACallThatHalts_hasTheOops() throws {
        let client = try TestClient()
        let oops = try client.post("/calls", #"{"call":"memset(0x10, 0, 4)"}"#)
            .json["halted"]["oops"]
        #expect(oops.string != nil)
        let diff = try client.get("/diff").json
        #expect(diff["halted"] == .object(["before": .null, "after": oops]))
        #expect(!diff["log"]["came"].array.isEmpty && diff["misuse"]["count"]["after"].int == 1)
        let back = try client.get("/diff?from=1&to=0").json
        #expect(back["halted"] == .object(["before": oops, "after": .null]))
        #expect(back["log"]["gone"] == diff["log"]["came"])
        #expect(back["misuse"]["gone"] == diff["misuse"]["came"])
    }

    @Test func longLists_areCutAndSayIt() throws {
        let client = try TestClient("i386")
        let call = #"{"call":"alloc_page(GFP_KERNEL)"}"#
        let batch = "[" + Array(repeating: call, count: 1_001).joined(separator: ",") + "]"
        #expect(client.router.respond(to: client.raw(batch)).status == 200)
        let whole = try client.get("/diff?from=1").json
        #expect(whole["calls"].array.count == 1_000 && whole["calls_truncated"] == .bool(false))
        let cut = try client.get("/diff?from=1001&to=0").json
        #expect(cut["calls"].array.count == 1_000 && cut["calls_truncated"] == .bool(true))
        #expect(cut["pages"]["freed"].array.count == 1_000)
        #expect(cut["pages"]["freed_truncated"] == .bool(true))
        #expect(cut["pages"]["blocks"] == .object(["before": .int(1_001), "after": .int(0)]))
    }

    // MARK: Requests

    @Test func steps_thatAreLeftOut_areTheLastCall() throws {
        let client = try TestClient()
        try SnapshotTests.work(client)
        _ = try client.post("/undo")
        #expect(try client.get("/diff").text == client.get("/diff?from=2&to=3").text)
        #expect(try client.get("/diff?to=2").text == client.get("/diff?from=1&to=2").text)
        #expect(try client.get("/diff?from=4").text == client.get("/diff?from=4&to=3").text)
        let nothing = try client.get("/diff?to=0").json
        #expect(nothing["from"].int == 0 && nothing["calls"].array.isEmpty)
        #expect(try client.get("/diff?to=0", headers: Self.patchType).text == "[]")
    }

    @Test func stepsThatAreNone_areRefused() throws {
        let client = try TestClient()
        try SnapshotTests.work(client)
        #expect(try client.get("/diff?to=5").problem == "unknown-step")
        #expect(try client.get("/diff?from=5").problem == "unknown-step")
        #expect(try client.get("/diff?from=-1").problem == "invalid-query")
        #expect(try client.get("/diff?to=x").problem == "invalid-query")
        #expect(try client.get("/diff?step=1").problem == "invalid-query")
        let html = [(name: "Accept", value: "text/html")]
        #expect(try client.get("/diff", headers: html).status == 406)
        var stranger = client
        stranger.token = nil
        #expect(try stranger.get("/diff").status == 401)
        stranger.token = client.viewToken
        #expect(try stranger.get("/diff").status == 200)
    }

    @Test func entityTag_namesBothStatesAndTheForm() throws {
        let client = try TestClient()
        try SnapshotTests.work(client)
        let replies = [
            try client.get("/diff"), try client.get("/diff", headers: Self.patchType),
            try client.get("/diff?from=4&to=3"), try client.get("/diff?from=2"),
            try client.get("/diff?to=3"),
        ]
        let tags = replies.compactMap { $0.response.header("ETag") }
        #expect(Set(tags).count == replies.count)
        #expect(replies.allSatisfy { $0.response.header("Vary") == "Accept" })
        let known = [(name: "If-None-Match", value: tags[0])]
        let again = try client.get("/diff", headers: known)
        #expect(again.status == 304 && again.text.isEmpty)
        _ = try client.post("/pages")
        #expect(try client.get("/diff", headers: known).status == 200)
        #expect(try client.get("/diff?from=3&to=4", headers: known).status == 304)
    }

    // MARK: Sessions

    private static func session(_ machine: String) throws -> (TestClient, MemoryService) {
        let service = MemoryService(description: testDescription)
        var client = TestClient(service.router())
        try client.boot(machine, cpus: 2)
        return (client, service)
    }

    /// Makes calls that mind no context, a few of them wrong.
    private static func call(
        _ client: TestClient, _ service: MemoryService, count: Int, seed: UInt64
    ) throws {
        try service.look(try #require(client.token)) { state in
            var machine = state.machine
            var calls = WildContextCalls(seed: seed, machine: machine)
            for _ in 0..<count where !machine.isHalted {
                _ = try? state.apply(calls.step(&machine))
            }
        }
    }
}
