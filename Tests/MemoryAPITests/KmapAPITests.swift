import Testing

/// POST, GET and DELETE of /kmap and /kmap_atomic.
@Suite struct KmapAPITests {
    private func highPages(_ client: TestClient, _ count: Int) throws {
        let calls = Array(repeating: #"{"call":"alloc_page(GFP_HIGHUSER)"}"#, count: count)
        let batch = try client.post("/calls", "[\(calls.joined(separator: ","))]")
        #expect(batch.json.array.count == count)
    }

    @Test func map_isAnsweredWithThePageAndGivenUpOnce() throws {
        let client = try TestClient("i386")
        try highPages(client, 1)
        let reply = try client.post("/kmap", #"{"page":1}"#)
        #expect(reply.status == 201)
        #expect(reply.response.header("Location") == "/kmap/2")
        #expect(reply.json["returned"].string == "0xff401000")
        #expect(reply.json["mapping"]["zone"].string == "HighMem")
        #expect(reply.json["mapping"]["slot"].int == 1)
        let pool = try client.get("/kmap?limit=2").json
        #expect(pool["used"].int == 1)
        #expect(pool["slots"][1]["users"][0].int == 2)
        #expect(pool["next"].string == "2")
        #expect(try client.get("/kmap/2").json["live"] == .bool(true))
        #expect(try client.delete("/kmap/2").json["misuse"].array.isEmpty)
        let again = try client.delete("/kmap/2")
        #expect(again.status == 404)
        #expect(again.json["type"].string == "/problems/already-freed")
        #expect(again.json["freed_at_step"].int == 3)
        #expect(try client.get("/kmap?limit=1").json["stale"].int == 1)
    }

    @Test func map_withoutSlot_blocksAndResumes() throws {
        let client = try TestClient("classroom")
        try highPages(client, 17)
        for page in 1...16 { #expect(try client.post("/kmap", "{\"page\":\(page)}").status == 201) }
        let reply = try client.post("/kmap", #"{"page":17}"#)
        #expect(reply.status == 200)
        #expect(reply.json["returned"] == .null)
        #expect(reply.json["blocked"]["held"].array.count == 16)
        #expect(try client.get("/kmap").json["waiting"][0]["step"].int == 34)
        #expect(try client.get("/kmap/34").status == 404)
        let freed = try client.delete("/kmap/20")
        #expect(freed.json["resumed"][0]["step"].int == 34)
        #expect(freed.json["resumed"][0]["returned"].string == "0xff403000")
        #expect(try client.get("/kmap/34").json["address"].string == "0xff403000")
        _ = try client.post("/undo")
        #expect(try client.get("/kmap").json["waiting"].array.count == 1)
    }

    /// The article's last word on temporary mappings: the next one simply overwrites the previous one.
    @Test func olderForm_isOverwritten_andAStalePointerReadsTheNewPage() throws {
        let client = try TestClient("i386")
        try highPages(client, 2)
        for (page, text) in [(1, "mine"), (2, "yours")] {
            let address = try client.post("/kmap", "{\"page\":\(page)}").json["returned"].string!
            _ = try client.put("/memory/\(address)", #"{"text":"\#(text)"}"#)
        }
        let first = try client.post("/kmap_atomic", #"{"page":1,"type":"KM_USER0"}"#).json
        let pointer = try #require(first["returned"].string)
        #expect(try client.get("/memory/\(pointer)?length=4").json["text"].string == "mine")
        _ = try client.delete("/kmap_atomic/\(first["id"].int!)")
        let second = try client.post("/kmap_atomic", #"{"page":2,"type":"KM_USER0"}"#).json
        #expect(second["returned"].string == pointer)
        #expect(second["misuse"].array.isEmpty, "the first one was given up")
        #expect(try client.get("/memory/\(pointer)?length=5").json["text"].string == "yours")
        let third = try client.post("/kmap_atomic", #"{"page":1,"type":"KM_USER0"}"#).json
        #expect(third["misuse"][0]["code"].string == "kmap-slot-overwritten")
    }

    @Test func temporary_stacksPerCPUAndIsListed() throws {
        let client = try TestClient("i386", cpus: 2)
        try highPages(client, 2)
        let addresses = try [1, 2].map {
            try client.post("/kmap_atomic", "{\"page\":\($0)}").json["returned"].string
        }
        #expect(addresses == ["0xfffbb000", "0xfffba000"])
        let other = try client.post("/kmap_atomic", #"{"page":1,"cpu":1,"call":"kmap_local_page"}"#)
        #expect(other.json["returned"].string == "0xfffab000")
        let list = try client.get("/kmap_atomic").json
        #expect(list["mappings"].array.count == 3)
        #expect(list["cpus"][1]["slots"][0]["mapping"].int == 6)
        #expect(list["mappings"][2]["function"].string == "kmap_local_page")
        #expect(try client.get("/report").json["live"]["mappings"].int == 3)
    }

    @Test(arguments: [
        ("/kmap", "{}", "invalid-field"), ("/kmap", #"{"page":9}"#, "invalid-field"),
        ("/kmap", #"{"page":1,"index":1}"#, "invalid-field"),
        ("/kmap", #"{"page":1,"type":"KM_USER0"}"#, "unknown-field"),
        ("/kmap_atomic", #"{"page":1,"type":"KM_USER"}"#, "invalid-field"),
        (
            "/kmap_atomic", #"{"page":1,"type":"KM_USER0","call":"kmap_local_page"}"#,
            "invalid-field"
        ),
        ("/kmap_atomic", #"{"page":1,"call":"kmap"}"#, "unknown-function"),
    ])
    func wrongBody_isRefused(path: String, body: String, problem: String) throws {
        let client = try TestClient("i386")
        try highPages(client, 1)
        let reply = try client.post(path, body)
        #expect(reply.status == 422)
        #expect(reply.json["type"].string == "/problems/\(problem)")
        #expect(try client.get("/snapshot").json["step"].int == 1)
    }
}
