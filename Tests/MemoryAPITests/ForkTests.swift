import KernelTestSupport
import SessionJournal
import Testing

/// Sessions that branch off others, and changes of a certain state only.
@Suite struct ForkTests {
    private func fork(_ client: TestClient, _ body: String = "") throws -> TestClient {
        let reply = try client.post("/sessions/\(client.id)/fork", body)
        #expect(reply.status == 201)
        var copy = client
        copy.token = reply.json["token"].string
        copy.viewToken = try #require(reply.json["view_token"].string)
        copy.id = try #require(reply.json["id"].string)
        #expect(reply.response.header("Location") == "/sessions/\(copy.id)")
        return copy
    }

    @Test func fork_standsWhereTheOriginalStands_andGoesItsOwnWay() throws {
        let client = try TestClient(options: #""debug":true"#)
        try SnapshotTests.work(client)
        let copy = try fork(client)
        let before = try client.snapshot()
        #expect(try copy.snapshot() == before)
        _ = try copy.post("/pages")
        #expect(try client.snapshot() == before)
        _ = try copy.post("/undo", #"{"steps":5}"#)
        #expect(try copy.snapshot() == client.snapshot(at: 0))
        _ = try copy.post("/redo", #"{"steps":4}"#)
        #expect(try copy.snapshot() == before)
    }

    @Test(arguments: [0, 1, 3, 4])
    func fork_ofAnEarlierStep_hasTheCallsUpToThere(step: Int) throws {
        let client = try TestClient()
        _ = try client.put("/memory/0xc0100000", #"{"text":"a"}"#)
        _ = try client.post("/pages")
        _ = try client.put("/memory/0xc0100000", #"{"text":"b"}"#)
        _ = try client.post("/kmalloc", #"{"size":64}"#)
        let copy = try fork(client, #"{"step":\#(step)}"#)
        #expect(try copy.snapshot() == client.snapshot(at: step))
        #expect(try copy.post("/redo").problem == "nothing-to-redo")
        #expect(
            try copy.get("/memory/0xc0100000?length=1").text
                == client.get(
                    "/memory/0xc0100000?length=1&step=\(step)"
                ).text)
        _ = try copy.put("/memory/0xc0100000", #"{"text":"c"}"#)
        for earlier in 0...step {
            #expect(try copy.snapshot(at: earlier) == client.snapshot(at: earlier))
        }
    }

    @Test func fork_byWhoMayLook_isTheirOwnToChange() throws {
        let client = try TestClient()
        try SnapshotTests.work(client)
        var spectator = client
        spectator.token = client.viewToken
        let copy = try fork(spectator)
        #expect(try copy.post("/pages").status == 201)
        #expect(try spectator.post("/pages").problem == "read-only-token")
    }

    @Test func fork_ofWhatIsNotThere_isRefused() throws {
        let client = try TestClient()
        #expect(
            try client.post("/sessions/\(client.id)/fork", #"{"step":1}"#).problem == "unknown-step"
        )
        #expect(try client.post("/sessions/0000000000000000/fork").problem == "other-session")
        for body in [#"{"step":-1}"#, #"{"step":"x"}"#, #"{"stop":1}"#] {
            #expect(try client.post("/sessions/\(client.id)/fork", body).status == 422)
        }
    }

    @Test func fork_acrossCheckpoints_canBeLookedAtEverywhere() throws {
        let journal = MemoryJournalStore()
        let client = try TestClient("i386", journal: journal)
        let pair = #"{"call":"alloc_page(GFP_KERNEL)"},{"call":"alloc_pages(GFP_KERNEL, 1)"}"#
        let batch = "[" + Array(repeating: pair, count: 700).joined(separator: ",") + "]"
        for _ in 0..<3 { #expect(client.router.respond(to: client.raw(batch)).status == 200) }
        let copy = try fork(client, #"{"step":2500}"#)
        let again = copy.afterRestart(journal)
        for step in [0, 1_023, 1_024, 2_048, 2_049, 2_500] {
            let zones = try client.get("/zones?step=\(step)").text
            #expect(try copy.get("/zones?step=\(step)").text == zones)
            #expect(try again.get("/zones?step=\(step)").text == zones)
        }
    }
}

extension ForkTests {
    @Test func change_ofAnotherStateThanIfMatchNames_isRefused() throws {
        let client = try TestClient()
        let tag = try #require(try client.get("/zones").response.header("ETag"))
        let snapshot = try client.snapshot()
        for wrong in ["\"0123456789abcdef-0\"", "\"\"", "x", "W/"] {
            let reply = try client.post("/pages", headers: [("If-Match", wrong)])
            #expect(reply.problem == "precondition-failed")
            #expect(try client.snapshot() == snapshot)
        }
        #expect(try client.post("/pages", headers: [("If-Match", "*")]).status == 201)
        _ = try client.post("/undo")
        #expect(try client.post("/pages", headers: [("If-Match", "\"x\", \(tag)")]).status == 201)
        #expect(try client.post("/pages", headers: [("If-Match", tag)]).status == 412)
        _ = try client.post("/undo")
        #expect(try client.post("/undo", headers: [("If-Match", tag)]).status == 409)
    }
}
