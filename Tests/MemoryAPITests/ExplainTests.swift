import KernelMemory
import Testing

@testable import MemoryAPI

/// `?explain=true` and `GET /journal/{step}/explain`.
@Suite struct ExplainTests {
    @Test func call_withExplain_endsWithItsDecisions_andChangesNothingElse() throws {
        let (plain, explained) = (try TestClient(), try TestClient())
        let first = try plain.post("/pages", #"{"order":2}"#).json
        let answer = try explained.post("/pages?explain=true", #"{"order":2}"#)
        #expect(answer.status == 201)
        #expect(answer.response.header("Location") == "/pages/1")
        for name in first.keys { #expect(answer.json[name] == first[name], "\(name)") }
        #expect(answer.json.keys.subtracting(first.keys) == ["explain", "explain_left_out"])
        let decisions = answer.json["explain"].array
        #expect(decisions.first?["code"].string == "may-sleep")
        let last = try #require(decisions.last)
        #expect(last["code"].string == "pcp-hit")
        #expect(last["pfn"] == first["page"]["pfn"])
        #expect(last["text"].string?.contains("pfn 256") == true)
        let states = try [plain, explained].map { try $0.get("/zones").text }
        #expect(states[0] == states[1])
    }

    @Test func watermarks_areThoseOfTheZonesBefore() throws {
        let client = try TestClient()
        for _ in 0..<5 { _ = try client.post("/pages", #"{"order":3}"#) }
        let zones = try client.get("/zones").json["zones"].array
        let decisions = try client.post("/pages?explain=true").json["explain"].array
        let passed = try #require(decisions.first { $0["code"].string == "zone-passed-watermark" })
        let zone = try #require(zones.first { $0["name"] == passed["zone"] })
        #expect(passed["nr_free_pages"] == zone["nr_free_pages"])
        #expect(passed["watermark_pages"] == zone["watermark"]["low"])
        #expect(passed["boost"] == zone["watermark"]["boost"])
        #expect(passed["lowmem_reserve"] == zone["lowmem_reserve"][1])
    }

    @Test func journal_explainsTheCallOfAStep_alsoOneThatWasUndone() throws {
        let client = try TestClient()
        let answer = try client.post("/kmalloc?explain=true", #"{"size":100}"#).json
        _ = try client.post("/kmalloc", #"{"size":100}"#)
        let later = try client.get("/journal/1/explain")
        #expect(later.json["step"].int == 1)
        #expect(later.json["call"] == answer["call"])
        #expect(later.json["returned"] == answer["returned"])
        #expect(later.json["explain"] == answer["explain"])
        let second = try client.get("/journal/2/explain").json["explain"].array
        #expect(
            second.map { $0["code"].string } == [
                "kmalloc-size-class", "may-sleep", "slab-cpu-freelist",
            ])
        _ = try client.post("/undo", #"{"steps":2}"#)
        #expect(try client.get("/journal/1/explain").json == later.json)
    }

    @Test func journal_hasAnEntityTagOfTheStep() throws {
        let client = try TestClient()
        for _ in 0..<2 { _ = try client.post("/pages") }
        let tags = try (1...2).map {
            try #require(client.get("/journal/\($0)/explain").response.header("ETag"))
        }
        #expect(tags[0] != tags[1])
        let again = try client.get(
            "/journal/1/explain", headers: [("If-None-Match", tags[0])])
        #expect(again.status == 304)
    }

    @Test(arguments: ["0", "3", "x", "99999999999"])
    func journal_ofAStepThatIsNot_isRefused(_ step: String) throws {
        let client = try TestClient()
        for _ in 0..<2 { _ = try client.post("/pages") }
        let reply = try client.get("/journal/\(step)/explain")
        #expect(reply.problem == (step == "3" ? "unknown-step" : "invalid-reference"))
    }

    @Test func explain_takesTrueAndFalse_andOneCall() throws {
        let client = try TestClient()
        #expect(try client.post("/pages?explain=yes").problem == "invalid-query")
        let batch = #"[{"call":"alloc_page(GFP_KERNEL)"},{"call":"alloc_page(GFP_KERNEL)"}]"#
        #expect(try client.post("/calls?explain=true", batch).problem == "invalid-query")
        #expect(try client.get("/journal").json["entries"].array.isEmpty)
        #expect(try client.post("/pages?explain=false").json["explain"] == .null)
        #expect(try client.post("/calls?explain=false", batch).status == 200)
    }

    /// One route of each kind that makes a call; each answer is also compared with the OpenAPI file.
    @Test func everyKindOfRoute_explains() throws {
        let client = try TestClient()
        func codes(_ reply: Reply) -> [String] {
            reply.json["explain"].array.compactMap { $0["code"].string }
        }
        let page = try client.post("/pages?explain=true", #"{"gfp":"GFP_HIGHUSER"}"#)
        let pointer = try #require(page.json["page"]["struct_page"].string)
        let map = #"{"page":"\#(pointer)"}"#
        #expect(codes(try client.post("/kmap?explain=true", map)).contains("kmap-slot"))
        #expect(codes(try client.delete("/kmap/2?explain=true")).contains("kunmap-last-user"))
        #expect(
            codes(try client.post("/kmap_atomic?explain=true", map)).contains("kmap-local-slot"))
        #expect(
            codes(try client.delete("/kmap_atomic/4?explain=true")).last == "preemption-on")
        #expect(codes(try client.delete("/pages/1?explain=true")).contains("pcp-free"))
        let area = try client.post("/vmalloc?explain=true", #"{"size":9000}"#)
        #expect(codes(area).last == "pte-written")
        #expect(codes(try client.delete("/vmalloc/7?explain=true")).contains("vmap-lazy"))
        let object = try client.post("/caches/kmalloc-64/objects?explain=true")
        #expect(codes(object).last == "slab-cpu-freelist")
        #expect(
            codes(try client.delete("/caches/kmalloc-64/objects/9?explain=true")).last
                == "slab-free-to-cpu")
        let call = #"{"call":"kmalloc(0, GFP_KERNEL)"}"#
        #expect(codes(try client.post("/calls?explain=true", call)) == ["kmalloc-of-nothing"])
        let reclaim = try client.post("/reclaim?explain=true", #"{"target":"slab"}"#)
        #expect(reclaim.json["explain_left_out"].int == 0)
    }

    /// A call on another CPU is two steps, of which the second is explained.
    @Test func call_onAnotherCPU_isExplainedThere() throws {
        let client = try TestClient(cpus: 2)
        let reply = try client.post(
            "/calls?explain=true", #"{"call":"alloc_page(GFP_KERNEL)","cpu":1}"#)
        #expect(reply.json["step"].int == 2)
        let last = try #require(reply.json["explain"].array.last)
        #expect(last["code"].string == "pcp-hit")
        #expect(last["cpu"].int == 1)
    }

    @Test func openAPI_listsTheCodesOfAllDecisions() {
        let schema = Interface.shared.document["components"]["schemas"]["Decision"]
        let codes = schema["properties"]["code"]["enum"].array.compactMap(\.string)
        #expect(codes.sorted() == Decision.Code.allCases.map(\.rawValue).sorted())
    }
}
