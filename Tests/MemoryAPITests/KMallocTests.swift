import Testing

/// POST, GET and DELETE /kmalloc.
@Suite struct KMallocTests {
    @Test(arguments: ["slub", "slab"])
    func allocate_isAnsweredWithTheObject(slab: String) throws {
        let client = try TestClient(options: #""slab":"\#(slab)""#)
        let reply = try client.post("/kmalloc", #"{"size":50,"gfp":"GFP_KERNEL"}"#)
        #expect(reply.status == 201)
        #expect(reply.response.header("Location") == "/kmalloc/1")
        #expect(reply.json["call"].string == "kmalloc(50, GFP_KERNEL)")
        let object = reply.json["object"]
        #expect(object["address"] == reply.json["returned"])
        #expect(object["cache"].string == "kmalloc-64")
        #expect(object["bytes_req"].int == 50)
        #expect(object["bytes_alloc"].int == 64)
        let ksize = try client.post(
            "/calls", #"{"call":"ksize","addr":"\#(reply.json["returned"].string ?? "")"}"#)
        #expect(ksize.json["returned"].int == 64)
    }

    @Test func allocate_moreThanAnyCacheHas_takesPages() throws {
        let client = try TestClient()
        let reply = try client.post("/kmalloc", #"{"size":10000,"call":"kzalloc"}"#)
        #expect(reply.status == 201)
        #expect(reply.json["object"]["cache"] == .null)
        #expect(reply.json["object"]["index"] == .null)
        #expect(reply.json["object"]["order"].int == 2)
        #expect(reply.json["object"]["bytes_alloc"].int == 16_384)
        #expect(try client.get("/pages").json["pages"].array.isEmpty)
        let run = try client.get("/addresses/\(reply.json["returned"].string ?? "")").json["frame"]
        #expect(run["kmalloc"] == .bool(true))
        #expect(run["id"].int == 1)
    }

    @Test func allocate_noBytes_isThePointerToNothing() throws {
        let client = try TestClient()
        let reply = try client.post("/kmalloc", #"{"size":0}"#)
        #expect(reply.status == 200)
        #expect(reply.json["returned"].string == "0x10")
        #expect(reply.json.keys.contains("object") == false)
        #expect(try client.get("/kmalloc/1").problem == "no-such-allocation")
        #expect(try client.delete("/kmalloc/0x10").json["misuse"].array.isEmpty)
        #expect(try client.delete("/kmalloc/0x0").json["call"].string == "kfree(NULL)")
        #expect(try client.get("/report").json["misuse_count"].int == 0)
    }

    @Test(arguments: [4_194_305, 4_294_967_295])
    func allocate_moreThanThereCanBe_isNullAndNoError(size: Int) throws {
        let client = try TestClient("i386")
        let reply = try client.post("/kmalloc", #"{"size":\#(size)}"#)
        #expect(reply.status == 200)
        #expect(reply.json["returned"].string == "NULL")
        #expect(reply.json["errno"].string == "ENOMEM")
    }

    @Test(arguments: [
        ("{}", "invalid-field"), (#"{"size":-1}"#, "invalid-field"),
        (#"{"size":4294967296}"#, "invalid-field"), (#"{"size":"64"}"#, "invalid-field"),
        (#"{"size":1,"gfp":"GFP_KERNAL"}"#, "unknown-gfp-flag"),
        (#"{"size":1,"call":"kmaloc"}"#, "unknown-function"), (#"{"sise":1}"#, "unknown-field"),
        (#"{"size":1,"cpu":3}"#, "invalid-field"),
    ])
    func allocate_thatIsWrong_isRefusedAndRunsNothing(body: String, problem: String) throws {
        let client = try TestClient()
        #expect(try client.post("/kmalloc", body).problem == problem)
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test(arguments: ["slub", "slab"])
    func free_byIdASecondTime_isRefusedAndTouchesNothing(slab: String) throws {
        let client = try TestClient(options: #""slab":"\#(slab)""#)
        _ = try client.post("/kmalloc", #"{"size":64}"#)
        #expect(try client.delete("/kmalloc/1").status == 200)
        let before = try client.snapshot()
        let again = try client.delete("/kmalloc/1")
        #expect(again.problem == "already-freed")
        #expect(again.json["errors"][0]["value"].string == "1")
        #expect(again.json["freed_at_step"].int == 2)
        #expect(try client.get("/kmalloc/1").problem == "already-freed")
        #expect(try client.snapshot() == before)
        #expect(try client.post("/kmalloc", #"{"size":64}"#).json["id"].int == 3)
        #expect(try client.delete("/kmalloc/1").json["freed_at_step"].int == 2)
    }

    @Test func free_byAddressASecondTime_isTheKernelsDoubleFree() throws {
        let client = try TestClient()
        let address = try #require(
            try client.post("/kmalloc", #"{"size":64}"#).json["returned"].string)
        _ = try client.delete("/kmalloc/\(address)")
        let again = try client.delete("/kmalloc/\(address)")
        #expect(again.json["misuse"][0]["code"].string == "double-kfree")
        for _ in 0..<2 {
            #expect(
                try client.post("/kmalloc", #"{"size":64}"#).json["returned"].string == address)
        }
    }

    @Test func list_isOrderedAndPaged() throws {
        let client = try TestClient()
        for size in [64, 10_000, 8, 64, 100] {
            _ = try client.post("/kmalloc", #"{"size":\#(size)}"#)
        }
        _ = try client.delete("/kmalloc/3")
        let first = try client.get("/kmalloc?limit=3").json
        #expect(first["kmalloc"].array.compactMap { $0["id"].int } == [1, 2, 4])
        let next = try #require(first["next"].string)
        let second = try client.get("/kmalloc?limit=3&cursor=\(next)").json
        #expect(second["kmalloc"].array.compactMap { $0["id"].int } == [5])
        #expect(second["next"] == .null)
    }

    @Test func show_byAddressWithin_findsTheAllocation() throws {
        let client = try TestClient()
        let address = try #require(
            try client.post("/kmalloc", #"{"size":200}"#).json["returned"].string)
        let inside = address.dropLast(2) + "80"
        #expect(try client.get("/kmalloc/\(inside)").json["id"].int == 1)
        let place = try client.get("/addresses/\(inside)").json
        #expect(place["object"]["offset"].int == 128)
        #expect(place["object"]["live"] == .bool(true))
        #expect(place["frame"]["state"].string == "slab")
        #expect(place["frame"]["cache"].string == "kmalloc-256")
        _ = try client.delete("/kmalloc/1")
        let after = try client.get("/addresses/\(inside)").json["object"]
        #expect(after["live"] == .bool(false))
        #expect(after["freed_at_step"].int == 2)
        #expect(try client.get("/kmalloc/\(inside)").problem == "no-such-allocation")
    }

    @Test func krealloc_staysOrMovesWithANewId() throws {
        let client = try TestClient()
        let address = try #require(
            try client.post("/kmalloc", #"{"size":10}"#).json["returned"].string)
        _ = try client.put("/memory/\(address)", #"{"text":"hello"}"#)
        let stays = try client.post("/kmalloc/1/krealloc", #"{"size":12}"#)
        #expect(stays.status == 200)
        #expect(stays.json["returned"].string == address)
        #expect(try client.get("/kmalloc/1").json["bytes_req"].int == 12)
        let moves = try client.post("/kmalloc/1/krealloc", #"{"size":100}"#)
        #expect(moves.status == 201)
        #expect(moves.response.header("Location") == "/kmalloc/4")
        let moved = try #require(moves.json["returned"].string)
        #expect(try client.get("/memory/\(moved)?length=5").json["text"].string == "hello")
        #expect(try client.post("/kmalloc/1/krealloc", #"{"size":1}"#).problem == "already-freed")
        let freed = try client.post("/kmalloc/4/krealloc", #"{"size":0}"#)
        #expect(freed.json["returned"].string == "0x10")
        #expect(try client.get("/kmalloc").json["kmalloc"].array.isEmpty)
    }

    @Test func references_toOtherKinds_sayWhereTheyAre() throws {
        let client = try TestClient()
        _ = try client.post("/pages")
        _ = try client.post("/kmalloc", #"{"size":64}"#)
        _ = try client.post("/caches/dentry/objects")
        #expect(try client.get("/kmalloc/1").json["detail"].string?.contains("/pages/1") == true)
        #expect(try client.get("/kmalloc/3").json["detail"].string?.contains("dentry") == true)
        let object = try client.get("/caches/dentry/objects/2")
        #expect(object.json["detail"].string?.contains("/kmalloc/2") == true)
        #expect(try client.get("/pages/2").problem == "no-such-page")
        #expect(try client.delete("/kmalloc/9").problem == "no-such-allocation")
        #expect(try client.get("/journal").json["step"].int == 3)
    }

    @Test(arguments: ["slub", "slab"])
    func report_countsBytesBesidePages(slab: String) throws {
        let client = try TestClient(options: #""slab":"\#(slab)""#)
        _ = try client.post("/pages", #"{"order":1}"#)
        _ = try client.post("/kmalloc", #"{"size":60}"#)
        _ = try client.post("/kmalloc", #"{"size":9000}"#)
        _ = try client.post("/caches", #"{"name":"mine","size":2000}"#)
        _ = try client.post("/caches/mine/objects")
        let report = try client.get("/report").json
        #expect(
            report["summary"].string
                == "1 block (2 pages) and 3 objects (11060 bytes) not freed; no misuse.")
        #expect(report["leaks"].array.compactMap { $0["step"].int } == [1, 2, 3, 5])
        #expect(report["leaks"].array.compactMap { $0["bytes"].int } == [8192, 60, 9000, 2000])
        #expect(report["leaks"][1]["cache"].string == "kmalloc-64")
        #expect(report["live"]["pages"].int == 2)
        for target in ["/pages/1", "/kmalloc/2", "/kmalloc/3", "/caches/mine/objects/5"] {
            #expect(try client.delete(target).status == 200)
        }
        let after = try client.get("/report").json
        #expect(after["summary"].string == "No allocation is left; no misuse.")
    }
}
