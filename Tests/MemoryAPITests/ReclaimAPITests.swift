import Testing

/// /reclaim and /freelists: what can be taken back and what cannot.
@Suite struct ReclaimAPITests {
    private func cache(_ client: TestClient, _ count: Int) throws -> [String] {
        _ = try client.post("/caches", #"{"name":"names","size":192,"ctor":0}"#)
        _ = try client.post("/calls", #"{"call":"register_shrinker(names)"}"#)
        return try (0..<count).map { _ in
            try #require(try client.post("/caches/names/objects").json["returned"].string)
        }
    }

    private func call(_ client: TestClient, _ text: String) throws -> Reply {
        try client.post("/calls", #"{"call":"\#(text)"}"#)
    }

    @Test(arguments: ["slub", "slab"])
    func reclaim_frees_whatIsMarkedUnused(slab: String) throws {
        let client = try TestClient(options: #""slab":"\#(slab)""#)
        let objects = try cache(client, 300)
        for object in objects.dropFirst() {
            let reply = try call(client, "list_lru_add(names, \(object))")
            #expect(reply.json["returned"].int == 1)
        }
        #expect(try client.get("/caches/names").json["unused_objects"].int == 299)
        let map = try client.get("/caches/names").json["slabs"].array
            .compactMap { $0["map"].string }.joined()
        #expect(map.count { $0 == "u" } == 299)
        #expect(map.count { $0 == "#" } == 1)
        let list = try client.get("/caches/names/objects?limit=1000").json["objects"].array
        #expect(list.count { $0["unused"] == .bool(true) } == 299)
        let looked = try client.get("/reclaim").json["shrinkers"][0]
        #expect(looked["nr_items"].int == 299)
        #expect(looked["oldest"].array.first?.string == objects[1])

        let reply = try client.post("/reclaim", #"{"target":"slab"}"#)
        #expect(reply.status == 200)
        #expect(reply.json["call"].string == "drop_slab()")
        #expect(reply.json["returned"].int == 299)
        #expect(reply.json["shrinkers"][0]["cache"].string == "names")
        #expect(reply.json["shrinkers"][0]["objects_freed"].int == 299)
        #expect(reply.json["pages_freed"] == reply.json["shrinkers"][0]["pages_freed"])
        #expect((reply.json["pages_freed"].int ?? 0) > 0)
        #expect(try client.get("/caches/names").json["live_objects"].int == 1)
        #expect(try client.get("/caches/names").json["unused_objects"].int == 0)
        let gone = try call(client, "list_lru_del(names, \(objects[5]))")
        #expect(gone.json["returned"].int == 0)
        #expect(try client.get("/report").json["misuse_count"].int == 0)
        let state = try client.snapshot()
        _ = try client.post("/undo", #"{"steps":2}"#)
        #expect(try client.get("/caches/names").json["unused_objects"].int == 299)
        _ = try client.post("/redo", #"{"steps":2}"#)
        #expect(try client.snapshot() == state)
    }

    @Test func freeList_keepsItsObjects() throws {
        let client = try TestClient()
        let made = try client.post("/freelists", #"{"name":"mine","size":100}"#)
        #expect(made.status == 201)
        #expect(made.response.header("Location") == "/freelists/1/objects")
        let got = try client.post("/freelists/1/objects", #"{"gfp":"GFP_KERNEL"}"#)
        #expect(got.status == 201)
        #expect(got.json["id"].int == 2)
        #expect(got.json["object"]["bytes_req"].int == 100)
        #expect(try client.delete("/freelists/1/objects/2").status == 200)
        let list = try client.get("/freelists").json["freelists"][0]
        #expect(list["nr_free"].int == 1)
        #expect(list["objects"][0] == got.json["returned"])
        _ = try client.post("/reclaim", #"{"target":"slab"}"#)
        #expect(try client.get("/freelists").json["freelists"][0] == list)
        let again = try client.post("/freelists/1/objects")
        let called = try call(client, #"free_list_create(\"other\", 64)"#)
        #expect(called.status == 201)
        #expect(called.response.header("Location") == "/freelists/2/objects")
        #expect(again.json["returned"] == got.json["returned"])
        #expect(try client.get("/freelists").json["freelists"][0]["hits"].int == 1)
        #expect(try client.get("/freelists?step=1").json["freelists"][0]["gets"].int == 0)
        #expect(try client.get("/report").json["live"]["objects"].int == 1)
        #expect(try client.get("/report").json["misuse_count"].int == 0)
    }

    @Test func put_byId_worksOnce() throws {
        let client = try TestClient()
        _ = try client.post("/freelists", #"{"name":"mine","size":100}"#)
        let object = try client.post("/freelists/1/objects").json["returned"].string ?? ""
        #expect(try client.delete("/freelists/1/objects/2").status == 200)
        for step in [3, 4] {
            let again = try client.delete("/freelists/1/objects/2")
            #expect(again.problem == "already-freed")
            #expect(again.json["freed_at_step"].int == 3)
            #expect(again.json["detail"].string == "Allocation 2 was put on a list at step 3.")
            #expect(try client.get("/journal").json["step"].int == step)
            if step == 3 { _ = try client.post("/freelists/1/objects") }
        }
        #expect(try client.delete("/freelists/1/objects/\(object)").status == 200)
        let twice = try client.delete("/freelists/1/objects/\(object)")
        #expect(twice.json["misuse"][0]["code"].string == "wrongly-stored")
    }

    @Test func wrongRequests_areRefused() throws {
        let client = try TestClient()
        #expect(try client.post("/reclaim", #"{"target":"pagecache"}"#).problem == "invalid-field")
        #expect(try client.post("/reclaim").problem == "invalid-field")
        #expect(try client.post("/freelists", #"{"name":"x"}"#).problem == "invalid-field")
        #expect(
            try client.post("/freelists", #"{"name":"x","size":8193}"#).problem == "invalid-field")
        #expect(try client.post("/freelists/1/objects").problem == "no-such-freelist")
        #expect(try client.delete("/freelists/x/objects/0x0").problem == "no-such-freelist")
        let unknown = try call(client, "register_shrinker(nothing)")
        #expect(unknown.problem == "invalid-field")
        #expect(try client.get("/zones").json["step"].int == 0)
    }

    @Test func calls_areWrittenAsTheyAreRead() throws {
        let client = try TestClient()
        _ = try cache(client, 0)
        let name = try client.get("/caches/names").json["address"].string ?? ""
        for text in [
            "free_list_create(\\\"mine\\\", 64)", "free_list_get(1, GFP_KERNEL)",
            "free_list_put(1, NULL)", "drop_slab()", "register_shrinker(\(name))",
            "list_lru_del(\(name), 0xc0100000)", "unregister_shrinker(\(name))",
        ] {
            let reply = try call(client, text)
            #expect(reply.json["call"].string == text.replacing("\\\"", with: "\""))
            #expect(reply.json["misuse"].array.isEmpty)
        }
    }
}
