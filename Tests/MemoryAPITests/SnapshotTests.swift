import Testing

/// Looking at a machine.
@Suite struct SnapshotTests {
    @Test(arguments: ["i386", "classroom", "x86_64"])
    func everySnapshot_ofEveryMachine_isValidAndBeginsWithItsStep(machine: String) throws {
        let client = try TestClient(machine, cpus: 2)
        try Self.work(client)
        let targets = [
            "/zones", "/buddy", "/buddy?zone=DMA&limit=1", "/frames?limit=20", "/pages", "/pages/2",
            "/addresses/0x1000", "/addresses/0xc0100000", "/journal", "/report", "/dmesg",
            "/snapshot", "/kmalloc", "/caches", "/caches/kmalloc-64", "/caches/dentry/objects",
        ]
        for target in targets {
            let reply = try client.get(target)
            #expect(reply.text.hasPrefix(#"{"step":4"#), "\(target)")
            #expect(reply.response.header("ETag") != nil)
        }
        for name in ["buddyinfo", "pagetypeinfo", "zoneinfo"] {
            #expect(try client.get("/proc/\(name)").text.contains("Node 0, zone      DMA"))
        }
    }

    /// Four calls: two allocations, a wrong free, one more allocation.
    static func work(_ client: TestClient) throws {
        _ = try client.post("/pages", #"{"call":"__get_free_pages","order":2}"#)
        _ = try client.post("/pages", #"{"gfp":"GFP_HIGHUSER_MOVABLE"}"#)
        _ = try client.delete("/pages/1?order=3")
        _ = try client.post("/pages", #"{"gfp":"GFP_ATOMIC","order":1}"#)
    }

    @Test func zones_freePages_agreeWithBuddyLists() throws {
        let client = try TestClient("i386")
        try Self.work(client)
        let zones = try client.get("/zones").json["zones"].array
        let buddy = try client.get("/buddy").json["zones"].array
        for (zone, lists) in zip(zones, buddy) {
            let pages = lists["free_areas"].array.reduce(0) {
                $0 + ($1["nr_free"].int ?? 0) << ($1["order"].int ?? 0)
            }
            #expect(zone["free_pages"].int == pages)
        }
    }

    @Test(arguments: ["i386", "classroom", "x86_64"])
    func frames_pageByPage_coverEveryFrameOnce(machine: String) throws {
        let client = try TestClient(machine)
        try Self.work(client)
        let whole = try client.get("/frames?limit=10000").json
        #expect(whole["next"] == .null)
        var next = 0
        for run in whole["runs"].array {
            #expect(run["pfn"].int == next)
            next += try #require(run["count"].int)
        }
        var runs: [JSON] = []
        var target: String? = "/frames?limit=100"
        while let current = target {
            let part = try client.get(current).json
            runs += part["runs"].array
            target = part["next"].int.map { "/frames?limit=100&start=\($0)" }
        }
        #expect(runs == whole["runs"].array)
    }

    @Test func frames_ofAFreeBlockThatTheKernelReported_areUnmarked() throws {
        let client = try TestClient()
        let page = try client.post("/pages", #"{"order":4}"#).json["page"]
        let pfn = try #require(page["pfn"].int)
        _ = try client.delete("/pages/1?order=5")
        let run = try client.get("/frames?start=\(pfn + 16)&limit=1").json["runs"].array[0]
        #expect(run["state"].string == "unmarked")
        #expect(run["order"].int == 4)
        #expect(try client.post("/pages", #"{"order":4}"#).json["page"]["pfn"].int == pfn + 16)
    }

    @Test func frames_fromTheMiddleOfABlock_beginAtItsHead() throws {
        let client = try TestClient()
        let pfn = try #require(
            try client.post("/pages", #"{"order":3}"#).json["page"]["pfn"].int)
        let run = try client.get("/frames?start=\(pfn + 5)&limit=1").json["runs"][0]
        #expect(run["pfn"].int == pfn)
        #expect(run["id"].int == 1)
        #expect(try client.get("/frames?zone=HighMem&limit=1").json["runs"][0]["pfn"].int == 896)
        #expect(try client.get("/frames?zone=Hihgmem").json["suggestions"][0].string == "HighMem")
        #expect(try client.get("/frames?start=99999").problem == "invalid-query")
    }

    @Test func frames_perCPUBlocks_nameTheirCPU() throws {
        let client = try TestClient("i386", cpus: 2)
        _ = try client.post("/pages", #"{"cpu":1}"#)
        let runs = try client.get("/frames?limit=10000").json["runs"].array
        let cpus = runs.filter { $0["state"].string == "per_cpu" }.map { $0["cpu"].int }
        #expect(cpus.contains(1))
        #expect(!cpus.contains(nil))
    }

    @Test(arguments: [
        ("0x1000", "user"), ("0xc0100000", "direct_map"), ("0xf8000000", "vmalloc"),
        ("0xff400000", "pkmap"), ("0xfffa0000", "fixmap"), ("0xfffff000", "unmapped"),
        ("0x100000000", "unmapped"), ("0xf6c1f000", "struct_page"),
    ])
    func address_onI386_isOfItsKind(address: String, kind: String) throws {
        let reply = try TestClient("i386").get("/addresses/\(address)")
        #expect(reply.json["kind"].string == kind)
    }

    @Test func report_namesLeaksAndMisuse() throws {
        let client = try TestClient("i386")
        try Self.work(client)
        let report = try client.get("/report").json
        #expect(report["live"]["blocks"].int == 2)
        #expect(report["live"]["pages"].int == 3)
        #expect(report["peak_pages"].int == 5)
        #expect(report["peak_use"]["block_pages"].int == 5)
        #expect(report["leaks"].array.map { $0["id"].int } == [2, 4])
        #expect(report["misuse"][0]["code"].string == "wrong-order-free")
        #expect(report["misuse"][0]["call"].string?.hasPrefix("free_pages(") == true)
    }

    /// A run of vmalloc alone has a peak, too: its pages, and what the kernel needs beside them.
    @Test func report_peakIsOfAllPages() throws {
        let client = try TestClient("i386")
        _ = try client.post("/vmalloc", #"{"size":65536}"#)
        _ = try client.delete("/vmalloc/1")
        _ = try client.post("/pages", #"{"order":2}"#)
        let report = try client.get("/report").json
        let use = report["peak_use"]
        #expect(use["area_pages"].int == 16)
        #expect(use["block_pages"].int == 0)
        let slabs = try #require(use["slab_pages"].int)
        let tables = try #require(use["table_pages"].int)
        #expect(slabs > 0 && tables > 0)
        #expect(report["peak_pages"].int == 16 + slabs + tables)
        #expect(try client.get("/report?step=0").json["peak_pages"].int == 0)
    }

    @Test func journal_isPaged() throws {
        let client = try TestClient()
        try Self.work(client)
        let first = try client.get("/journal?limit=3").json
        #expect(first["entries"].array.map { $0["step"].int } == [1, 2, 3])
        #expect(first["entries"][2]["misuse_count"].int == 1)
        let cursor = try #require(first["next"].string)
        let second = try client.get("/journal?limit=3&cursor=\(cursor)").json
        #expect(second["entries"].array.map { $0["id"].int } == [4])
        #expect(second["next"] == .null)
    }

    @Test func dmesg_asText_isTheLinesOfTheJSONBehindTheirSteps() throws {
        let client = try TestClient()
        _ = try client.post("/pages", #"{"order":0}"#)
        _ = try client.post("/pages", #"{"order":12}"#)
        let json = try client.get("/dmesg")
        let text = try client.get("/dmesg", headers: [("Accept", "text/plain")])
        let lines = json.json["lines"].array.compactMap { $0["text"].string }
        #expect(!lines.isEmpty)
        #expect(text.text == lines.map { "[    2] \($0)\n" }.joined())
        #expect(text.response.header("ETag") != json.response.header("ETag"))
    }
}
