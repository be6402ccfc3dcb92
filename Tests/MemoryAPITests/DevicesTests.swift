import KernelMemory
import Testing

/// Access patterns, devices and modules over the interface.
struct DevicesTests {
    private func area(_ client: TestClient, _ size: Int) throws -> String {
        let answer = try client.post("/calls", #"{"call":"vmalloc(\#(size))"}"#)
        return answer.json["returned"].string ?? ""
    }

    private func pages(_ client: TestClient, order: Int) throws -> String {
        let body = #"{"call":"__get_free_pages","gfp":"GFP_KERNEL","order":\#(order)}"#
        return try client.post("/pages", body).json["returned"].string ?? ""
    }

    private func misses(
        _ client: TestClient, _ address: String, _ pattern: String
    ) throws -> (misses: Int, cycles: Int) {
        let body = #"{"address":"\#(address)","length":4194304,\#(pattern)}"#
        let report = try client.post("/accesses", body).json["accesses"]
        #expect(
            (report["hits"].int ?? 0) + (report["misses"].int ?? 0) == report["count"].int)
        return (report["misses"].int ?? -1, report["cycles"].int ?? -1)
    }

    @Test func sameSeries_missesMoreInVmallocThanInTheDirectMap() throws {
        let client = try TestClient("i386")
        let direct = try pages(client, order: 10)
        let scattered = try area(client, 4 << 20)
        let pattern = #""pattern":"strided","stride":4096,"count":2048"#
        let left = try misses(client, direct, pattern)
        let right = try misses(client, scattered, pattern)
        // One large page against 1,024 small ones, of which 64 are remembered.
        #expect(left.misses == 1)
        #expect(right.misses == 2_048)
        #expect(right.cycles > 5 * left.cycles)
    }

    @Test func randomSeries_isTheSameForTheSameSeed() throws {
        let pattern = #""pattern":"random","seed":7,"count":5000"#
        let results = try (0..<2).map { _ in
            let client = try TestClient("i386")
            return try misses(client, try area(client, 4 << 20), pattern).misses
        }
        #expect(results[0] == results[1])
        #expect((4_000..<5_000).contains(results[0]))
    }

    @Test func series_faultsAtTheGuardPage() throws {
        let client = try TestClient("i386")
        let start = try area(client, 8192)
        let body = #"{"address":"\#(start)","length":16384,"pattern":"strided","stride":4096}"#
        let answer = try client.post("/accesses", body)
        #expect(answer.json["accesses"]["count"].int == 2)
        #expect(answer.json["accesses"]["fault_address"].string != nil)
        #expect(answer.json["halted"]["oops"].string?.contains("page fault") == true)
    }

