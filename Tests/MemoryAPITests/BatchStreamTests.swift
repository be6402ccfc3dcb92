import MemoryAPI
import Testing

/// Batches that come and go in parts.
@Suite struct BatchStreamTests {
    private let pair = """
        {"call":"alloc_pages(GFP_KERNEL, 0)","as":"p"}
        {"call":"__free_pages","page":"$p","order":0}

        """

    private func post(
        _ client: TestClient, _ body: String, accept: String = "application/x-ndjson",
        query: String = ""
    ) throws -> Reply {
        try client.send(
            "POST", "/calls" + query,
            headers: [("Content-Type", "application/x-ndjson"), ("Accept", accept)],
            body: Array(body.utf8))
    }

    @Test func emptyLines_areBounded() throws {
        let client = try TestClient()
        let most = 1_000_000
        let call = #"{"call":"alloc_page(GFP_KERNEL)"}"#
        let empty = String(repeating: "\n", count: most)
        func post(_ body: String) throws -> Reply {
            try client.send(
                "POST", "/calls", headers: [("Content-Type", "application/x-ndjson")],
                body: Array(body.utf8))
        }
        #expect(try post(empty + call + "\n" + call).json.array.count == 2)
        #expect(try post(empty + call + "\n \n" + call).problem == "payload-too-large")
        #expect(try client.get("/zones").json["step"].int == 2)
    }

    @Test func lines_beyondWhatIsGathered_areAnsweredAllTheSame() throws {
        let body = String(repeating: pair, count: 2_000)
        let client = try TestClient()
        let reply = try post(client, body)
        let lines = reply.text.split(separator: "\n")
        #expect(lines.count == 4_001)
        #expect(lines[3_999].hasPrefix(#"{"step":4000,"call":"__free_pages(0x"#))
        #expect(
            lines[4_000]
                == #"{"summary":{"calls":4000,"ran":4000,"failed":0,"first_failure":null,"#
                + #""skipped":0,"undone":false,"step":4000}}"#)
        #expect(try client.get("/journal").json["step"].int == 4_000)
    }

    @Test(arguments: ["", "?on_failure=continue"])
    func answers_inEveryForm_areTheSame(query: String) throws {
        let body = String(repeating: pair, count: 1_000)
        let whole = try post(
            TestClient(), body, accept: "application/json", query: query)
        let lines = try post(TestClient(), body).text.split(separator: "\n")
        let list = "[" + lines.dropLast().joined(separator: ",") + "]"
        #expect(
            whole.text
                == (query.isEmpty ? list : #"{"answers":"# + list + "," + lines[2_000].dropFirst()))
    }

    @Test func mistake_farBehind_refusesAll() throws {
        let client = try TestClient()
        let body =
            String(repeating: pair, count: 2_000) + #"{"call":"free_page($q)"}"# + "\n" + pair
        let reply = try post(client, body)
        #expect(reply.problem == "unknown-result")
        #expect(reply.json["errors"][0]["pointer"].string == "#/4000/call")
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func failure_farBehind_isUndone() throws {
        let client = try TestClient()
        _ = try client.post("/calls", #"{"call":"alloc_page(0)"}"#)
        let before = try client.snapshot()
        let body =
            String(repeating: pair, count: 2_000) + #"{"call":"alloc_pages(GFP_NOWAIT, 10)"}"#
        let reply = try post(client, body, query: "?atomic=true")
        #expect(reply.text.contains(#""first_failure":4000,"skipped":0,"undone":true,"step":1}"#))
        #expect(try client.snapshot() == before)
    }

    @Test func lines_ofEveryCut_areRead() throws {
        // Parts have 4,096 bytes: the lines' lengths walk over all places of a cut.
        for padding in [0, 1, 61, 63, 64, 65, 500, 4_000, 5_000] {
            let blank = String(repeating: " ", count: padding)
            let line =
                #"{"call":"alloc_page(GFP_KERNEL)",\#(blank)"as":"p"}"# + "\n"
                + #"{"call":"__free_page($p)"}"# + "\n"
            let count = 70_000 / line.utf8.count + 1
            let reply = try post(TestClient(), String(repeating: line, count: count))
            #expect(reply.text.contains(#"{"summary":{"calls":\#(count * 2),"ran":\#(count * 2),"#))
        }
    }

    @Test func line_withoutAnEnd_isTooLong() throws {
        let client = try TestClient()
        let reply = try post(client, String(repeating: " ", count: 1_100_000))
        #expect(reply.problem == "payload-too-large")
    }

    @Test func stranger_isRefusedBeforeHisLinesAreRead() throws {
        var client = try TestClient()
        client.token = nil
        #expect(try post(client, String(repeating: pair, count: 2_000)).problem == "missing-token")
    }

    @Test func option_thatIsWrong_isRefused() throws {
        #expect(try post(TestClient(), pair, query: "?atomic=1").problem == "invalid-query")
    }

    @Test func session_thatIsFull_refusesAll() throws {
        var limits = SessionLimits()
        limits.callsPerSession = 3_000
        let client = try TestClient(limits: limits)
        let reply = try post(client, String(repeating: pair, count: 2_000))
        #expect(reply.problem == "too-many-calls")
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func batch_ofTooManyCalls_isRefusedWhole() throws {
        var limits = SessionLimits()
        limits.callsPerBatch = 3_999
        let client = try TestClient(limits: limits)
        let reply = try post(client, String(repeating: pair, count: 2_000))
        #expect(reply.problem == "invalid-field")
        #expect(reply.json["errors"][0]["pointer"].string == "#/3999")
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func longBatches_haveALimit() throws {
        var limits = SessionLimits()
        limits.longBatches = 0
        let client = try TestClient(limits: limits)
        #expect(
            try post(client, String(repeating: pair, count: 2_000)).problem == "too-many-batches")
        #expect(try post(client, pair).status == 200)
    }

    @Test(arguments: [10, 2_000])
    func lines_thatComeAgain_runOnce(count: Int) throws {
        let client = try TestClient()
        let body = String(repeating: pair, count: count)
        func send(_ body: String) throws -> Reply {
            try client.send(
                "POST", "/calls",
                headers: [
                    ("Content-Type", "application/x-ndjson"), ("Idempotency-Key", "one"),
                ], body: Array(body.utf8))
        }
        #expect(try send(body).status == 200)
        let again = try send(body)
        #expect(again.status == 200 || again.problem == "answer-not-kept")
        #expect((again.status == 200) == (count == 10))
        #expect(try send(body + pair).problem == "idempotency-key-reused")
        #expect(try client.get("/journal").json["step"].int == count * 2)
    }

    @Test func lines_areNotExplained() throws {
        #expect(try post(TestClient(), pair, query: "?explain=false").status == 200)
        #expect(try post(TestClient(), pair, query: "?explain=true").problem == "invalid-query")
    }
}
