import MemoryAPI
import Testing

/// Results that later calls of a batch name.
@Suite struct BatchReferenceTests {
    @Test(arguments: [
        #"{"call":"__free_pages","page":"$p1","order":2}"#, #"{"call":"__free_pages($p1, 2)"}"#,
        #"{"call":" __free_pages( $p1 ,2)"}"#, #"{"call":"__free_pages($p1-0, 2);"}"#,
        #"{"call":"__free_pages","page":"$p1+0x0","order":2}"#,
    ])
    func reference_inAnySpelling_isTheResult(free: String) throws {
        let client = try TestClient()
        let reply = try client.post(
            "/calls", #"[{"call":"alloc_pages(GFP_KERNEL, 2)","as":"p1"},\#(free)]"#)
        let page = try #require(reply.json[0]["returned"].string)
        #expect(reply.json[1]["call"].string == "__free_pages(\(page), 2)")
        #expect(reply.json[1]["misuse"] == .array([]))
    }

    @Test func reference_withAnOffset_isMoved() throws {
        let reply = try TestClient().post(
            "/calls",
            """
            [{"call":"__get_free_page(GFP_KERNEL)","as":"a"},{"call":"load($a+0x40, 4)"},\
            {"call":"load","addr":"$a-8","size":4}]
            """)
        let start = try #require(reply.json[0]["returned"].string.flatMap(hexadecimal))
        #expect(reply.json[1]["call"].string == "load(0x\(String(start + 0x40, radix: 16)), 4)")
        #expect(reply.json[2]["call"].string == "load(0x\(String(start - 8, radix: 16)), 4)")
    }

    @Test func reference_toANumber_isAnArgument() throws {
        let reply = try TestClient().post(
            "/calls",
            """
            [{"call":"kmalloc(100, GFP_KERNEL)","as":"a"},{"call":"ksize($a)","as":"n"},\
            {"call":"kzalloc","size":"$n","flags":"GFP_KERNEL"},{"call":"memset($a, 1, $n)"}]
            """)
        #expect(reply.json[2]["call"].string == "kzalloc(128, GFP_KERNEL)")
        #expect(reply.json[3]["call"].string?.hasSuffix(", 0x1, 128)") == true)
    }

    @Test func reference_toNULL_isNULL() throws {
        let reply = try TestClient().post(
            "/calls",
            """
            [{"call":"alloc_pages(GFP_KERNEL|__GFP_NOWARN, 11)","as":"p"},{"call":"kfree($p)"}]
            """)
        #expect(reply.json[1]["call"].string == "kfree(NULL)")
        #expect(reply.json[1]["halted"] == .null)
    }

    @Test func name_givenAgain_standsForTheLaterResult() throws {
        let reply = try TestClient().post(
            "/calls",
            """
            [{"call":"kmalloc(8, GFP_KERNEL)","as":"p"},\
            {"call":"krealloc","addr":"$p","size":400,"flags":"GFP_KERNEL","as":"p"},\
            {"call":"kfree($p)"}]
            """)
        let moved = try #require(reply.json[1]["returned"].string)
        #expect(moved != reply.json[0]["returned"].string)
        #expect(reply.json[2]["call"].string == "kfree(\(moved))")
    }

    @Test func reference_inAList_isAPage() throws {
        let pages = #"{"call":"alloc_page(GFP_KERNEL)","as":"a"},{"call":"alloc_page(0)","as":"b"}"#
        for vmap in [#"{"call":"vmap","pages":["$a","$b"]}"#, #"{"call":"vmap([$a $b])"}"#] {
            let reply = try TestClient().post("/calls", "[\(pages),\(vmap)]")
            #expect(reply.json[2]["area"]["mapped_bytes"].int == 8192, "\(reply.text)")
        }
    }

    @Test func reference_toACache_isItsAddress() throws {
        let create = #"{"call":"kmem_cache_create(\"mine\", 100, 0, 0, NULL)","as":"c"}"#
        for alloc in [
            #"{"call":"kmem_cache_alloc","cache":"$c","flags":"GFP_KERNEL"}"#,
            #"{"call":"kmem_cache_alloc($c, GFP_KERNEL)"}"#,
        ] {
            let reply = try TestClient().post("/calls", "[\(create),\(alloc)]")
            #expect(reply.json[1]["object"]["cache"].string == "mine", "\(reply.text)")
        }
    }

    @Test(arguments: [
        (#"{"call":"kfree($q1)"}"#, "unknown-result", "#/1/call", "did you mean $p1"),
        (#"{"call":"kfree","addr":"$P1"}"#, "unknown-result", "#/1/addr", "did you mean $p1"),
        (#"{"call":"kfree","addr":"$"}"#, "invalid-field", "#/1/addr", "$p1+0x40"),
        (#"{"call":"kfree","addr":"$p1*2"}"#, "invalid-field", "#/1/addr", "$p1*2"),
        (#"{"call":"kfree","addr":"$p1+"}"#, "invalid-field", "#/1/addr", "$p1+"),
        (#"{"call":"alloc_pages","gfp":0,"order":"$p1"}"#, "invalid-field", "#/1/order", "0 to 31"),
        (#"{"call":"alloc_pages(0, $p1)"}"#, "invalid-field", "#/1/call", "0 to 31"),
        (#"{"call":"alloc_page","gfp":"$p1"}"#, "unknown-gfp-flag", "#/1/gfp", "$p1"),
        (#"{"call":"vmap","pages":["$p1","$x"]}"#, "unknown-result", "#/1/pages/1", "x"),
        (#"{"call":"kfree(NULL)","as":"x"}"#, "invalid-field", "#/1/as", "kfree returns nothing"),
        (#"{"call":"kfree","addr":0,"as":"x"}"#, "invalid-field", "#/1/as", "kfree returns"),
        (#"{"call":"alloc_page(0)","as":"a-b"}"#, "invalid-field", "#/1/as", "a name of 1 to 32"),
        (#"{"call":"alloc_page(0)","as":""}"#, "invalid-field", "#/1/as", "a name of 1 to 32"),
        (#"{"call":"alloc_page(0)","as":7}"#, "invalid-field", "#/1/as", "a name of 1 to 32"),
        (#"{"call":"krealloc($new, 8, 0)","as":"new"}"#, "unknown-result", "#/1/call", "new"),
    ])
    func reference_thatIsWrong_isRefusedAndNothingRuns(
        call: String, problem: String, pointer: String, detail: String
    ) throws {
        let client = try TestClient()
        let first = #"{"call":"kmalloc(64, GFP_KERNEL)","as":"p1"}"#
        for (type, body) in [
            ("application/json", "[\(first),\(call)]"),
            ("application/x-ndjson", "\(first)\n\(call)\n"),
        ] {
            let reply = try client.send(
                "POST", "/calls", headers: [("Content-Type", type)], body: Array(body.utf8))
            #expect(reply.problem == problem, "\(reply.text)")
            #expect(reply.json["errors"][0]["pointer"].string == pointer)
            #expect(reply.json["detail"].string?.contains(detail) == true, "\(reply.text)")
        }
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func reference_outsideABatch_isRefused() throws {
        let reply = try TestClient().post("/calls", #"{"call":"kfree($p1)"}"#)
        #expect(reply.problem == "unknown-result")
    }

    @Test func names_beyondTheLongest_areRefused() throws {
        for length in [32, 33] {
            let name = String(repeating: "n", count: length)
            let reply = try TestClient().post(
                "/calls",
                #"[{"call":"alloc_page(0)","as":"\#(name)"},{"call":"__free_page($\#(name))"}]"#)
            #expect((reply.status == 200) == (length == 32))
        }
    }

    private func hexadecimal(_ text: String) -> UInt64? { UInt64(text.dropFirst(2), radix: 16) }
}

/// What happens to a batch when one of its calls fails.
@Suite struct BatchOptionTests {
    private let failure = #"{"call":"alloc_pages(GFP_KERNEL|__GFP_NOWARN, 11)"}"#
    private let page = #"{"call":"alloc_page(GFP_KERNEL)"}"#

    @Test func onFailureContinue_runsAll_andSaysWhatFailed() throws {
        let client = try TestClient()
        let reply = try client.post("/calls?on_failure=continue", "[\(page),\(failure),\(page)]")
        #expect(reply.json["answers"].array.map { $0["step"].int } == [1, 2, 3])
        let summary = reply.json["summary"]
        #expect(summary["calls"].int == 3 && summary["ran"].int == 3)
        #expect(summary["failed"].int == 1 && summary["first_failure"].int == 1)
        #expect(summary["undone"] == .bool(false) && summary["step"].int == 3)
    }

    @Test func onFailureStop_endsWithTheFailure() throws {
        let client = try TestClient()
        let reply = try client.post("/calls?on_failure=stop", "[\(page),\(failure),\(page)]")
        #expect(reply.json["answers"].array.count == 2)
        #expect(reply.json["answers"][1]["errno"].string == "ENOMEM")
        #expect(reply.json["summary"]["calls"].int == 3)
        #expect(reply.json["summary"]["ran"].int == 2)
        #expect(try client.get("/journal").json["step"].int == 2)
    }

    @Test func onFailureStop_stillReadsTheRest() throws {
        let client = try TestClient()
        let reply = try client.post("/calls?on_failure=stop", "[\(failure),\(page),{}]")
        #expect(reply.problem == "invalid-call")
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test(arguments: ["continue", "stop"])
    func atomic_withAFailure_leavesTheSessionAsItWas(reaction: String) throws {
        let client = try TestClient()
        for _ in 0..<3 { _ = try client.post("/calls", page) }
        _ = try client.post("/undo", #"{"steps":2}"#)
        let before = try client.snapshot()
        let reply = try client.post(
            "/calls?atomic=true&on_failure=\(reaction)", "[\(page),\(failure),\(page)]")
        #expect(reply.json["answers"].array.count == (reaction == "stop" ? 2 : 3))
        #expect(reply.json["answers"][0]["step"].int == 2)
        #expect(reply.json["summary"]["undone"] == .bool(true))
        #expect(reply.json["summary"]["step"].int == 1)
        #expect(try client.snapshot() == before)
        #expect(try client.post("/redo", #"{"steps":2}"#).json["step"].int == 3)
    }

    @Test func atomic_withoutAFailure_isKept() throws {
        let client = try TestClient()
        let reply = try client.post("/calls?atomic=true", "[\(page),\(page)]")
        #expect(reply.json["summary"]["undone"] == .bool(false))
        #expect(try client.get("/journal").json["step"].int == 2)
    }

    @Test func atomic_thatHalts_isUndone() throws {
        let client = try TestClient()
        let reply = try client.post(
            "/calls?atomic=true", #"[{"call":"free_page(0x1000)"},\#(page)]"#)
        #expect(reply.json["answers"][1]["step"] == .null)
        #expect(reply.json["summary"]["first_failure"].int == 0)
        #expect(try client.get("/sessions/\(client.id)").json["halted"] == .null)
        #expect(try client.post("/calls", page).status == 201)
    }

    @Test func refusal_leavesWhatCanBeRedone() throws {
        let client = try TestClient()
        for _ in 0..<3 { _ = try client.post("/calls", page) }
        _ = try client.post("/undo", #"{"steps":3}"#)
        #expect(try client.post("/calls", "[\(page),{}]").problem == "invalid-call")
        #expect(try client.post("/redo", #"{"steps":3}"#).status == 200)
    }

    @Test func batch_thatDoesNotFit_isRefusedWhole() throws {
        var limits = SessionLimits()
        limits.callsPerSession = 2
        let client = try TestClient(limits: limits)
        let reply = try client.post("/calls", "[\(page),\(page),\(page)]")
        #expect(reply.problem == "too-many-calls")
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func single_withAnOption_isABatchOfOne() throws {
        let reply = try TestClient().post("/calls?atomic=true", page)
        #expect(reply.json["answers"].array.count == 1)
        #expect(reply.json["summary"]["ran"].int == 1)
    }

    @Test(arguments: ["on_failure=halt", "atomic=yes", "atomic=true&atomic=true", "atomc=true"])
    func option_thatIsWrong_isRefused(query: String) throws {
        #expect(try TestClient().post("/calls?\(query)", "[]").problem == "invalid-query")
    }

    @Test func lines_areAnsweredInLines() throws {
        let client = try TestClient()
        let reply = try client.send(
            "POST", "/calls",
            headers: [
                ("Content-Type", "application/x-ndjson"), ("Accept", "application/x-ndjson"),
            ],
            body: Array("\(page)\n\n\(failure)".utf8))
        #expect(reply.response.header("Content-Type") == "application/x-ndjson")
        let lines = try reply.text.split(separator: "\n").map { try JSON(parsing: String($0)) }
        #expect(lines.count == 3)
        #expect(lines[0]["page"]["order"].int == 0)
        #expect(lines[2]["summary"]["failed"].int == 1)
    }
}
