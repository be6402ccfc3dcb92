import Testing

/// /caches and the objects in them.
@Suite struct CachesTests {
    @Test(arguments: ["slub", "slab"])
    func cache_livesAndDies(slab: String) throws {
        let client = try TestClient(options: #""slab":"\#(slab)""#)
        let made = try client.post(
            "/caches", #"{"name":"my_struct","size":1000,"flags":"SLAB_HWCACHE_ALIGN","ctor":90}"#)
        #expect(made.status == 201)
        #expect(made.response.header("Location") == "/caches/my_struct")
        #expect(made.json["cache"]["name"].string == "my_struct")
        #expect(made.json["cache"]["ctor"].string == "0x5a")
        let object = try client.post("/caches/my_struct/objects")
        #expect(object.status == 201)
        #expect(object.response.header("Location") == "/caches/my_struct/objects/2")
        let address = try #require(object.json["returned"].string)
        #expect(try client.get("/memory/\(address)?length=2").json["hex"].string == "5a5a")
        let inside = try client.get("/caches/my_struct").json
        #expect(inside.keys.contains(slab))
        #expect(inside["live_objects"].int == 1)
        #expect(inside["slabs"][0]["map"].string?.count(where: { $0 == "#" }) == 1)
        #expect(try client.get("/caches/my_struct/objects/2").json["live"] == .bool(true))
        #expect(try client.delete("/caches/my_struct/objects/2").status == 200)
        #expect(try client.delete("/caches/my_struct/objects/2").problem == "already-freed")
        let shrunk = try client.post("/caches/my_struct/shrink")
        #expect(shrunk.json["returned"].int == 0)
        #expect(try client.get("/caches/my_struct").json["nr_slabs"].int == 0)
        #expect(try client.delete("/caches/my_struct").status == 200)
        #expect(try client.get("/caches/my_struct").problem == "no-such-cache")
        #expect(try client.get("/caches/my_struct?step=2").json["live_objects"].int == 1)
    }

    @Test(arguments: ["slub", "slab"])
    func waste_andUse_areAllBytesOfTheSlabs(slab: String) throws {
        let client = try TestClient(options: #""slab":"\#(slab)""#)
        for size in [1, 8, 33, 60, 100, 130, 193, 700, 3000, 8000] {
            for _ in 0..<3 { _ = try client.post("/kmalloc", #"{"size":\#(size)}"#) }
        }
        for id in [2, 5, 30] { _ = try client.delete("/kmalloc/\(id)") }
        let caches = try client.get("/caches").json["caches"].array
        #expect(caches.contains { ($0["live_objects"].int ?? 0) > 0 })
        var requested = 0
        for cache in caches {
            let waste = cache["waste"].object.values.compactMap(\.int).reduce(0, +)
            let used = cache["bytes_requested"].int ?? 0
            #expect(waste + used == 4096 * (cache["pages"].int ?? 0), "\(cache["name"])")
            requested += used
        }
        #expect(requested == 3 * 12_225 - 1 - 8 - 8_000)
    }

    @Test func slabs_andLists_nameEveryObjectOnce() throws {
        let client = try TestClient("i386", cpus: 2)
        let calls = (0..<300).map { #"{"call":"kmalloc(512, GFP_KERNEL)","cpu":\#($0 % 2)}"# }
        _ = client.router.respond(to: client.raw("[\(calls.joined(separator: ","))]"))
        let ids = try client.get("/kmalloc?limit=1000").json["kmalloc"].array.compactMap {
            $0["id"].int
        }
        for id in ids where id % 3 == 0 { _ = try client.delete("/kmalloc/\(id)") }
        let cache = try client.get("/caches/kmalloc-512?limit=1000").json
        let listed = Set(cache["slub"]["partial"].array.compactMap(\.int))
        #expect(listed.count == cache["slub"]["partial"].array.count)
        for slab in cache["slabs"].array {
            let pfn = try #require(slab["pfn"].int)
            #expect((slab["list"].string == "partial") == listed.contains(pfn))
            var free = slab["freelist"].array.compactMap(\.int)
            for cpu in cache["slub"]["per_cpu"].array where cpu["slab"].int == pfn {
                free += cpu["freelist"].array.compactMap(\.int)
            }
            let map = Array(slab["map"].string ?? "")
            #expect(Set(free) == Set(map.indices.filter { map[$0] == "." }))
            #expect(free.count == Set(free).count)
        }
        #expect(cache["slabs"].array.count == cache["nr_slabs"].int)
    }

    @Test(arguments: ["slub", "slab"])
    func lists_ofManySlabs_sayThatTheyAreCut(slab: String) throws {
        let client = try TestClient("i386", options: #""slab":"\#(slab)""#)
        // Slabs of SLUB's have eight objects each and stand on a list once one is free.
        let count = slab == "slub" ? 9_000 : 1_100
        let calls = Array(repeating: #"{"call":"kmalloc(4096, GFP_KERNEL)"}"#, count: count)
        _ = client.router.respond(to: client.raw("[\(calls.joined(separator: ","))]"))
        if slab == "slub" {
            for id in stride(from: 1, to: count, by: 8) { _ = try client.delete("/kmalloc/\(id)") }
        }
        let cache = try client.get("/caches/kmalloc-4k").json
        let (list, name) = slab == "slub" ? ("slub", "partial") : ("slab", "slabs_full")
        #expect(cache[list][name].array.count == 1_000)
        #expect(cache[list]["\(name)_truncated"] == .bool(true))
    }

    @Test func slabs_arePaged() throws {
        let client = try TestClient("i386")
        let calls = Array(repeating: #"{"call":"kmalloc(4096, GFP_KERNEL)"}"#, count: 100)
        _ = client.router.respond(to: client.raw("[\(calls.joined(separator: ","))]"))
        let whole = try client.get("/caches/kmalloc-4k").json["slabs"].array
        var paged: [JSON] = []
        var target: String? = "/caches/kmalloc-4k?limit=3"
        while let current = target {
            let part = try client.get(current).json
            paged += part["slabs"].array
            target = part["next"].int.map { "/caches/kmalloc-4k?limit=3&start=\($0)" }
        }
        #expect(paged == whole)
        #expect(whole.count == 13)
    }

    @Test func merging_sharesACache_unlessBootedWithout() throws {
        let client = try TestClient("i386")
        let body = #"{"name":"mine","size":104,"flags":["SLAB_HWCACHE_ALIGN"]}"#
        let merged = try client.post("/caches", body)
        #expect(merged.json["cache"]["name"].string == "cred_jar")
        #expect(merged.json["cache"]["aliases"].array == [.string("mine")])
        #expect(try client.get("/caches/mine").json["name"].string == "cred_jar")
        #expect(try client.get("/proc/slabinfo").text.contains("mine") == false)
        _ = try client.delete("/caches/mine")
        #expect(try client.get("/caches/cred_jar").json["refcount"].int == 1)
        #expect(try client.get("/caches/mine").problem == "no-such-cache")

        let apart = try TestClient("i386", options: #""slab_nomerge":true"#)
        #expect(try apart.post("/caches", body).json["cache"]["name"].string == "mine")
        #expect(
            try apart.get("/sessions/\(apart.id)").json["machine"]["slab_nomerge"] == .bool(true))
        let tags = try [client, apart].map { try $0.get("/zones?step=0").response.header("ETag") }
        #expect(tags[0] != tags[1])
    }

    @Test func destroy_withObjectsInUse_isComplainedOf() throws {
        let client = try TestClient()
        _ = try client.post("/caches", #"{"name":"mine","size":1000,"ctor":0}"#)
        _ = try client.post("/caches/mine/objects")
        let reply = try client.delete("/caches/mine")
        #expect(reply.json["misuse"][0]["code"].string == "destroyed-cache-in-use")
        #expect(!reply.json["log"].array.isEmpty)
        #expect(try client.get("/report").json["live"]["objects"].int == 1)
    }

    @Test(arguments: ["slub", "slab"])
    func destroy_ofAKMallocCache_leavesItWorking(slab: String) throws {
        let client = try TestClient(options: #""slab":"\#(slab)""#)
        let reply = try client.delete("/caches/kmalloc-64")
        #expect(reply.json["misuse"][0]["code"].string == "destroyed-cache-in-use")
        #expect(try client.post("/kmalloc", #"{"size":64}"#).status == 201)
        for name in ["kmem_cache", "dentry"] {
            #expect(try client.delete("/caches/\(name)").status == 200)
        }
        #expect(try client.post("/caches", #"{"name":"x","size":1200,"ctor":1}"#).status == 201)
    }

    @Test func shrink_readsItsBody() throws {
        let client = try TestClient(cpus: 2)
        #expect(try client.post("/caches/dentry/shrink", #"{"cpu":1}"#).json["step"].int == 2)
        for body in [#"{"cpu":2}"#, #"{"cpus":1}"#, #"[]"#] {
            #expect(try client.post("/caches/dentry/shrink", body).status == 422)
        }
        #expect(try client.post("/caches/dentry/shrink").json["step"].int == 3)
    }

    @Test func names_likeTheKernels_areFoundNewestFirst() throws {
        let client = try TestClient(options: #""slab_nomerge":true"#)
        let old = try client.get("/caches/kmalloc-64").json["address"].string ?? ""
        _ = try client.post("/caches", #"{"name":"kmalloc-64","size":1000}"#)
        #expect(try client.get("/caches/kmalloc-64").json["object_size"].int == 1000)
        #expect(try client.get("/caches/\(old)").json["object_size"].int == 64)
        let object = try client.post("/kmalloc", #"{"size":64}"#).json["object"]
        #expect(object["bytes_alloc"].int == 64)
        _ = try client.delete("/caches/kmalloc-64")
        #expect(try client.get("/caches/kmalloc-64").json["object_size"].int == 64)
    }

    @Test func name_withSlash_isEncodedInTheLocation() throws {
        let client = try TestClient(options: #""slab_nomerge":true"#)
        let reply = try client.post("/caches", #"{"name":"a/b\"c%","size":1000}"#)
        #expect(reply.json["call"].string == #"kmem_cache_create("a/b\"c%", 1000, 0, 0, NULL)"#)
        let location = try #require(reply.response.header("Location"))
        #expect(location == "/caches/a%2Fb%22c%25")
        #expect(try client.get(location).json["name"].string == "a/b\"c%")
    }

    @Test(arguments: ["0xabc", "0x", "NULL", "12", "-1", "0XC1000000"])
    func name_likeAnAddress_isFoundAtItsLocation(name: String) throws {
        let client = try TestClient(options: #""slab_nomerge":true"#)
        let reply = try client.post("/caches", #"{"name":"\#(name)","size":1000}"#)
        let location = try #require(reply.response.header("Location"))
        #expect(try client.get(location).json["name"].string == name)
        let object = try client.post(location + "/objects")
        #expect(try client.get(object.response.header("Location") ?? "").status == 200)
        #expect(try client.delete(location).status == 200)
        let address = try #require(reply.json["returned"].string)
        #expect(try client.get("/caches/\(address)?step=1").json["name"].string == name)
    }

    @Test(arguments: [
        (#"{"size":8}"#, "invalid-field"), (#"{"name":"x"}"#, "invalid-field"),
        (#"{"name":"","size":8}"#, "invalid-field"), (#"{"name":"a b","size":8}"#, "invalid-field"),
        (#"{"name":"a\nb","size":8}"#, "invalid-field"),
        (#"{"name":"a\u0000","size":8}"#, "invalid-field"),
        (#"{"name":"ü","size":8}"#, "invalid-field"),
        (#"{"name":"x","size":8,"align":3}"#, "invalid-field"),
        (#"{"name":"x","size":8,"align":8192}"#, "invalid-field"),
        (#"{"name":"x","size":8,"flags":"SLAB_HWCACHE_ALING"}"#, "unknown-slab-flag"),
        (#"{"name":"x","size":8,"flags":["SLAB_POISON","X"]}"#, "unknown-slab-flag"),
        (#"{"name":"x","size":8,"ctor":256}"#, "invalid-field"),
        (#"{"name":"x","size":4294967296}"#, "invalid-field"),
    ])
    func create_thatIsWrong_isRefusedAndRunsNothing(body: String, problem: String) throws {
        let client = try TestClient()
        #expect(try client.post("/caches", body).problem == problem)
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func create_withANameOfNearlyAMegabyte_isRefusedShortly() throws {
        let client = try TestClient()
        let name = String(repeating: "n", count: 900_000)
        let reply = try client.post("/caches", #"{"name":"\#(name)","size":8}"#)
        #expect(reply.problem == "invalid-field")
        #expect(reply.text.utf8.count < 1_000)
        #expect(try client.get("/caches/\(name.prefix(3_000))").problem == "no-such-cache")
    }

    @Test(arguments: [0, 4_194_305, 4_294_967_295])
    func create_ofASizeThatTheKernelRefuses_isNullAndNoError(size: Int) throws {
        let reply = try TestClient().post("/caches", #"{"name":"x","size":\#(size)}"#)
        #expect(reply.status == 200)
        #expect(reply.json["returned"].string == "NULL")
        #expect(reply.json["log"][0].string?.contains("error -22") == true)
    }
}
