import Testing

/// POST, GET and DELETE /pages.
@Suite struct PagesTests {
    @Test func allocate_byAddress_answersWithTheBlock() throws {
        let client = try TestClient("i386")
        let reply = try client.post(
            "/pages", #"{"call":"__get_free_pages","gfp":"GFP_KERNEL|__GFP_COMP","order":2}"#)
        #expect(reply.status == 201)
        #expect(reply.response.header("Location") == "/pages/1")
        #expect(reply.json["call"].string == "__get_free_pages(GFP_KERNEL|__GFP_COMP, 2)")
        #expect(reply.json["returned"] == reply.json["page"]["address"])
        #expect(reply.json["page"]["zone"].string == "Normal")
        #expect(reply.json["page"]["compound"] == .bool(true))
    }

    @Test func allocate_withoutBody_isOnePageForTheKernel() throws {
        let reply = try TestClient().post("/pages")
        #expect(reply.json["call"].string == "alloc_pages(GFP_KERNEL, 0)")
        #expect(reply.json["returned"] == reply.json["page"]["struct_page"])
    }

    @Test(arguments: [
        #""GFP_KERNEL | __GFP_ZERO""#, #"["GFP_KERNEL","__GFP_ZERO"]"#, "3520", #""0xdc0""#,
    ])
    func allocate_withFlagsInAnySpelling_meansTheSame(gfp: String) throws {
        let reply = try TestClient().post("/pages", #"{"gfp":\#(gfp)}"#)
        #expect(reply.json["call"].string == "alloc_pages(GFP_KERNEL|__GFP_ZERO, 0)")
    }

    @Test(arguments: ["2", "2.0", "2e0", "0.2E+1"])
    func allocate_withAWholeNumber_takesItInEveryForm(order: String) throws {
        let reply = try TestClient().post("/pages", #"{"order":\#(order)}"#)
        #expect(reply.json["page"]["order"].int == 2)
    }

    @Test func allocate_highMemory_hasNoAddress() throws {
        let reply = try TestClient("i386").post("/pages", #"{"gfp":"GFP_HIGHUSER"}"#)
        #expect(reply.json["page"]["zone"].string == "HighMem")
        #expect(reply.json["page"]["address"] == .null)
    }

    @Test func allocate_moreThanThereIs_isNullAndNoError() throws {
        let client = try TestClient()
        let reply = try client.post("/pages", #"{"order":11}"#)
        #expect(reply.status == 200)
        #expect(reply.json["returned"].string == "NULL")
        #expect(reply.json["errno"].string == "ENOMEM")
        #expect(reply.json["misuse"][0]["code"].string == "order-too-large")
        #expect(!reply.json["log"].array.isEmpty)
        #expect(try client.get("/pages/1").problem == "no-such-page")
    }

    @Test(arguments: ["alloc_page", "__get_free_page", "get_zeroed_page"])
    func allocate_onePageWithOrder_isRefused(function: String) throws {
        let client = try TestClient()
        let reply = try client.post("/pages", #"{"call":"\#(function)","order":1}"#)
        #expect(reply.problem == "invalid-field")
        #expect(try client.post("/pages", #"{"call":"\#(function)","order":0}"#).status == 201)
    }

    @Test func allocate_onAnotherCPU_movesThereFirst() throws {
        let client = try TestClient("i386", cpus: 2)
        let reply = try client.post("/pages", #"{"cpu":1}"#)
        #expect(reply.json["id"].int == 2)
        #expect(try client.post("/pages", #"{"cpu":1}"#).json["id"].int == 3)
        #expect(
            try client.post("/pages", #"{"cpu":2}"#).json["errors"][0]["pointer"].string == "#/cpu")
        let journal = try client.get("/journal").json
        #expect(journal["entries"][0]["call"].string == "run_on_cpu(1)")
        #expect(journal["step"].int == 3)
    }

    @Test func list_isOrderedAndPaged() throws {
        let client = try TestClient()
        for order in [3, 0, 1, 0, 2] { _ = try client.post("/pages", #"{"order":\#(order)}"#) }
        _ = try client.delete("/pages/2")
        var ids: [Int] = []
        var target = "/pages?limit=3"
        for _ in 0..<3 {
            let reply = try client.get(target)
            ids += reply.json["pages"].array.compactMap { $0["id"].int }
            guard let next = reply.json["next"].string else { break }
            target = "/pages?limit=3&cursor=\(next)"
        }
        #expect(ids == [1, 3, 4, 5])
    }

    @Test func get_byAnyName_findsTheBlock() throws {
        let client = try TestClient()
        let page = try client.post("/pages", #"{"call":"__get_free_pages","order":1}"#).json["page"]
        let address = try #require(page["address"].string)
        let inside = String(UInt64(address.dropFirst(2), radix: 16)! + 4_100, radix: 16)
        for ref in ["1", address, "0x" + inside, try #require(page["struct_page"].string)] {
            #expect(try client.get("/pages/\(ref)").json["id"].int == 1, "\(ref)")
        }
    }

    @Test func delete_byId_freesWithTheRightFunctionAndOrder() throws {
        let client = try TestClient()
        _ = try client.post("/pages", #"{"call":"__get_free_pages","order":2}"#)
        _ = try client.post("/pages", #"{"order":1}"#)
        let first = try client.delete("/pages/1").json["call"].string
        let second = try client.delete("/pages/2").json["call"].string
        #expect(first?.hasPrefix("free_pages(0x") == true && first?.hasSuffix(", 2)") == true)
        #expect(second?.hasPrefix("__free_pages(0x") == true && second?.hasSuffix(", 1)") == true)
        #expect(try client.get("/report").json["misuse"].array.isEmpty)
    }

    @Test func delete_twiceById_is404AndChangesNothing() throws {
        let client = try TestClient()
        _ = try client.post("/pages")
        #expect(try client.delete("/pages/1").status == 200)
        let before = try client.snapshot()
        let second = try client.delete("/pages/1")
        #expect(second.problem == "already-freed")
        #expect(second.json["freed_at_step"].int == 2)
        #expect(try client.snapshot() == before)
        #expect(try client.get("/pages/1").problem == "already-freed")
    }

    @Test func delete_whenTheFrameHasANewOwner_leavesItAlone() throws {
        let client = try TestClient()
        let first = try client.post("/pages").json["page"]["pfn"]
        _ = try client.delete("/pages/1")
        #expect(try client.post("/pages").json["page"]["pfn"] == first)
        #expect(try client.delete("/pages/1").json["freed_at_step"].int == 2)
        #expect(try client.get("/pages/3").status == 200)
    }

    @Test func delete_withWrongOrder_isRecordedAsMisuse() throws {
        let client = try TestClient()
        _ = try client.post("/pages", #"{"call":"__get_free_pages","order":2}"#)
        let reply = try client.delete("/pages/1?order=3")
        #expect(reply.json["misuse"][0]["code"].string == "wrong-order-free")
        #expect(reply.json["misuse"][0]["expected_order"].int == 2)
        #expect(reply.json["misuse"][0]["call"] == reply.json["call"])
    }

    @Test func delete_byAddressTwice_isADoubleFree() throws {
        let client = try TestClient("i386")
        let address = try #require(
            try client.post("/pages", #"{"call":"__get_free_page"}"#).json["returned"].string)
        _ = try client.delete("/pages/\(address)")
        let second = try client.delete("/pages/\(address)?call=free_page")
        #expect(second.status == 200)
        #expect(second.json["call"].string == "free_page(\(address))")
        #expect(second.json["misuse"][0]["code"].string == "double-free")
    }

    @Test func delete_highMemoryByAddressForm_isRefused() throws {
        let client = try TestClient("i386")
        _ = try client.post("/pages", #"{"gfp":"GFP_HIGHUSER"}"#)
        #expect(try client.delete("/pages/1?call=free_pages").problem == "invalid-query")
        #expect(try client.delete("/pages/1?call=__free_page&order=2").problem == "invalid-query")
        #expect(try client.delete("/pages/1?call=fre_pages").json["suggestions"][0].string != nil)
        #expect(try client.delete("/pages/1").status == 200)
    }

    @Test(arguments: ["0", "-1", "x", "1x", "4294967296", "0xzz", "%2F", "0x11111111111111111"])
    func anyPage_withBadReference_isRefused(ref: String) throws {
        let client = try TestClient()
        #expect(try client.get("/pages/\(ref)").problem == "invalid-reference")
        #expect(try client.delete("/pages/\(ref)").problem == "invalid-reference")
    }
}
