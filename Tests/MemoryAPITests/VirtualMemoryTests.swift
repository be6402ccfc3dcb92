import Testing

/// GET /page-tables, /tlb, /memory and /addresses, as far as they are about mapped memory.
@Suite struct VirtualMemoryTests {
    @Test func pageTables_ofI386_areTwoLevelsWithALargeDirectMap() throws {
        let client = try TestClient("i386")
        let tables = try client.get("/page-tables").json
        #expect(tables["mode"].string == "two-level")
        #expect(tables["levels"].array.compactMap { $0["name"].string } == ["PDE", "PTE"])
        let ranges = tables["ranges"].array
        #expect(ranges.allSatisfy { $0["kind"].string == "direct_map" })
        let sum = ranges.reduce(0) { $0 + ($1["size_bytes"].int ?? 0) }
        #expect(sum == 226_302 * 4096)
        #expect(ranges.first?["start_address"].string == "0xc0000000")
        #expect(ranges.first?["pfn"].int == 0)
        #expect(Set(ranges.compactMap { $0["page_size_bytes"].int }) == [4096, 4 << 20])
        let large = ranges.filter { $0["page_size_bytes"].int == 4 << 20 }
            .reduce(0) { $0 + ($1["entries"].int ?? 0) }
        let meminfo = try client.get("/proc/meminfo").text
        #expect(meminfo.contains("DirectMap4M:      \(large * 4096) kB\n"))
    }

