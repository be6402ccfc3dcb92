import KernelTestSupport
import MemoryAPI
import MicroHTTPD
import Testing

/// The slab allocator's functions through /calls.
@Suite struct SlabCallsTests {
    @Test(arguments: [
        ("kmalloc(64, GFP_KERNEL)", #"{"call":"kmalloc","size":64,"gfp":"GFP_KERNEL"}"#),
        ("kzalloc(64, GFP_ATOMIC)", #"{"call":"kzalloc","size":64,"flags":"GFP_ATOMIC"}"#),
        ("kzalloc(640, GFP_KERNEL)", #"{"call":"kcalloc(10, 64, GFP_KERNEL)"}"#),
        ("kmalloc(640, GFP_DMA)", #"{"call":"kmalloc_array","n":64,"size":10,"gfp":"GFP_DMA"}"#),
        ("krealloc(NULL, 7, GFP_KERNEL)", #"{"call":"krealloc(NULL, 7, GFP_KERNEL)"}"#),
        ("kfree(0xc0100000)", #"{"call":"kfree","address":"0xc0100000"}"#),
        ("ksize(NULL)", #"{"call":"ksize","addr":0}"#),
        (
            #"kmem_cache_create("x", 100, 0, 0, NULL)"#,
            #"{"call":"kmem_cache_create","name":"x","size":100}"#
        ),
        (
            #"kmem_cache_create("a,\"b", 100, 64, SLAB_RED_ZONE|SLAB_POISON, ctor=0x5a)"#,
            #"{"call":"kmem_cache_create(\"a,\\\"b\", 100, 64, SLAB_POISON|SLAB_RED_ZONE, 90)"}"#
        ),
    ])
    func call_inAnySpelling_isTheSame(text: String, body: String) throws {
        let client = try TestClient()
        #expect(try client.post("/calls", body).json["call"].string == text)
        let quoted = text.split(separator: "\\", omittingEmptySubsequences: false)
            .joined(separator: "\\\\").split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\\\"")
        let again = try TestClient().post("/calls", #"{"call":"\#(quoted)"}"#)
        #expect(again.json["call"].string == text)
        let entry = try client.get("/journal").json["entries"][0]
        #expect(entry["call"].string == text)
    }

    @Test func cache_isNamedOrPointedTo() throws {
        let client = try TestClient()
        let address = try #require(try client.get("/caches/dentry").json["address"].string)
        for cache in ["dentry", "\\\"dentry\\\"", address] {
            let reply = try client.post(
                "/calls", #"{"call":"kmem_cache_alloc(\#(cache), GFP_KERNEL)"}"#)
            #expect(reply.json["call"].string == "kmem_cache_alloc(\(address), GFP_KERNEL)")
            #expect(reply.json["object"]["cache"].string == "dentry")
        }
        let object = try client.post(
            "/calls", #"{"call":"kmem_cache_zalloc","cache":"dentry","gfp":"GFP_KERNEL"}"#)
        let freed = try client.post(
            "/calls",
            #"{"call":"kmem_cache_free","cache":"dentry","object":"\#(object.json["returned"].string ?? "")"}"#
        )
        #expect(freed.json["misuse"].array.isEmpty)
        #expect(try client.post("/calls", #"{"call":"kmem_cache_shrink(dentry)"}"#).status == 200)
    }

    @Test func cache_thatThereIsNot_isRefusedWithSuggestions() throws {
        let client = try TestClient()
        for body in [
            #"{"call":"kmem_cache_alloc(dentri, GFP_KERNEL)"}"#,
            #"{"call":"kmem_cache_destroy","cache":"dentri"}"#,
        ] {
            let reply = try client.post("/calls", body)
            #expect(reply.problem == "invalid-field")
            #expect(reply.json["suggestions"][0].string == "dentry")
        }
        #expect(try client.get("/caches/dentri").json["suggestions"][0].string == "dentry")
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func batch_mayNameACacheThatItMakes() throws {
        let client = try TestClient(options: #""slab_nomerge":true"#)
        let batch = """
            [{"call":"kmem_cache_create","name":"mine","size":100},
             {"call":"kmem_cache_alloc(mine, GFP_KERNEL)"},
             {"call":"kmem_cache_create","name":"never","size":0},
             {"call":"kmem_cache_alloc(never, GFP_KERNEL)"}]
            """
        let answers = try client.post("/calls", batch).json
        #expect(answers[1]["object"]["cache"].string == "mine")
        #expect(answers[3]["call"].string == "kmem_cache_alloc(NULL, GFP_KERNEL)")
        #expect(answers[3]["halted"]["oops"].string != nil)
        #expect(
            try TestClient().post("/calls", #"[{"call":"kmem_cache_alloc(x, 0)"}]"#).problem
                == "invalid-field")
    }

    @Test func lines_areABatch() throws {
        let client = try TestClient()
        let headers = [(name: "Content-Type", value: "application/x-ndjson")]
        func send(_ body: String) throws -> Reply {
            try client.send("POST", "/calls", headers: headers, body: Array(body.utf8))
        }
        let reply = try send(
            """
            {"call":"kmalloc(64, GFP_KERNEL)"}

            {"call":"kmalloc","size":100,"gfp":"GFP_KERNEL"}\r
            {"call":"kfree(NULL)"}
            """)
        #expect(reply.json.array.compactMap { $0["step"].int } == [1, 2, 3])
        let wrong = try send("{\"call\":\"kfree(NULL)\"}\n{\"call\":\"kfre(NULL)\"}\n")
        #expect(wrong.json["errors"][0]["pointer"].string == "#/1/call")
        #expect(try send("{\n").problem == "malformed-json")
        #expect(try client.get("/journal").json["step"].int == 3)
    }

    @Test func batch_thatMeetsTheLimitOfBytes_runsNothing() throws {
        var limits = SessionLimits()
        limits.writtenBytesPerSession = 1 << 20
        let client = try TestClient("i386", limits: limits)
        _ = try client.post("/caches", #"{"name":"x","size":3000,"ctor":1}"#)
        let before = try client.snapshot()
        let call = #"{"call":"kmem_cache_alloc(x, GFP_KERNEL)"}"#
        let batch = "[" + Array(repeating: call, count: 400).joined(separator: ",") + "]"
        #expect(try client.post("/calls", batch).problem == "too-many-bytes")
        #expect(try client.snapshot() == before)
    }

    @Test func undo_andStep_goBackInSlabsToo() throws {
        let client = try TestClient()
        let empty = try client.snapshot()
        _ = try client.post("/kmalloc", #"{"size":64}"#)
        _ = try client.post("/caches", #"{"name":"mine","size":1000,"ctor":90}"#)
        let full = try client.snapshot()
        _ = try client.post("/caches/mine/objects")
        for target in ["/caches", "/caches/mine", "/kmalloc", "/proc/slabinfo", "/proc/meminfo"] {
            let old = try client.get("\(target)?step=2")
            #expect(old.response.header("ETag") != nil)
            #expect(old.text != (try client.get(target).text) || target == "/kmalloc")
        }
        _ = try client.post("/undo")
        #expect(try client.snapshot() == full)
        _ = try client.post("/undo", #"{"steps":2}"#)
        #expect(try client.snapshot() == empty)
        _ = try client.post("/redo", #"{"steps":2}"#)
        #expect(try client.snapshot() == full)
    }

    @Test func viewToken_looksAndNeverChanges() throws {
        var client = try TestClient()
        _ = try client.post("/kmalloc", #"{"size":64}"#)
        let full = client.token
        client.token = client.viewToken
        for target in ["/kmalloc", "/kmalloc/1", "/caches", "/caches/dentry", "/proc/slabinfo"] {
            #expect(try client.get(target).status == 200)
        }
        #expect(try client.post("/kmalloc", #"{"size":64}"#).problem == "read-only-token")
        #expect(try client.delete("/kmalloc/1").problem == "read-only-token")
        #expect(try client.post("/caches/dentry/shrink").problem == "read-only-token")
        client.token = full
        #expect(try client.get("/journal").json["step"].int == 1)
    }

    @Test func methods_areThoseOfTheOtherRoutes() throws {
        let client = try TestClient()
        let get = try client.get("/kmalloc")
        let token = (name: "Authorization", value: "Bearer \(client.token ?? "")")
        let head = client.router.respond(
            to: SyntheticRequest("HEAD", "/kmalloc", headers: [token]))
        #expect(head.status == 200)
        #expect(head.header("ETag") == get.response.header("ETag"))
        let tag = try #require(get.response.header("ETag"))
        let known = try client.get("/caches", headers: [("If-None-Match", tag)])
        #expect(known.status == 304)
        let wrong = try client.put("/kmalloc", "{}")
        #expect(wrong.problem == "method-not-allowed")
        #expect(wrong.response.header("Allow")?.contains("POST") == true)
    }

    /// Raw addresses of every kind, writes over free objects, frees of anything: the machine may
    /// halt, the service answers.
    @Test(arguments: ["slub", "slab"], [1, 2, 3] as [UInt64])
    func hostileCalls_areAlwaysAnswered(slab: String, seed: UInt64) throws {
        let debug = seed % 3 == 0
        let client = try TestClient(
            cpus: 2,
            options: #""slab":"\#(slab)","debug":\#(debug),"slab_nomerge":\#(seed % 2 == 0)"#)
        var generator = SeededRandom(seed: seed)
        var addresses = ["0x0", "0x10", "0x1000", "0xc0100004", "0xffffffff", "0xc0000000"]
        var caches = try client.get("/caches").json["caches"].array.compactMap {
            $0["address"].string
        }
        for index in 0..<400 {
            let address = addresses.randomElement(using: &generator)!
            let cache = caches.randomElement(using: &generator)!
            let size = [0, 1, 8, 64, 100, 512, 4096, 9000, 70_000].randomElement(using: &generator)!
            let call =
                switch Int.random(in: 0..<100, using: &generator) {
                case 0..<30: "kmalloc(\(size), GFP_KERNEL)"
                case 30..<50: "kfree(\(address))"
                case 50..<60: "kmem_cache_alloc(\(cache), GFP_ATOMIC)"
                case 60..<66: "kmem_cache_free(\(cache), \(address))"
                case 66..<72: "krealloc(\(address), \(size), GFP_KERNEL)"
                case 72..<78:
                    "memset(\(address), 0x\(Int.random(in: 0..<99, using: &generator)), 9)"
                case 78..<82: "kmem_cache_shrink(\(cache))"
                case 82..<85: "kmem_cache_destroy(\(cache))"
                case 85..<88: "run_on_cpu(\(index % 2))"
                case 88..<92: "ksize(\(address))"
                case 92..<95: "free_page(\(address))"
                default:
                    #"kmem_cache_create(\"c\#(index)\", \#(size), 0, 0, ctor=0x\#(index % 99))"#
                }
            let reply = try client.post("/calls", #"{"call":"\#(call)"}"#)
            if reply.json["halted"] != .null || reply.status == 409 {
                _ = try client.post("/undo")
                continue
            }
            guard let returned = reply.json["returned"].string, returned.hasPrefix("0x") else {
                continue
            }
            if call.contains("create") {
                caches.append(returned)
            } else {
                addresses += [returned, returned.dropLast() + "4"]
            }
        }
        for target in [
            "/snapshot", "/kmalloc?limit=1000", "/frames?limit=10000", "/caches?limit=1000",
            "/proc/slabinfo", "/proc/meminfo", "/report",
        ] { #expect(try client.get(target).status == 200, "seed \(seed): \(target)") }
        for cache in Set(caches) {
            let status = try client.get("/caches/\(cache)").status
            #expect(status == 200 || status == 404, "seed \(seed)")
        }
    }

    @Test func batches_ofManyAllocations_endAtTheLimit() throws {
        var limits = SessionLimits()
        limits.callsPerSession = 30_000
        let client = try TestClient("i386", limits: limits)
        let batch =
            "["
            + Array(repeating: #"{"call":"kmalloc(8, GFP_KERNEL)"}"#, count: 10_000)
            .joined(separator: ",") + "]"
        for _ in 0..<3 { #expect(client.router.respond(to: client.raw(batch)).status == 200) }
        #expect(try client.post("/kmalloc", #"{"size":8}"#).problem == "too-many-calls")
        #expect(try client.get("/report").json["live"]["objects"].int == 30_000)
        #expect(try client.get("/kmalloc?limit=1&cursor=29999").json["next"] == .null)
    }

    @Test func contentsOfNewObjects_countAgainstTheLimitOfBytes() throws {
        var limits = SessionLimits()
        limits.writtenBytesPerSession = 1 << 20
        let client = try TestClient("i386", limits: limits)
        _ = try client.post("/caches", #"{"name":"x","size":3000,"ctor":1}"#)
        var refused = 0
        for _ in 0..<400 {
            refused += try client.post("/caches/x/objects").problem == "too-many-bytes" ? 1 : 0
        }
        #expect((60...100).contains(refused))
        #expect(try client.post("/kmalloc", #"{"size":64}"#).status == 201)
    }
}