    @Test func wrongSeries_areRefused() throws {
        let client = try TestClient("i386")
        for body in [
            #"{}"#, #"{"address":"0xc0000000"}"#, #"{"address":"0xc0000000","length":0}"#,
            #"{"address":"0xc0000000","length":8,"pattern":"zigzag"}"#,
            #"{"address":"0xc0000000","length":8,"pattern":"strided"}"#,
            #"{"address":"0xc0000000","pattern":"list"}"#,
            #"{"address":"0xc0000000","pattern":"list","offsets":[]}"#,
            #"{"address":"0xc0000000","pattern":"list","offsets":[-1]}"#,
            #"{"address":"0xc0000000","length":8,"count":1000001}"#,
        ] {
            #expect(try client.post("/accesses", body).status == 422, "\(body)")
        }
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func device_doesWhatWasMeantInContiguousMemory() throws {
        let client = try TestClient("i386")
        let start = try pages(client, order: 1)
        let body = #"{"address":"\#(start)","length":8192,"byte":17}"#
        let answer = try client.post("/dma", body)
        #expect(answer.json["returned"].int == 8192)
        #expect(answer.json["dma"]["foreign_bytes"].int == 0)
        #expect(answer.json["misuse"].array.isEmpty)
        let bytes = try client.get("/memory/\(start)?length=2").json
        #expect(bytes["hex"].string == "1111")
    }

    @Test func device_takesOthersMemoryBehindAScatteredPage() throws {
        let client = try TestClient("i386")
        let start = try area(client, 4096)
        // The frame behind the area's only one goes to somebody else, if it is not a free one.
        let body = #"{"address":"\#(start)","length":8192}"#
        let answer = try client.post("/dma", body)
        #expect(answer.json["dma"]["foreign_bytes"].int == 4096)
        #expect(answer.json["dma"]["parts"][0]["owner"]["kind"].string == "vmalloc")
        #expect(answer.json["dma"]["parts"][1]["meant"] == .bool(false))
        #expect(answer.json["misuse"][0]["code"].string == "dma-to-foreign")
    }

    @Test func device_isRefusedBeyondItsMask() throws {
        let client = try TestClient("i386")
        let body = #"{"physical_address":"0x1000000","length":1,"mask_bits":24}"#
        let answer = try client.post("/dma", body)
        #expect(answer.json["returned"].string == "NULL")
        #expect(answer.json["dma"]["refused"] == .bool(true))
        #expect(answer.json["log"].array.contains { $0.string?.contains("overflow") == true })
        let last = #"{"physical_address":"0xffffff","length":1,"mask_bits":24}"#
        #expect(try client.post("/dma", last).json["dma"]["refused"] == .bool(false))
    }

    @Test func wrongTransfers_areRefused() throws {
        let client = try TestClient("i386")
        for body in [
            #"{}"#, #"{"length":1}"#, #"{"address":"0xc0000000"}"#,
            #"{"address":"0xf0000000","physical_address":"0x1000","length":1}"#,
            #"{"address":"0x10","length":1}"#, #"{"physical_address":"0x1000","length":1048577}"#,
            #"{"physical_address":"0x1000","length":1,"mask_bits":7}"#,
        ] {
            #expect(try client.post("/dma", body).status == 422, "\(body)")
        }
        // Where no memory answers, nothing happens.
        let far = #"{"physical_address":"0xfffffffffffff000","length":8192,"mask_bits":64}"#
        #expect(try client.post("/dma", far).status == 200)
    }

    @Test(arguments: ["i386", "x86_64"])
    func module_livesInMemoryOfVmalloc(_ kind: String) throws {
        let client = try TestClient(kind)
        let body = #"{"name":"snd","text_size":20000,"data_size":3000}"#
        let loaded = try client.post("/modules", body)
        #expect(loaded.status == 201)
        #expect(loaded.response.header("Location") == "/modules/snd")
        let module = loaded.json["module"]
        #expect(module["text_size_bytes"].int == 20_480)
        #expect(module["data_size_bytes"].int == 4_096)
        let start = module["address"].string ?? ""
        #expect(try client.get("/modules/snd").json["address"].string == start)
        let text = try client.get("/proc/modules").text
        #expect(text.hasPrefix("snd 24576 0 - Live 0x"))
        #expect(try client.post("/modules", body).status == 422)
        #expect(try client.delete("/modules/snd").json["returned"].int == 0)
        #expect(try client.delete("/modules/snd").problem == "no-such-module")
        #expect(try client.get("/proc/modules").text.isEmpty)
    }

    @Test func moduleText_cannotBeWritten() throws {
        let client = try TestClient("i386")
        let module = try client.post("/modules", #"{"name":"snd","text_size":1}"#).json["module"]
        let start = module["address"].string ?? ""
        let answer = try client.post("/calls", #"{"call":"memset(\#(start), 0, 1)"}"#)
        #expect(
            answer.json["log"].array.contains {
                $0.string == "#PF: error_code(0x0003) - permissions violation"
            })
    }

    @Test func wrongModules_areRefused() throws {
        let client = try TestClient("i386")
        for body in [
            #"{}"#, #"{"name":"a"}"#, #"{"name":"","text_size":1}"#,
            #"{"name":"a b","text_size":1}"#, #"{"name":"a","text_size":0}"#,
            #"{"name":"a","text_size":1073741825}"#,
        ] {
            #expect(try client.post("/modules", body).status == 422, "\(body)")
        }
        #expect(try client.get("/modules/none").problem == "no-such-module")
    }
}
