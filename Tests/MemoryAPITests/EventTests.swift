import KernelMemory
import MicroHTTPD
import Testing

@testable import MemoryAPI

/// What GET /events tells of what has happened.
@Suite struct EventTests {
    private func events(
        _ client: TestClient, _ query: String = "", lastEventID: String? = nil
    ) throws -> [ReceivedEvent] {
        let headers = lastEventID.map { [("Last-Event-ID", $0)] } ?? []
        let reply = try client.get("/events?until=now\(query)", headers: headers)
        #expect(reply.response.header("Content-Type") == "text/event-stream")
        return try ReceivedEvent.all(reply.text)
    }

    /// Frees a block twice, beside other things.
    private func work(_ client: TestClient) throws {
        _ = try client.post("/pages", #"{"order":1}"#)
        _ = try client.delete("/pages/1?order=2")
        _ = try client.post("/calls", #"{"call":"kfree(NULL)"}"#)
        _ = try client.post("/pages", #"{"order":11}"#)
    }

    @Test func untilNow_tellsTheJournal() throws {
        let client = try TestClient()
        try work(client)
        let entries = try client.get("/journal").json["entries"].array
        let events = try events(client)
        #expect(events.map(\.name) == Array(repeating: "call", count: 4))
        for (entry, event) in zip(entries, events) {
            for key in entry.keys { #expect(event.data[key] == entry[key], "\(key)") }
        }
        #expect(events[1].data["misuse"][0]["code"].string == "wrong-order-free")
        #expect(events[1].data["misuse"][0]["explanation"].string != nil)
        #expect(events[3].data["log"].array.count == events[3].data["log_lines"].int)
        #expect(events[3].data["log"][0].string?.isEmpty == false)
        #expect(Set(events.map(\.id)).count == 4)
    }

    @Test func ids_areTheStatesEntityTags() throws {
        let client = try TestClient()
        try work(client)
        for event in try events(client) {
            let id = try #require(event.id).split(separator: "-")
            let tag = try client.get("/zones?step=\(id[0])").response.header("ETag")
            #expect(tag == "\"\(id[1])-0\"")
        }
    }

    @Test func lastEventID_resumesBehindThatState() throws {
        let client = try TestClient()
        try work(client)
        let all = try events(client)
        for (index, event) in all.enumerated() {
            let id = try #require(event.id)
            guard index < 3 else { continue }
            #expect(try events(client, lastEventID: id) == Array(all[(index + 1)...]))
            #expect(try events(client, "&last_event_id=\(id)") == Array(all[(index + 1)...]))
        }
        // The header field goes before the parameter.
        let (first, third) = (try #require(all[0].id), try #require(all[2].id))
        #expect(
            try events(client, "&last_event_id=\(first)", lastEventID: third) == Array(all[3...]))
    }

    @Test func lastEventID_ofAnUndoneState_isLedBack() throws {
        let client = try TestClient()
        try work(client)
        let last = try #require(try events(client).last?.id)
        _ = try client.post("/undo", #"{"steps":3}"#)
        let undone = try events(client, lastEventID: last)
        #expect(undone.map(\.summary) == ["undo 1"])
        #expect(undone[0].data["last_step"].int == 4)
        #expect(try events(client).map(\.summary) == ["call 1"])
        _ = try client.post("/redo", #"{"steps":2}"#)
        // What a new stream has not told, it tells as calls.
        let redone = try events(client, lastEventID: undone[0].id)
        #expect(redone.map(\.summary) == ["call 2", "call 3"])
    }

    @Test func lastEventID_ofAnOverwrittenState_isReset() throws {
        let client = try TestClient()
        try work(client)
        let last = try #require(try events(client).last?.id)
        _ = try client.post("/undo", #"{"steps":3}"#)
        _ = try client.post("/pages")
        for id in [last, "2-0000000000000000", "4294967295-0123456789abcdef"] {
            let events = try events(client, lastEventID: id)
            #expect(events.map(\.summary) == ["reset 2"])
            let tag = try client.get("/zones").response.header("ETag") ?? ""
            #expect(events[0].id == "2-\(tag.dropFirst().prefix(16))")
        }
    }

    @Test func limit_endsTheStream() throws {
        let client = try TestClient()
        try work(client)
        #expect(try events(client, "&limit=2").map(\.summary) == ["call 1", "call 2"])
        let reply = try client.get("/events?limit=4")
        #expect(try ReceivedEvent.all(reply.text).count == 4)
    }

    @Test func manyCalls_comeInPieces() throws {
        let client = try TestClient("i386")
        let call = #"{"call":"alloc_page(GFP_KERNEL)"}"#
        let batch = "[" + Array(repeating: call, count: 500).joined(separator: ",") + "]"
        _ = client.router.respond(to: client.raw(batch))
        let events = try events(client)
        #expect(events.map { $0.data["step"].int } == (1...500).map { $0 })
    }

    @Test func requests_thatAreWrong_areProblems() throws {
        var client = try TestClient()
        for query in [
            "?limit=0", "?limit=x", "?until=later", "?last_event_id=3", "?step=1",
            "?last_event_id=1-000000000000000g", "?last_event_id=99999999999-0000000000000000",
        ] {
            #expect(try client.get("/events\(query)").problem == "invalid-query")
        }
        let headers = [("Last-Event-ID", "x")]
        #expect(try client.get("/events", headers: headers).problem == "malformed-request")
        client.token = client.viewToken
        _ = try client.get("/events?until=now&last_event_id=1-0000000000000000")
        client.token = nil
        #expect(try client.get("/events").problem == "missing-token")
    }
}
