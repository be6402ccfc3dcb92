import Testing

/// POST, GET and DELETE /vmalloc.
@Suite struct VmallocTests {
    @Test(arguments: ["i386", "x86_64", "classroom"])
    func allocate_isAnsweredWithTheArea(machine: String) throws {
        let client = try TestClient(machine)
        let reply = try client.post("/vmalloc", #"{"size":10000}"#)
        #expect(reply.status == 201)
        #expect(reply.response.header("Location") == "/vmalloc/1")
        #expect(reply.json["call"].string == "vmalloc(10000)")
        let area = reply.json["area"]
        #expect(area["address"] == reply.json["returned"])
        #expect(area["size_bytes"].int == 10_000)
        #expect(area["mapped_bytes"].int == 12_288)
        #expect(area["nr_pages"].int == 3)
        #expect(area["pages"].array.count == 3)
        #expect(area["pages_truncated"] == .bool(false))
        let start = try #require(number(area["address"]))
        #expect(number(area["guard_page"]) == start + 12_288)
        #expect(number(area["end_address"]) == start + 16_384)
        for (index, page) in area["pages"].array.enumerated() {
            #expect(page["index"].int == index)
            #expect(number(page["address"]) == start + UInt64(index) << 12)
            let pfn = try #require(page["pfn"].int)
            #expect(number(page["physical_address"]) == UInt64(pfn) << 12)
            let frame = try client.get("/frames?start=\(pfn)&limit=1").json["runs"][0]
            #expect(frame["state"].string == "vmalloc")
            #expect(frame["allocated_at_step"].int == 1)
            #expect(frame["zone"] == page["zone"])
        }
    }

    /// A machine with high memory backs areas with it: nobody needs its addresses.
    @Test func allocate_takesHighMemory() throws {
        let client = try TestClient("i386")
        let pages = try client.post("/vmalloc", #"{"size":8192}"#).json["area"]["pages"].array
        #expect(pages.compactMap { $0["zone"].string } == ["HighMem", "HighMem"])
    }

    @Test func allocate_many_listsTheFirstPagesOnly() throws {
        let client = try TestClient("i386")
        let area = try client.post("/vmalloc", #"{"size":1048576,"call":"vzalloc"}"#).json["area"]
        #expect(area["pages"].array.count == 64)
        #expect(area["pages_truncated"] == .bool(true))
        let rest = try client.get("/vmalloc/1?start=250&limit=100").json
        #expect(rest["pages"].array.compactMap { $0["index"].int } == Array(250..<256))
        #expect(rest["physically_contiguous_runs"] == area["physically_contiguous_runs"])
        let batch = try client.post(
            "/calls", #"[{"call":"vmalloc(1048576)"},{"call":"vmalloc","size":4096}]"#)
        #expect(batch.json[0]["area"]["pages"].array.count == 4)
        #expect(batch.json[1]["id"].int == 3)
    }

    @Test(arguments: [
        ("{}", "invalid-field"), (#"{"size":-1}"#, "invalid-field"),
        (#"{"size":1099511627776}"#, "invalid-field"), (#"{"size":"64"}"#, "invalid-field"),
        (#"{"size":1,"call":"vmaloc"}"#, "unknown-function"),
        (#"{"sise":1}"#, "unknown-field"), (#"{"size":1,"cpu":3}"#, "invalid-field"),
        (#"{"size":1,"pages":[]}"#, "invalid-field"), (#"{"call":"vmap"}"#, "invalid-field"),
        (#"{"size":1,"call":"vmap"}"#, "invalid-field"), (#"{"pages":[7]}"#, "invalid-field"),
        (#"{"pages":["x"]}"#, "invalid-field"), (#"{"pages":[0]}"#, "invalid-field"),
        (#"{"pages":"0xc1000000"}"#, "invalid-field"),
        (#"{"pages":["0x0"],"call":"vmalloc"}"#, "invalid-field"),
    ])
    func allocate_thatIsWrong_isRefusedAndRunsNothing(body: String, problem: String) throws {
        let client = try TestClient()
        #expect(try client.post("/vmalloc", body).problem == problem)
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func allocate_nothingOrTooMuch_isNull() throws {
        let client = try TestClient("i386")
        let none = try client.post("/vmalloc", #"{"size":0}"#)
        #expect(none.status == 200)
        #expect(none.json["misuse"][0]["code"].string == "vmalloc-of-nothing")
        let tooMuch = try client.post("/vmalloc", #"{"size":1099511627775}"#)
        #expect(tooMuch.json["returned"].string == "NULL")
        #expect(tooMuch.json["errno"].string == "ENOMEM")
        #expect(tooMuch.json.keys.contains("area") == false)
        #expect(try client.get("/vmalloc/1").problem == "no-such-allocation")
    }

    @Test func vmap_mapsPagesOfBlocksAndPointers() throws {
        let client = try TestClient("i386")
        let block = try client.post("/pages", #"{"order":1}"#).json["page"]
        let single = try client.post("/pages", #"{"gfp":"GFP_HIGHUSER"}"#).json["page"]
        let pointer = try #require(single["struct_page"].string)
        let reply = try client.post("/vmalloc", #"{"pages":["\#(pointer)",1]}"#)
        #expect(reply.status == 201)
        let area = reply.json["area"]
        #expect(area["kind"].string == "vmap")
        #expect(area["nr_pages"].int == 0)
        let first = try #require(block["pfn"].int)
        let pfns = area["pages"].array.compactMap { $0["pfn"].int }
        #expect(pfns == [try #require(single["pfn"].int), first, first + 1])
        let freed = try client.delete("/vmalloc/3")
        #expect(freed.json["call"].string?.hasPrefix("vunmap(") == true)
        #expect(freed.json["misuse"].array.isEmpty)
        #expect(try client.get("/pages/1").json["live"] == .bool(true))
        #expect(try client.delete("/pages/1").status == 200)
        #expect(try client.post("/vmalloc", #"{"pages":[1]}"#).problem == "invalid-field")
    }

    @Test func free_byIdASecondTime_isRefusedAndTouchesNothing() throws {
        let client = try TestClient()
        _ = try client.post("/vmalloc", #"{"size":64}"#)
        #expect(try client.delete("/vmalloc/1").json["call"].string?.hasPrefix("vfree(") == true)
        let before = try client.snapshot()
        let again = try client.delete("/vmalloc/1")
        #expect(again.problem == "already-freed")
        #expect(again.json["freed_at_step"].int == 2)
        #expect(try client.get("/vmalloc/1").problem == "already-freed")
        #expect(try client.snapshot() == before)
        #expect(try client.get("/vmalloc/1?step=1").json["live"] == .bool(true))
    }

    @Test func free_byAddress_runsOnWhateverWasPassed() throws {
        let client = try TestClient()
        let start = try #require(
            number(try client.post("/vmalloc", #"{"size":8192}"#).json["returned"]))
        let inner = try client.delete("/vmalloc/\(text(start + 4096))")
        #expect(inner.json["misuse"][0]["code"].string == "vfree-inside-area")
        #expect(try client.delete("/vmalloc/1").json["freed_at_step"].int == 2)
        let again = try client.delete("/vmalloc/\(text(start))")
        #expect(again.json["misuse"][0]["code"].string == "vfree-of-no-area")
        #expect(again.json["log"].array.isEmpty == false)
        let odd = try client.delete("/vmalloc/\(text(start + 8))?call=vunmap")
        #expect(odd.json["call"].string == "vunmap(\(text(start + 8)))")
        #expect(try client.delete("/vmalloc/0x0?call=vfre").problem == "unknown-function")
    }

    @Test func list_isOrderedAndPaged_andShowsWhatWaits() throws {
        let client = try TestClient()
        for _ in 0..<4 { _ = try client.post("/vmalloc", #"{"size":4096}"#) }
        _ = try client.delete("/vmalloc/2")
        let first = try client.get("/vmalloc?limit=2").json
        #expect(first["areas"].array.compactMap { $0["id"].int } == [1, 3])
        let next = try #require(first["next"].string)
        let second = try client.get("/vmalloc?limit=2&cursor=\(next)").json
        #expect(second["areas"].array.compactMap { $0["id"].int } == [4])
        #expect(second["next"] == .null)
        #expect(first["unpurged"].array.count == 1)
        #expect(first["unpurged"][0]["size_bytes"].int == 8192)
        #expect(first["lazy_pages"].int == 2)
        #expect(first["vmalloc_pages"].int == 3)
        #expect(first["areas"][0]["call"].string == "vmalloc(4096)")
        _ = try client.post("/calls", #"{"call":"vm_unmap_aliases()"}"#)
        let purged = try client.get("/vmalloc").json
        #expect(purged["unpurged"].array.isEmpty)
        #expect(purged["lazy_pages"].int == 0)
        #expect(purged["free"].array.count == first["free"].array.count + 1)
    }

    @Test func calls_haveTextAndJSONForms() throws {
        let client = try TestClient("i386")
        let page = try client.post("/pages").json["page"]["struct_page"].string ?? ""
        let pairs = [
            ("vmap([\(page) \(page)])", #"{"call":"vmap","pages":["\#(page)","\#(page)"]}"#),
            ("vmalloc(5000)", #"{"call":"vmalloc","size":5000}"#),
            ("vzalloc(5000)", #"{"call":"vzalloc","size":5000}"#),
            ("vm_unmap_aliases()", #"{"call":"vm_unmap_aliases"}"#),
            ("vfree(0x1000)", #"{"call":"vfree","address":"0x1000"}"#),
            ("vunmap(NULL)", #"{"call":"vunmap","addr":"NULL"}"#),
            ("load(0xc0001000, 8)", #"{"call":"load","addr":"0xc0001000","size":8}"#),
        ]
        for (line, json) in pairs {
            #expect(try client.post("/calls", json).json["call"].string == line)
            #expect(try client.post("/calls", #"{"call":"\#(line)"}"#).json["call"].string == line)
        }
        let commas = try client.post("/calls", #"{"call":"vmap([\#(page), \#(page)])"}"#)
        #expect(commas.status == 201)
        #expect(commas.json["area"]["pages"].array.count == 2)
    }

    @Test(arguments: [
        #"{"call":"vmap(0xc1000000)"}"#, #"{"call":"vmap([x])"}"#, #"{"call":"vmap([0x1)"}"#,
        #"{"call":"vmap","pages":"0x1"}"#, #"{"call":"vmap","pages":[true]}"#,
        #"{"call":"vmap","pages":[-1]}"#, #"{"call":"load(0xc0000000, 9)"}"#,
    ])
    func calls_thatAreWrong_areRefused(body: String) throws {
        let client = try TestClient()
        #expect([422].contains(try client.post("/calls", body).status))
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func calls_ofManyPages_areLimitedAndWrittenShort() throws {
        let client = try TestClient("i386")
        let page = try client.post("/pages").json["page"]["struct_page"].string ?? ""
        let pages = Array(repeating: "\"\(page)\"", count: 1024).joined(separator: ",")
        let reply = try client.post("/calls", #"{"call":"vmap","pages":[\#(pages)]}"#)
        #expect(reply.status == 201)
        #expect(reply.json["call"].string?.hasSuffix(" ... 1024 pages])") == true)
        let more = try client.post("/calls", #"{"call":"vmap","pages":[\#(pages),1]}"#)
        #expect(more.problem == "invalid-field")
        let ids = Array(repeating: "1", count: 1025).joined(separator: ",")
        #expect(try client.post("/vmalloc", #"{"pages":[\#(ids)]}"#).problem == "invalid-field")
    }

    @Test func report_countsAreas_butNotTheKernelsOwn() throws {
        let client = try TestClient("i386")
        // The array of that many pages is an area of its own, which the caller never sees.
        _ = try client.post("/vmalloc", #"{"size":8388608}"#)
        _ = try client.post("/vmalloc", #"{"size":5000}"#)
        #expect(try client.get("/vmalloc").json["areas"].array.count == 3)
        let report = try client.get("/report").json
        #expect(
            report["summary"].string == "2 areas of vmalloc (8393608 bytes) not freed; no misuse.")
        #expect(report["live"]["areas"].int == 2)
        #expect(report["leaks"].array.compactMap { $0["id"].int } == [1, 2])
        #expect(report["leaks"].array.compactMap { $0["pages"].int } == [2048, 2])
        #expect(report["leaks"][1]["call"].string == "vmalloc(5000)")
        for id in [1, 2] { #expect(try client.delete("/vmalloc/\(id)").status == 200) }
        let after = try client.get("/report").json
        #expect(after["summary"].string == "No allocation is left; no misuse.")
    }

    @Test func references_toOtherKinds_sayWhereTheyAre() throws {
        let client = try TestClient()
        _ = try client.post("/vmalloc", #"{"size":64}"#)
        _ = try client.post("/kmalloc", #"{"size":64}"#)
        #expect(try client.get("/kmalloc/1").json["detail"].string?.contains("/vmalloc/1") == true)
        #expect(try client.get("/vmalloc/2").problem == "no-such-allocation")
        #expect(try client.get("/vmalloc/0xc0000000").problem == "no-such-allocation")
        #expect(try client.get("/vmalloc/x").problem == "invalid-reference")
        #expect(try client.get("/journal").json["entries"][0]["id"].int == 1)
    }

    @Test(arguments: ["i386", "x86_64"])
    func vmallocinfo_hasTheKernelsLines(machine: String) throws {
        let client = try TestClient(machine)
        #expect(try client.get("/proc/vmallocinfo").text.isEmpty)
        let first = try client.post("/vmalloc", #"{"size":8388608}"#).json["area"]
        _ = try client.post("/vmalloc", #"{"size":5000}"#)
        let page = try client.post("/pages").json["page"]["struct_page"].string ?? ""
        _ = try client.post("/vmalloc", #"{"pages":["\#(page)"]}"#)
        let freed = try client.post("/vmalloc", #"{"size":1}"#).json["area"]
        _ = try client.delete("/vmalloc/5")
        let lines = try client.get("/proc/vmallocinfo").text.split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
        let width = machine == "i386" ? 8 : 16
        let digits = try #require(first["address"].string).dropFirst(2)
        #expect(digits.count == width)
        #expect(lines[0].hasPrefix("0x\(digits)-0x"))
        #expect(
            lines[0].hasSuffix(" 8392704 step_1+0x0/0x0 [kmemlab] pages=2048 vmalloc vpages"))
        #expect(
            lines.contains { $0.hasSuffix("   12288 step_2+0x0/0x0 [kmemlab] pages=2 vmalloc") })
        #expect(lines.contains { $0.hasSuffix("    8192 step_4+0x0/0x0 [kmemlab] vmap") })
        #expect(
            lines.dropLast().last
                == "\(freed["address"].string ?? "")-\(freed["end_address"].string ?? "")    8192 "
                + "unpurged vm_area")
        #expect(lines.last == "")
        let meminfo = try client.get("/proc/meminfo").text
        // The array of the first area's pages is an area of 2 pages, or of 4.
        #expect(meminfo.contains("VmallocUsed:        \(machine == "i386" ? 8208 : 8216) kB\n"))
        #expect(meminfo.contains("PageTables:            \(machine == "i386" ? 0 : 4) kB\n"))
    }
}

/// The number of an address; `nil` for anything else.
func number(_ address: JSON) -> UInt64? {
    address.string.flatMap { $0.hasPrefix("0x") ? UInt64($0.dropFirst(2), radix: 16) : nil }
}

/// An address as the interface writes it.
func text(_ address: UInt64) -> String { "0x" + String(address, radix: 16) }