    @Test func pageTables_foldAreas_andArePaged() throws {
        let client = try TestClient("i386")
        // With every second page taken the area cannot lie in one piece.
        let pages = (0..<8).map { _ in #"{"call":"alloc_page(GFP_HIGHUSER)"}"# }
        let taken = try client.post("/calls", "[\(pages.joined(separator: ","))]").json.array
        for answer in stride(from: 0, to: 8, by: 2) {
            let id = try #require(taken[answer]["id"].int)
            _ = try client.delete("/pages/\(id)")
        }
        let area = try client.post("/vmalloc", #"{"size":20480}"#).json
        let all = try client.get("/page-tables").json["ranges"].array
        let range = try #require(all.first { $0["kind"].string == "vmalloc" })
        #expect(range["start_address"] == area["returned"])
        #expect(range["size_bytes"].int == 20_480)
        #expect(range["entries"].int == 5)
        #expect(range["id"] == area["id"])
        #expect(area["area"]["physically_contiguous_runs"].int ?? 0 > 1)
        #expect(range["pfn"] == .null)
        #expect(range["flags"].array.compactMap(\.string) == ["P", "RW", "A", "D", "G"])
        var paged: [JSON] = []
        var cursor = ""
        while true {
            let part = try client.get("/page-tables?limit=1\(cursor)").json
            paged += part["ranges"].array
            guard let next = part["next"].string else { break }
            cursor = "&cursor=\(next)"
        }
        #expect(paged == all)
        #expect(try client.get("/page-tables?cursor=7").problem == "invalid-query")
    }

    @Test(arguments: ["i386", "x86_64", "classroom"])
    func walk_leadsToTheFrame(machine: String) throws {
        let client = try TestClient(machine)
        let area = try client.post("/vmalloc", #"{"size":8192}"#).json["area"]
        let start = try #require(number(area["address"]))
        let walk = try client.get("/page-tables/\(text(start + 4096 + 20))").json
        #expect(walk["target"]["pfn"] == area["pages"][1]["pfn"])
        #expect(walk["target"]["zone"] == area["pages"][1]["zone"])
        #expect(walk["page_offset"].string == "0x14")
        #expect(walk["fault"] == .null)
        let steps = walk["walk"].array
        #expect(steps.count == (machine == "x86_64" ? 4 : 2))
        // The fields and the offset are the address, cut into pieces.
        let address = steps.compactMap { $0["field"].string }.joined() + "000000010100"
        let bits = machine == "x86_64" ? 48 : 32
        let all = String(start + 4096 + 20, radix: 2)
        #expect(address == String(all.suffix(bits)))
        for (step, next) in zip(steps, steps.dropFirst()) {
            #expect(step["next_pfn"] == next["table_pfn"])
        }
        #expect(steps.last?["next_pfn"] == walk["target"]["pfn"])
        // The last entry really lies where the walk says, and is a page table's.
        let table = try #require(steps.last?["table_pfn"].int)
        let run = try client.get("/frames?start=\(table)&limit=1").json["runs"][0]
        #expect(run["state"].string == "page_table")
        let lines = walk["text"].array.compactMap(\.string)
        #expect(lines[0].hasPrefix("VIRTUAL"))
        let entry = try #require(steps.last?["entry"].string).dropFirst(2)
        #expect(lines.contains { $0.hasPrefix("  PTE: ") && $0.hasSuffix(" => \(entry)") })
    }

    @Test func walk_whereNothingIsMapped_endsWithTheOops() throws {
        let client = try TestClient("i386")
        let area = try client.post("/vmalloc", #"{"size":4096}"#).json["area"]
        let guardPage = try #require(area["guard_page"].string)
        let walk = try client.get("/page-tables/\(guardPage)").json
        #expect(walk["target"] == .null)
        #expect(walk["fault"]["level"].string == "PTE")
        let memory = try client.get("/memory/\(guardPage)")
        #expect(memory.problem == "invalid-reference")
        #expect(memory.json["oops"] == walk["fault"]["oops"])
        #expect(memory.json["detail"].string?.contains("load(\(guardPage), 8)") == true)
        let real = try client.post("/calls", #"{"call":"load(\#(guardPage), 8)"}"#).json
        #expect(real["halted"]["oops"] == walk["fault"]["oops"])
        let predicted = walk["fault"]["log"].array.compactMap(\.string)
        #expect(predicted.count == 5)
        #expect(real["log"].array.compactMap(\.string).starts(with: predicted))
        #expect(real["misuse"][0]["code"].string == "write-past-end")
        #expect(real["misuse"][0]["explanation"].string?.contains("its guard page") == true)
    }

    /// Page tables are memory: whoever writes over one has changed what is mapped, and a table that
    /// leads to itself maps tables without end.
    @Test(arguments: [("i386", 4, 800), ("x86_64", 8, 300)])
    func pageTables_thatLeadToThemselves_comeToAnEnd(
        machine: String, size: Int, index: Int
    ) throws {
        let client = try TestClient(machine)
        let before = try client.get("/page-tables").json
        let root = try #require(number(before["root"]["physical_address"]))
        let offset = try #require(
            number(try client.get("/sessions/\(client.id)").json["machine"]["page_offset"]))
        let entry = (0..<size).map { String(root | 0x63, radix: 16).byte($0, of: 16) }.joined()
        let place = text(offset + root + UInt64(index * size))
        #expect(try client.put("/memory/\(place)", #"{"hex":"\#(entry)"}"#).status == 200)
        var ranges = 0
        var cursor = ""
        for _ in 0..<5 {
            let part = try client.get("/page-tables?limit=10000\(cursor)").json
            ranges += part["ranges"].array.count
            guard let next = part["next"].string else { break }
            #expect(cursor != "&cursor=\(next)")
            cursor = "&cursor=\(next)"
        }
        #expect(ranges > before["ranges"].array.count)
        #expect(try client.get("/page-tables").json["tables"] == before["tables"])
        // Below the entry, the tables themselves are mapped: the root among them.
        let shift = machine == "i386" ? [22, 12] : [39, 30, 21, 12]
        let address = shift.reduce(UInt64(0)) { $0 | UInt64(index) << UInt64($1) }
        let itself = address | (machine == "i386" ? 0 : 0xffff_0000_0000_0000)
        let walk = try client.get("/page-tables/\(text(itself))").json
        #expect(number(walk["target"]["physical_address"]) == root)
        #expect(try client.get("/proc/meminfo").status == 200)
        #expect(try client.get("/snapshot").status == 200)
    }

    @Test func walk_ofWhatIsNoAddress_readsNothing() throws {
        let client = try TestClient("x86_64")
        let walk = try client.get("/page-tables/0x800000000000").json
        #expect(walk["walk"].array.isEmpty)
        #expect(walk["fault"]["level"] == .null)
        #expect(walk["fault"]["oops"].string?.hasPrefix("general protection fault") == true)
        #expect(try client.get("/page-tables/0xffffffffffffffff").status == 200)
        #expect(try client.get("/page-tables/12").problem == "invalid-reference")
    }

    @Test(arguments: ["i386", "x86_64"])
    func memory_ofAnArea_isThatOfItsFrames(machine: String) throws {
        let client = try TestClient(machine)
        let area = try client.post("/vmalloc", #"{"size":8192,"call":"vzalloc"}"#).json["area"]
        let start = try #require(number(area["address"]))
        // "kmemlab" across the border between two pages, in base64.
        let stored = try client.put(
            "/memory/\(text(start + 4093))", #"{"base64":"a21lbWxhYg=="}"#)
        #expect(stored.status == 200)
        #expect(stored.json["misuse"].array.isEmpty)
        let read = try client.get("/memory/\(text(start + 4092))?length=9").json
        #expect(read["text"].string == ".kmemlab.")
        #expect(try client.get("/memory/\(text(start))?length=8192").status == 200)
        #expect(try client.get("/memory/\(text(start))?length=8193").status == 422)
        let load = try client.post("/calls", #"{"call":"load(\#(text(start + 4093)), 3)"}"#)
        #expect(load.json["returned"].int == 0x65_6d6b)
    }

    /// Looking uses no TLB; a load and a store do.
    @Test func tlb_countsWhatCallsDo_andNotLooking() throws {
        let client = try TestClient(
            "i386", cpus: 2, options: #""tlb":{"entries":16,"large_entries":8,"ways":2}"#)
        let start = try client.post("/vmalloc", #"{"size":4096}"#).json["returned"].string ?? ""
        let before = try client.get("/tlb").json
        #expect(before["shape"]["sets"].int == 8)
        #expect(before["cpus"].array.count == 2)
        _ = try client.get("/memory/\(start)")
        _ = try client.get("/page-tables/\(start)")
        #expect(try client.get("/tlb").json["cpus"] == before["cpus"])
        _ = try client.put("/memory/\(start)", #"{"text":"x"}"#)
        for _ in 0..<3 { _ = try client.post("/calls", #"{"call":"load(\#(start), 8)"}"#) }
        let cpu = try client.get("/tlb").json["cpus"][0]
        #expect(cpu["counters"]["misses"].int == 1)
        #expect(cpu["counters"]["hits"].int == 3)
        #expect(cpu["counters"]["entries_read"].int == 2)
        #expect(cpu["entries"].array.count == 1)
        #expect(cpu["entries"][0]["page_address"].string == start)
        #expect(cpu["entries"][0]["stale"] == .bool(false))
        #expect(try client.get("/page-tables/\(start)").json["tlb"]["hit"] == .bool(true))
    }

    /// After vfree the tables have no entry any more, but the TLB still has, until the purge.
    @Test func tlb_afterVfree_isStaleUntilThePurge() throws {
        let client = try TestClient("i386")
        let area = try client.post("/vmalloc", #"{"size":4096}"#).json["area"]
        let start = try #require(area["address"].string)
        _ = try client.put("/memory/\(start)", #"{"text":"secret"}"#)
        _ = try client.delete("/vmalloc/1")
        let entry = try client.get("/tlb").json["cpus"][0]["entries"][0]
        #expect(entry["stale"] == .bool(true))
        let walk = try client.get("/page-tables/\(start)").json
        #expect(walk["target"] == .null)
        #expect(walk["tlb"]["stale"] == .bool(true))
        #expect(walk["tlb"]["pfn"] == area["pages"][0]["pfn"])
        #expect(try client.get("/memory/\(start)?length=6").json["text"].string == "secret")
        let place = try client.get("/addresses/\(start)").json
        #expect(place["explanation"].string?.contains("before a purge") == true)
        _ = try client.post("/calls", #"{"call":"vm_unmap_aliases()"}"#)
        #expect(try client.get("/tlb").json["cpus"][0]["entries"].array.isEmpty)
        #expect(try client.get("/memory/\(start)").problem == "invalid-reference")
    }

    @Test(arguments: [
        (#"{"entries":63}"#, "#/tlb/entries"), (#"{"large_entries":5}"#, "#/tlb/large_entries"),
        (#"{"ways":0}"#, "#/tlb/ways"), (#"{"ways":65}"#, "#/tlb/ways"),
        (#"{"entries":12,"ways":4}"#, "#/tlb/entries"), (#"{"entries":8192}"#, "#/tlb/entries"),
        (#"{"size":1}"#, "#/tlb/size"), ("4", "#/tlb"),
    ])
    func tlb_thatCannotBe_isRefusedByField(tlb: String, pointer: String) throws {
        let client = try TestClient()
        let reply = try client.post("/sessions", #"{"machine":"classroom","tlb":\#(tlb)}"#)
        #expect(reply.status == 422)
        #expect(reply.json["errors"][0]["pointer"].string == pointer)
        let recorded = #"{"machine":"recorded","recording":"x","tlb":{"ways":4}}"#
        #expect(
            try client.post("/sessions", recorded).json["errors"][0]["pointer"].string == "#/tlb")
    }

    @Test func sessions_withAnotherTLB_areOtherMachines() throws {
        let usual = try TestClient()
        let other = try TestClient(options: #""tlb":{"entries":128}"#)
        let machine = try other.get("/sessions/\(other.id)").json["machine"]
        #expect(machine["tlb"]["entries"].int == 128)
        #expect(machine["tlb"]["large_entries"].int == 32)
        let tags = try [usual, other].map { try $0.get("/tlb").response.header("ETag") }
        #expect(tags[0] != tags[1])
        let same = try TestClient(options: #""tlb":{"entries":64,"large_entries":32,"ways":4}"#)
        #expect(try same.get("/tlb").response.header("ETag") == tags[0])
    }

    @Test func addresses_ofAnArea_sayWhereInIt() throws {
        let client = try TestClient("i386")
        let area = try client.post("/vmalloc", #"{"size":8192}"#).json["area"]
        let start = try #require(number(area["address"]))
        let inside = try client.get("/addresses/\(text(start + 4100))").json
        #expect(inside["kind"].string == "vmalloc")
        #expect(inside["pfn"] == area["pages"][1]["pfn"])
        #expect(inside["area"]["id"].int == 1)
        #expect(inside["area"]["page_index"].int == 1)
        #expect(inside["area"]["is_guard_page"] == .bool(false))
        #expect(inside["frame"]["state"].string == "vmalloc")
        #expect(inside.keys.contains("physical_runs") == false)
        let guardPage = try client.get("/addresses/\(area["guard_page"].string ?? "")").json
        #expect(guardPage["area"]["is_guard_page"] == .bool(true))
        #expect(guardPage["pfn"] == .null)
        #expect(guardPage["explanation"].string?.hasPrefix("The guard page") == true)
        let table = try client.get("/page-tables/\(text(start))").json["walk"][1]["table_pfn"].int
        let address = text(0xc000_0000 + UInt64(try #require(table)) << 12)
        let place = try client.get("/addresses/\(address)").json
        #expect(place["frame"]["state"].string == "page_table")
        #expect(place["explanation"].string?.contains("page table") == true)
    }

    /// What the article is about: contiguous for software, scattered for hardware.
    @Test func addresses_withALength_tellWhetherItIsOnePiece() throws {
        let client = try TestClient("i386")
        let block = try client.post("/kmalloc", #"{"size":32768}"#).json["returned"].string ?? ""
        let one = try client.get("/addresses/\(block)?length=32768").json
        #expect(one["physically_contiguous"] == .bool(true))
        #expect(one["physical_runs"].array.count == 1)
        #expect(one["physical_runs"][0]["size_bytes"].int == 32_768)
        let area = try client.post("/vmalloc", #"{"size":32768}"#).json["area"]
        let start = try #require(area["address"].string)
        let scattered = try client.get("/addresses/\(start)?length=32768").json
        let runs = scattered["physical_runs"].array
        #expect(runs.count == area["physically_contiguous_runs"].int)
        #expect(scattered["physically_contiguous"] == .bool(runs.count == 1))
        #expect(runs.reduce(0) { $0 + ($1["size_bytes"].int ?? 0) } == 32_768)
        let past = try client.get("/addresses/\(start)?length=36864").json
        #expect(past["physically_contiguous"] == .bool(false))
        #expect(past["physical_runs"].array.last?["physical_address"] == .null)
        #expect(try client.get("/addresses/\(start)?length=0").problem == "invalid-query")
    }
}

extension String {
    /// The digits of one byte of a number in hexadecimal, counted from the lowest.
    fileprivate func byte(_ byte: Int, of digits: Int) -> String {
        let whole = String(repeating: "0", count: max(0, digits - count)) + self
        let start = whole.index(whole.endIndex, offsetBy: -2 * (byte + 1))
        return String(whole[start..<whole.index(start, offsetBy: 2)])
    }
}
