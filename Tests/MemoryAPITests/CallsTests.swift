import Testing

/// POST /calls and /memory.
@Suite struct CallsTests {
    @Test(arguments: [
        #"{"call":"free_pages(0xc0100000, 3)"}"#,
        #"{"call":"free_pages","address":"0xc0100000","order":3}"#,
        #"{"call":"free_pages","addr":3222274048,"order":3}"#,
        #"{"order":3,"addr":"3222274048","call":"free_pages"}"#,
    ])
    func call_inAnySpelling_isTheSame(body: String) throws {
        let reply = try TestClient().post("/calls", body)
        #expect(reply.json["call"].string == "free_pages(0xc0100000, 3)")
    }

    @Test func call_thatAllocates_hasALocation() throws {
        let reply = try TestClient().post("/calls", #"{"call":"get_zeroed_page(GFP_ATOMIC)"}"#)
        #expect(reply.status == 201)
        #expect(reply.response.header("Location") == "/pages/1")
    }

    @Test func call_pageAddress_ofHighMemory_isNullWithoutErrno() throws {
        let client = try TestClient("i386")
        let page = try #require(
            try client.post("/pages", #"{"gfp":"GFP_HIGHUSER"}"#).json["returned"].string)
        let reply = try client.post("/calls", #"{"call":"page_address","page":"\#(page)"}"#)
        #expect(reply.status == 200)
        #expect(reply.json["returned"].string == "NULL")
        #expect(reply.json["errno"] == .null)
    }

    @Test(arguments: [
        (#"{"call":"get_zereod_page"}"#, "get_zeroed_page"),
        (#"{"call":"__gte_free_page(GFP_KERNEL)"}"#, "__get_free_page"),
    ])
    func call_ofTheArticlesTypos_suggestsTheFunction(body: String, name: String) throws {
        let client = try TestClient()
        for target in ["/calls", "/pages"] {
            let reply = try client.post(target, body)
            #expect(reply.problem == "unknown-function")
            #expect(reply.json["suggestions"][0].string == name)
            #expect(reply.json["detail"].string?.contains("did you mean \(name)") == true)
        }
    }

    @Test(arguments: [
        ("[]", "200"), (#"{"call":"free_pages"}"#, "invalid-call"), ("{}", "invalid-call"),
        (#"{"call":"free_pages(1)"}"#, "invalid-call"),
        (#"{"call":"alloc_page("}"#, "invalid-call"),
        (#"{"call":"free_pages(x, 1)"}"#, "invalid-call"), (#"{"call":7}"#, "invalid-field"),
        ("7", "invalid-field"), (#"{"call":"alloc_page(GFP_KERNAL)"}"#, "unknown-gfp-flag"),
        (#"{"call":"free_page","addr":1,"address":2}"#, "invalid-field"),
        (#"{"call":"free_page","addr":-1}"#, "invalid-field"),
        (#"{"call":"free_page","addr":1,"order":2}"#, "unknown-field"),
        (#"{"call":"free_pages","addr":1,"order":64}"#, "invalid-field"),
        (#"{"call":"alloc_page","gfp":[1]}"#, "invalid-field"), ("", "malformed-json"),
    ])
    func call_thatIsWrong_isRefusedAndRunsNothing(body: String, problem: String) throws {
        let client = try TestClient()
        let reply = try client.post("/calls", body)
        #expect(reply.problem ?? "\(reply.status)" == problem)
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func batch_withOneWrongCall_runsNone() throws {
        let client = try TestClient()
        let reply = try client.post("/calls", #"[{"call":"alloc_page","gfp":0},{"call":"x"}]"#)
        #expect(reply.json["errors"][0]["pointer"].string == "#/1/call")
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func batch_answersEachCallInOrder() throws {
        let client = try TestClient()
        let call = #"{"call":"alloc_page(GFP_KERNEL)"}"#
        let reply = try client.post("/calls", "[\(call),\(call),\(call)]")
        #expect(reply.json.array.map { $0["step"].int } == [1, 2, 3])
    }

    @Test(arguments: [
        (#"{"call":"run_on_cpu","cpu":1}"#, "#/cpu"), (#"{"call":"run_on_cpu(1)"}"#, "#/call"),
        (#"{"call":"alloc_page(0)","cpu":1}"#, "#/cpu"),
        (#"[{"call":"run_on_cpu(1)"}]"#, "#/0/call"),
    ])
    func call_onAMissingCPU_isRefusedWithTheRange(body: String, pointer: String) throws {
        let client = try TestClient()
        let reply = try client.post("/calls", body)
        #expect(reply.problem == "invalid-field")
        #expect(reply.json["errors"][0]["pointer"].string == pointer)
        #expect(reply.json["detail"].string?.contains("0 to 0") == true)
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func runOnCPU_takesItsParameterByName() throws {
        let reply = try TestClient(cpus: 2).post("/calls", #"{"call":"run_on_cpu","cpu":1}"#)
        #expect(reply.json["call"].string == "run_on_cpu(1)")
        #expect(reply.json["step"].int == 1)
    }

    @Test(arguments: [
        (#"{"call":"free_page","addr":1,"addr":2}"#, "addr is given twice."),
        (#"{"call":"free_page","addr":1,"address":2}"#, "address is given twice."),
        (#"{"call":"free_page","":1}"#, "There is no field \"\""),
        (
            #"{"call":"kswapd_wakes()","order":1}"#, "There is no field order"
        ),
    ])
    func call_withAWrongMember_saysWhich(body: String, detail: String) throws {
        #expect(try TestClient().post("/calls", body).json["detail"].string == detail)
    }

    @Test func call_withAnUnknownField_listsEachFieldOnce() throws {
        let reply = try TestClient().post("/calls", #"{"call":"free_pages","x":1}"#)
        #expect(
            reply.json["errors"][0]["detail"].string
                == "the fields are: call, addr, order, address, cpu, as")
    }

    @Test func call_withoutArguments_showsTheWholeCall() throws {
        let reply = try TestClient().post("/calls", #"{"call":"free_pages"}"#)
        #expect(reply.json["detail"].string?.hasSuffix("text is free_pages(addr, order).") == true)
    }

    @Test(arguments: [31, 32])
    func order_hasOneRangeEverywhere(order: Int) throws {
        let client = try TestClient()
        let isValid = order == 31
        let pages = try client.post("/pages", #"{"order":\#(order)}"#)
        #expect((pages.status != 422) == isValid)
        let call = try client.post("/calls", #"{"call":"alloc_pages","gfp":0,"order":\#(order)}"#)
        #expect((call.status != 422) == isValid)
        #expect((try client.delete("/pages/1?order=\(order)").status != 422) == isValid)
    }

    @Test func batch_ofFailures_hasTheBeginningsOfTheirLogs() throws {
        let call = #"{"call":"alloc_pages(GFP_KERNEL, 10)"}"#
        let client = try TestClient()
        let batch = "[" + Array(repeating: call, count: 200).joined(separator: ",") + "]"
        let answers = try client.post("/calls", batch).json.array
        #expect(answers.allSatisfy { $0["log"].array.count <= 20 })
        #expect(answers.reduce(0) { $0 + $1["log"].array.count } <= 2_000)
        #expect(answers.contains { $0.keys.contains("log_truncated") })
        #expect(try client.post("/calls", call).json.keys.contains("log_truncated") == false)
    }

    @Test func batch_behindAHalt_doesNotRun() throws {
        let client = try TestClient()
        let reply = try client.post(
            "/calls", #"[{"call":"free_page(0x1000)"},{"call":"alloc_page(GFP_KERNEL)"}]"#)
        #expect(reply.json[0]["halted"]["oops"].string?.hasPrefix("BUG: unable") == true)
        #expect(reply.json[1]["step"] == .null)
        #expect(try client.get("/journal").json["step"].int == 1)
    }
}

@Suite struct MemoryTests {
    @Test(arguments: [
        #"{"text":"hello"}"#, #"{"hex":"68656C6c6f"}"#, #"{"base64":"aGVsbG8="}"#,
    ])
    func put_inAnySpelling_isReadBack(body: String) throws {
        let client = try TestClient()
        let address = try #require(
            try client.post("/pages", #"{"call":"get_zeroed_page"}"#).json["returned"].string)
        let stored = try client.put("/memory/\(address)", body)
        #expect(stored.json["call"].string == "memcpy_to(\(address), 5)")
        let read = try client.get("/memory/\(address)?length=6")
        #expect(read.json["hex"].string == "68656c6c6f00")
        #expect(read.json["text"].string == "hello.")
        #expect(try client.get("/memory/\(address)?length=2&step=1").json["hex"].string == "0000")
    }

    @Test(arguments: [
        "{}", #"{"hex":"0"}"#, #"{"hex":"zz"}"#, #"{"text":""}"#, #"{"base64":"a==="}"#,
        #"{"base64":"aGVsbG9="}"#, #"{"hex":"00","text":"x"}"#, #"{"text":5}"#,
    ])
    func put_ofNoBytes_isRefused(body: String) throws {
        #expect(try TestClient().put("/memory/0xc0100000", body).problem == "invalid-field")
    }

    @Test func put_whereNothingIsMapped_halts() throws {
        let client = try TestClient()
        let reply = try client.put("/memory/0x1000", #"{"text":"x"}"#)
        #expect(reply.json["halted"]["oops"].string != nil)
        #expect(try client.get("/sessions/\(client.id)").json["halted"]["oops"].string != nil)
    }

    @Test func get_whereNothingIsMapped_isRefusedAndChangesNothing() throws {
        let client = try TestClient()
        #expect(try client.get("/memory/0x1000").problem == "invalid-reference")
        #expect(try client.get("/memory/4096").problem == "invalid-reference")
        #expect(try client.get("/memory/0xc0100000?length=0").problem == "invalid-query")
        #expect(try client.post("/pages").status == 201)
    }
}
