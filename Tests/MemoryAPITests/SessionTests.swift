import MemoryAPI
import Testing

/// Booting, looking at and ending sessions; tokens.
@Suite struct SessionTests {
    @Test func createSession_withEmptyBody_bootsTheDefaultMachine() throws {
        let client = TestClient(MemoryService().router())
        let reply = try client.post("/sessions")
        #expect(reply.status == 201)
        #expect(reply.json["step"].int == 0)
        #expect(reply.json["machine"]["kind"].string == "i386")
        #expect(reply.json["machine"]["page_offset"].string == "0xc0000000")
        let id = try #require(reply.json["id"].string)
        #expect(reply.response.header("Location") == "/sessions/\(id)")
        let token = try #require(reply.json["token"].string)
        let cookie = "kmemlab_session=\(token); Path=/; HttpOnly; SameSite=Strict"
        #expect(reply.response.header("Set-Cookie") == cookie)
    }

    @Test(arguments: [("https", true), ("HTTPS", true), ("http", false)])
    func createSession_behindTLS_setsASecureCookie(_ scheme: String, _ isSecure: Bool) throws {
        let client = TestClient(MemoryService().router())
        let reply = try client.post(
            "/sessions", headers: [(name: "X-Forwarded-Proto", value: scheme)])
        let cookie = try #require(reply.response.header("Set-Cookie"))
        #expect(cookie.hasSuffix("; Secure") == isSecure)
    }

    @Test(arguments: [
        ("512MiB", 536_870_912), ("1G", 1_073_741_824), ("65536K", 67_108_864),
    ])
    func createSession_withMemoryAsText_hasThatMuch(memory: String, bytes: Int) throws {
        let client = TestClient(MemoryService().router())
        let reply = try client.post("/sessions", #"{"memory":"\#(memory)","cpus":2}"#)
        #expect(reply.json["machine"]["memory_bytes"].int == bytes)
        #expect(reply.json["machine"]["cpus"].int == 2)
    }

    @Test(arguments: [
        (#"{}"#, false, false), (#"{"slub_debug":true}"#, false, true),
        (#"{"debug":true}"#, true, true), (#"{"debug":true,"slub_debug":false}"#, true, true),
        (#"{"slub_debug":true,"slab":"slab"}"#, false, false),
    ])
    func createSession_withSlubDebug_checksObjects(
        body: String, debug: Bool, checksObjects: Bool
    ) throws {
        let reply = try TestClient(MemoryService().router()).post("/sessions", body)
        #expect(reply.json["machine"]["debug"] == .bool(debug))
        #expect(reply.json["machine"]["slub_debug"] == .bool(checksObjects))
    }

    @Test(arguments: [
        (#"{"machine":"i368"}"#, "i386"), (#"{"slab":"slob"}"#, "slab"),
        (#"{"machin":"i386"}"#, "machine"),
    ])
    func createSession_withMisspeltName_suggestsTheRightOne(body: String, name: String) throws {
        let reply = try TestClient(MemoryService().router()).post("/sessions", body)
        #expect(reply.status == 422)
        #expect(reply.json["suggestions"].array.contains(.string(name)))
    }

    @Test(arguments: [
        #"{"memory":"8MiB"}"#, #"{"memory":"1.5GiB"}"#, #"{"memory":1000}"#, #"{"memory":true}"#,
        #"{"machine":"classroom","memory":"8MiB"}"#, #"{"cpus":9}"#, #"{"cpus":0}"#,
        #"{"debug":1}"#, #"{"memory":"99999999999999999999GiB"}"#, #"{"machine":7}"#,
    ])
    func createSession_withImpossibleMachine_isRefused(body: String) throws {
        let reply = try TestClient(MemoryService().router()).post("/sessions", body)
        #expect(reply.problem == "invalid-field")
        #expect(reply.json["errors"][0]["pointer"].string?.hasPrefix("#/") == true)
    }

    @Test func getSession_afterCalls_countsThem() throws {
        let client = try TestClient()
        _ = try client.post("/pages")
        let reply = try client.get("/sessions/\(client.id)")
        #expect(reply.json["step"].int == 1)
        #expect(reply.json["calls"].int == 1)
        #expect(reply.json["halted"] == .null)
    }

    @Test func deleteSession_withItsToken_endsIt() throws {
        let client = try TestClient()
        #expect(try client.delete("/sessions/\(client.id)").status == 204)
        #expect(try client.get("/zones").problem == "unknown-token")
    }
}

@Suite struct TokenTests {
    @Test func anyPath_withoutToken_saysHowToGetOne() throws {
        let client = TestClient(MemoryService().router())
        let reply = try client.get("/zones")
        #expect(reply.problem == "missing-token")
        #expect(reply.response.header("WWW-Authenticate") == #"Bearer realm="kmemlab""#)
        #expect(reply.json["detail"].string?.contains("POST /sessions") == true)
    }

    @Test func anyPath_withWrongToken_isUnknown() throws {
        var client = try TestClient()
        let token = try #require(client.token)
        let last = token.last == "0" ? "1" : "0"
        for wrong in ["", "x", token.dropLast() + last, token + "0", "kmv" + token.dropFirst(3)] {
            client.token = String(wrong)
            #expect(try client.get("/zones").status == 401)
        }
    }

    @Test func authorization_withOtherScheme_isUnknown() throws {
        var client = try TestClient()
        let token = try #require(client.token)
        client.token = nil
        let basic = try client.get("/zones", headers: [("Authorization", "Basic \(token)")])
        #expect(basic.problem == "unknown-token")
        let lower = try client.get("/zones", headers: [("authorization", "bEARER \(token)")])
        #expect(lower.status == 200)
    }

    @Test func viewToken_readsButDoesNotWrite() throws {
        var client = try TestClient()
        let before = try client.snapshot()
        client.token = client.viewToken
        #expect(try client.snapshot() == before)
        #expect(try client.get("/sessions/\(client.id)").status == 200)
        #expect(try client.post("/pages").problem == "read-only-token")
        #expect(try client.post("/calls", "[]").problem == "read-only-token")
        #expect(try client.post("/undo").problem == "read-only-token")
        #expect(try client.delete("/sessions/\(client.id)").problem == "read-only-token")
        #expect(try client.snapshot() == before)
    }

    @Test func session_withTokenOfAnother_isRefused() throws {
        let first = try TestClient()
        var second = TestClient(first.router)
        try second.boot()
        #expect(try second.get("/sessions/\(first.id)").problem == "other-session")
        #expect(try second.delete("/sessions/\(first.id)").problem == "other-session")
        #expect(try second.delete("/sessions/0000000000000000").problem == "other-session")
        #expect(try first.get("/zones").status == 200)
    }

    @Test func cookie_readsAndWritesOnlyWithConfirmation() throws {
        var client = try TestClient()
        let cookie = (name: "Cookie", value: "a=b; kmemlab_session=\(try #require(client.token))")
        client.token = nil
        #expect(try client.get("/zones", headers: [cookie]).status == 200)
        #expect(
            try client.send("POST", "/pages", headers: [cookie]).problem == "cross-site-request")
        let confirmed = [cookie, (name: "X-Kmemlab", value: "1")]
        #expect(try client.send("POST", "/pages", headers: confirmed).status == 201)
        let json = try client.send("POST", "/pages", headers: [cookie], body: Array("{}".utf8))
        #expect(json.status == 201)
        #expect(try client.send("DELETE", "/pages/1", headers: [cookie]).status == 403)
        #expect(try client.send("DELETE", "/pages/1", headers: confirmed).status == 200)
    }
}
