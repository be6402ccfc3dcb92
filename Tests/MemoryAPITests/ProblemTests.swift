import MemoryAPI
import Testing

/// Requests that are wrong as requests.
@Suite struct ProblemTests {
    @Test(arguments: [
        (#"{"order":2"#, "malformed-json"), ("{", "malformed-json"), ("nul", "malformed-json"),
        (#"{"order":2} x"#, "malformed-json"), (#"{"order":1e999}"#, "malformed-json"),
        (#"{"order":18446744073709551616}"#, "malformed-json"),
        (#"{"order":18446744073709551615}"#, "invalid-field"), (#"{"order":-1}"#, "invalid-field"),
        (#"{"order":"two"}"#, "invalid-field"), (#"{"order":2.5}"#, "invalid-field"),
        (#"{"order":null}"#, "invalid-field"), (#"{"order":[2]}"#, "invalid-field"),
        (#"{"gfp":{}}"#, "invalid-field"), (#"{"gfp":16777216}"#, "invalid-field"),
        (#"{"gfp":"GFP_KERNAL"}"#, "unknown-gfp-flag"), (#"{"gfp":""}"#, "unknown-gfp-flag"),
        (#"{"gfp":["GFP_KERNEL","__GFP_ZEROO"]}"#, "unknown-gfp-flag"),
        (#"{"ordre":2}"#, "unknown-field"), (#"{"order":1,"order":1}"#, "invalid-field"),
        ("[]", "invalid-field"), ("7", "invalid-field"), ("\"x\"", "invalid-field"),
        (#"{"call":"free_pages"}"#, "unknown-function"), (#"{"call":7}"#, "invalid-field"),
    ])
    func allocate_withWrongBody_isRefusedAndChangesNothing(body: String, problem: String) throws {
        let client = try TestClient()
        let reply = try client.post("/pages", body)
        #expect(reply.problem == problem)
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func allocate_withWrongValue_namesPlaceValueAndWhatWouldBeRight() throws {
        let reply = try TestClient().post("/pages", #"{"order":"two"}"#)
        #expect(reply.json["errors"][0]["pointer"].string == "#/order")
        #expect(reply.json["errors"][0]["value"].string == "\"two\"")
        #expect(reply.json["errors"][0]["detail"].string == "must be a whole number of 0 to 31")
        let flag = try TestClient().post("/pages", #"{"gfp":["GFP_KERNEL","__GFP_ZEROO"]}"#)
        #expect(flag.json["errors"][0]["pointer"].string == "#/gfp/1")
        #expect(flag.json["suggestions"][0].string == "__GFP_ZERO")
        let field = try TestClient().post("/pages", #"{"or/d~er":1}"#)
        #expect(field.json["errors"][0]["pointer"].string == "#/or~1d~0er")
    }

    @Test func body_withHostileBytes_isRefused() throws {
        let client = try TestClient()
        let deep = String(repeating: "[", count: 5_000) + String(repeating: "]", count: 5_000)
        #expect(try client.post("/pages", deep).problem == "malformed-json")
        #expect(try client.post("/calls", #"{"call":\#(deep)}"#).problem == "malformed-json")
        for bytes: [UInt8] in [[0xff], [0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d], [0]] {
            #expect(try client.send("POST", "/pages", body: bytes).problem == "malformed-json")
        }
        let name = String(repeating: "é", count: 5_000)
        let long = try client.post("/pages", #"{"\#(name)":1}"#)
        #expect(long.problem == "unknown-field")
        #expect(long.response.body.count < 2_000)
        #expect(try client.post("/pages", #"{"\u0000\n\"":1}"#).problem == "unknown-field")
    }

    @Test func query_withUnknownOrDoubleParameter_isRefused() throws {
        let client = try TestClient()
        _ = try client.post("/pages")
        let typo = try client.delete("/pages/1?ordre=3")
        #expect(typo.problem == "invalid-query")
        #expect(typo.json["suggestions"][0].string == "order")
        #expect(try client.delete("/pages/1?order=1&order=2").problem == "invalid-query")
        #expect(try client.get("/zones?step=x").problem == "invalid-query")
        #expect(try client.get("/zones?step=").problem == "invalid-query")
        #expect(try client.get("/pages?cursor=x").problem == "invalid-query")
        #expect(try client.get("/pages/1").status == 200)
    }

    @Test func router_refusals_areProblems() throws {
        let client = try TestClient()
        #expect(try client.get("/nowhere").problem == "not-found")
        let method = try client.send("PATCH", "/pages")
        #expect(method.problem == "method-not-allowed")
        #expect(method.response.header("Allow") == "GET, HEAD, POST, OPTIONS")
        #expect(try client.get("/zones?a=%zz").problem == "malformed-request")
        let accept = try client.get("/zones", headers: [("Accept", "text/html")])
        #expect(accept.problem == "not-acceptable")
        let form = [(name: "Content-Type", value: "application/x-www-form-urlencoded")]
        let type = try client.send("POST", "/pages", headers: form, body: Array("a=b".utf8))
        #expect(type.problem == "unsupported-media-type")
        let large = [UInt8](repeating: 0x20, count: 1_048_577)
        #expect(try client.send("POST", "/pages", body: large).problem == "payload-too-large")
        let target = "/zones?a=" + String(repeating: "b", count: 5_000)
        #expect(try client.get(target).problem == "target-too-long")
    }

    @Test func problems_areNeverCachedAndAlwaysProtected() throws {
        let reply = try TestClient().get("/nowhere").response
        #expect(reply.header("Content-Type") == "application/problem+json")
        #expect(reply.header("Cache-Control") == "no-store")
        #expect(reply.header("X-Content-Type-Options") == "nosniff")
    }

    @Test func haltedMachine_refusesCallsUntilUndo() throws {
        let client = try TestClient()
        _ = try client.post("/calls", #"{"call":"free_page(0x1000)"}"#)
        let before = try client.snapshot()
        let refused = try client.post("/pages")
        #expect(refused.problem == "machine-halted")
        #expect(refused.json["oops"].string?.hasPrefix("BUG: unable to handle") == true)
        #expect(try client.post("/calls", "[]").problem == "machine-halted")
        #expect(try client.put("/memory/0xc0100000", #"{"text":"x"}"#).status == 409)
        #expect(try client.snapshot() == before)
        #expect(try client.post("/undo").json["step"].int == 0)
        #expect(try client.post("/pages").status == 201)
    }
}
