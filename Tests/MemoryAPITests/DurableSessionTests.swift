import KernelMemory
import KernelTestSupport
import MicroHTTPD
import SessionJournal
import Testing

@testable import MemoryAPI

/// Sessions that a journal store keeps: over a restart, out of memory, and when the store refuses.
@Suite struct DurableSessionTests {
    private let journal = MoodyJournalStore()

    private func client(_ limits: SessionLimits = SessionLimits()) throws -> TestClient {
        try TestClient(limits: limits, journal: journal)
    }

    @Test func restart_bringsEverySessionBackAsItWas() throws {
        var client = try client()
        var generator = SeededRandom(seed: 11)
        var others: [(client: TestClient, snapshot: String)] = []
        for machine in ["classroom", "i386", "x86_64"] {
            try client.boot(machine, cpus: 2, options: #""debug":true"#)
            for _ in 0..<30 { try randomCall(client, &generator) }
            others.append((client, try client.snapshot()))
        }
        for (client, snapshot) in others {
            let again = client.afterRestart(journal)
            #expect(try again.snapshot() == snapshot)
            for step in [0, 7, 29] {
                #expect(try again.snapshot(at: step) == client.snapshot(at: step))
            }
            for path in [
                "/zones", "/pages", "/journal", "/report", "/dmesg", "/sessions/\(client.id)",
            ] {
                let (before, after) = (try client.get(path), try again.get(path))
                #expect(after.text == before.text)
                #expect(after.response.header("ETag") == before.response.header("ETag"))
            }
        }
    }

    @Test func restart_keepsBothTokensAndNothingElse() throws {
        let client = try client()
        var again = client.afterRestart(journal)
        again.token = client.viewToken
        #expect(try again.get("/zones").status == 200)
        #expect(try again.post("/pages").problem == "read-only-token")
        let token = try #require(client.token)
        for wrong in [token.dropLast() + "0", token.dropLast() + "1"] where wrong != token {
            again.token = String(wrong)
            #expect(try again.get("/zones").problem == "unknown-token")
        }
        again.token = "kml_" + String(repeating: "z", count: 48)
        #expect(try again.get("/zones").problem == "unknown-token")
    }

    @Test func restart_keepsUndoneCallsThatCanBeRedone() throws {
        let client = try client()
        try SnapshotTests.work(client)
        let end = try client.snapshot()
        _ = try client.post("/undo", #"{"steps":3}"#)
        let again = client.afterRestart(journal)
        #expect(try again.post("/redo", #"{"steps":2}"#).json["step"].int == 3)
        let third = again.afterRestart(journal)
        #expect(try third.post("/redo").json["step"].int == 4)
        #expect(try third.snapshot() == end)
        _ = try third.post("/undo", #"{"steps":4}"#)
        _ = try third.post("/pages")
        let last = third.afterRestart(journal)
        #expect(try last.get("/zones").json["step"].int == 1)
        #expect(try last.post("/redo").problem == "nothing-to-redo")
    }

    @Test func anyMixOfCallsUndoAndRedo_isTheSameAfterARestart() throws {
        let client = try client()
        var generator = SeededRandom(seed: 3)
        for round in 0..<120 {
            let steps = Int.random(in: 1...4, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: _ = try client.post("/undo", #"{"steps":\#(steps)}"#)
            case 1: _ = try client.post("/redo", #"{"steps":\#(steps)}"#)
            case 2:
                let calls = Array(repeating: #"{"call":"alloc_page(GFP_KERNEL)"}"#, count: steps)
                _ = try client.post("/calls", "[" + calls.joined(separator: ",") + "]")
            default: try randomCall(client, &generator)
            }
            guard round % 10 == 0 else { continue }
            let again = client.afterRestart(journal)
            #expect(try again.snapshot() == client.snapshot())
            #expect(
                try again.get("/sessions/\(client.id)").text
                    == client.get("/sessions/\(client.id)").text)
        }
    }

    @Test func delete_isForGood() throws {
        let client = try client()
        #expect(try client.delete("/sessions/\(client.id)").status == 204)
        #expect(try client.get("/zones").problem == "unknown-token")
        #expect(try client.afterRestart(journal).get("/zones").problem == "unknown-token")
        #expect(try journal.sessions().isEmpty)
    }
}

extension DurableSessionTests {
    @Test func sessions_leaveMemoryAndComeBack() throws {
        let clock = ManualClock()
        var limits = SessionLimits()
        limits.residentBytes = 1
        let service = MemoryService(limits: limits, journal: journal, now: { clock.seconds })
        var clients: [TestClient] = []
        var snapshots: [String] = []
        for _ in 0..<5 {
            var client = TestClient(service.router())
            try client.boot()
            try SnapshotTests.work(client)
            clients.append(client)
            snapshots.append(try client.snapshot())
        }
        clock.advance(1)
        #expect(service.store.residentSessions.count == 5)
        _ = try clients[0].get("/zones")
        // The one that was asked for came back at once.
        #expect(service.store.residentSessions.count == 1)
        for (client, snapshot) in zip(clients, snapshots) {
            #expect(try client.snapshot() == snapshot)
            #expect(try client.post("/pages").json["step"].int == 5)
        }
    }

    @Test func recordedMachine_thatWasSent_comesBack() throws {
        let machine = Machine(try MachineConfiguration(memoryInMiB: 48))
        let records = DumpWriter.records(machine)
        let lines = records.map(\.serialized).joined(separator: "\n")
        var client = try client()
        client.token = nil
        for (type, body) in [
            ("application/json", #"{"dump":\#(JSON.array(records).serialized)}"#),
            ("application/x-ndjson", lines),
        ] {
            let reply = try client.send(
                "POST", "/sessions", headers: [("Content-Type", type)], body: Array(body.utf8))
            var own = TestClient(client.router)
            own.token = reply.json["token"].string
            own.id = try #require(reply.json["id"].string)
            _ = try own.post("/pages")
            #expect(try own.afterRestart(journal).snapshot() == own.snapshot())
            let fork = try own.post("/sessions/\(own.id)/fork")
            own.token = fork.json["token"].string
            #expect(try own.afterRestart(journal).get("/zones").json["step"].int == 1)
        }
    }

    @Test func twoHostsOnOneStore_theLaterOneIsRefusedAndSeesWhatTheOtherDid() throws {
        let first = try client()
        let second = first.afterRestart(journal)
        _ = try first.post("/pages")
        _ = try second.post("/pages", #"{"order":1}"#)
        #expect(try first.post("/pages", #"{"order":2}"#).problem == "session-moved")
        #expect(try first.snapshot() == second.snapshot())
        #expect(try first.post("/pages", #"{"order":2}"#).json["step"].int == 3)
        #expect(try second.post("/undo").problem == "session-moved")
        #expect(try second.snapshot() == first.snapshot())
        _ = try second.post("/undo")
        _ = try second.post("/pages", #"{"order":3}"#)
        // As many steps, and another state.
        #expect(try first.post("/pages").problem == "session-moved")
        #expect(try first.snapshot() == second.snapshot())
    }
    @Test func memory_isBoundedHoweverFastSessionsCome() throws {
        let clock = ManualClock()
        var limits = SessionLimits()
        limits.residentBytes = 1
        let service = MemoryService(limits: limits, journal: journal, now: { clock.seconds })
        var client = TestClient(service.router())
        for _ in 0..<600 {
            try client.boot()
            #expect(service.store.residentSessions.count <= 256)
        }
        #expect(service.store.count == 600)
    }
}

// MARK: - A store that refuses

extension DurableSessionTests {
    @Test func fullDisk_refusesChangesAndLosesNothing() throws {
        let client = try client()
        try SnapshotTests.work(client)
        _ = try client.post("/undo")
        let before = try client.snapshot()
        journal.mood.withLock { $0 = .full }
        let batch = #"[{"call":"alloc_page(GFP_KERNEL)"},{"call":"alloc_page(GFP_KERNEL)"}]"#
        for reply in [
            try client.post("/pages"), try client.post("/calls", batch), try client.post("/undo"),
            try client.post("/redo"), try client.put("/memory/0xc0100000", #"{"text":"x"}"#),
        ] {
            #expect(reply.problem == "journal-refuses")
            #expect(reply.status == 503)
            #expect(!reply.text.contains("secret"))
            #expect(reply.response.header("Retry-After") == "60")
            #expect(try client.snapshot() == before)
        }
        let ready = try client.get("/readyz")
        #expect(ready.status == 503 && ready.problem == "journal-refuses")
        #expect(ready.text.contains("disk is full") && !ready.text.contains("secret"))
        #expect(try client.get("/healthz").status == 200)
        let stored = try journal.sessions().count
        #expect(try client.post("/sessions").problem == "journal-refuses")
        #expect(
            try client.post("/sessions/\(client.id)/fork").problem == "journal-refuses")
        journal.mood.withLock { $0 = .narrow }
        #expect(
            try client.post("/sessions/\(client.id)/fork").problem == "journal-refuses")
        #expect(try client.get("/zones").status == 200)
        #expect(try journal.sessions().count == stored)
        journal.mood.withLock { $0 = .well }
        #expect(try client.get("/readyz").status == 200)
        #expect(try client.post("/redo").json["step"].int == 4)
        #expect(try client.post("/pages").json["step"].int == 5)
        #expect(try client.afterRestart(journal).snapshot() == client.snapshot())
    }

    @Test func damagedJournal_refusesItsSessionAndNoOther() throws {
        let long = try client()
        try SnapshotTests.work(long)
        var short = long
        try short.boot()
        _ = try short.post("/pages")
        journal.mood.withLock { $0 = .blind }
        let reply = try long.afterRestart(journal).get("/zones")
        #expect(reply.problem == "session-unreadable")
        #expect(reply.text.contains("step 2"))
        #expect(try long.afterRestart(journal).post("/pages").problem == "session-unreadable")
        #expect(try short.afterRestart(journal).get("/zones").json["step"].int == 1)
    }

    @Test func journalOfAnotherModel_isRefused() throws {
        let store = MemoryJournalStore()
        let client = try TestClient(journal: store)
        _ = try client.post("/pages")
        let key = try #require(store.sessions().first)
        var call: RecordedCall?
        try store.read(key, from: 1) { (_, recorded) throws(JournalError) in call = recorded }
        let hash = try #require(call).stateHash
        _ = try store.append(
            [RecordedCall(.allocPage(.kernel), stateHash: 1)], to: key,
            expecting: JournalHead(step: 1, stateHash: hash))
        #expect(try client.afterRestart(store).get("/zones").problem == "session-unreadable")
    }
}

// MARK: - Requests that come again

extension DurableSessionTests {
    private static let key = [(name: "Idempotency-Key", value: "3f6a-1")]

    @Test func request_thatComesAgain_isAnsweredAsTheFirstTimeAndChangesNothing() throws {
        let client = try client()
        let body = #"{"call":"__get_free_pages","order":2}"#
        let first = try client.post("/pages", body, headers: Self.key)
        _ = try client.post("/pages")
        for again in [client, client.afterRestart(journal)] {
            let before = try again.snapshot()
            let second = try again.post("/pages", body, headers: Self.key)
            #expect(second.status == first.status)
            #expect(second.text == first.text)
            for field in ["Location", "Content-Type"] {
                #expect(second.response.header(field) == first.response.header(field))
            }
            #expect(second.response.header("Idempotency-Replayed") == "true")
            #expect(first.response.header("Idempotency-Replayed") == nil)
            #expect(try again.snapshot() == before)
        }
    }

    @Test func request_withAKeyOfAnother_isRefused() throws {
        let client = try client()
        _ = try client.post("/pages", #"{"order":1}"#, headers: Self.key)
        let before = try client.snapshot()
        for (path, body) in [
            ("/pages", #"{"order":2}"#), ("/kmalloc", #"{"order":1}"#),
        ] {
            let reply = try client.post(path, body, headers: Self.key)
            #expect(reply.problem == "idempotency-key-reused")
        }
        #expect(try client.snapshot() == before)
    }

    @Test func key_isItsSessions_andRefusalsAreNotKept() throws {
        let client = try client()
        var other = client
        try other.boot()
        #expect(try client.post("/pages", headers: Self.key).status == 201)
        #expect(try other.post("/pages", #"{"order":99}"#, headers: Self.key).status == 422)
        #expect(try other.post("/pages", headers: Self.key).json["step"].int == 1)
        let tag = try #require(try other.get("/zones?step=0").response.header("ETag"))
        let conditional = Self.key + [("If-Match", tag)]
        #expect(try other.post("/pages", headers: conditional).json["step"].int == 1)
    }

    @Test(arguments: ["", "a b", "é", String(repeating: "k", count: 256)])
    func key_thatIsNone_isRefused(key: String) throws {
        let client = try client()
        let reply = try client.post("/pages", headers: [("Idempotency-Key", key)])
        #expect(reply.problem == "malformed-request")
        #expect(try client.get("/zones").json["step"].int == 0)
    }

    @Test func manyKeys_theLastOnesAreKnown() throws {
        let client = try client()
        for number in 0..<70 {
            _ = try client.post("/pages", headers: [("Idempotency-Key", "key-\(number)")])
        }
        for again in [client, client.afterRestart(journal)] {
            let reply = try again.post("/pages", headers: [("Idempotency-Key", "key-6")])
            #expect(reply.json["step"].int == 7)
        }
        #expect(
            try client.post("/pages", headers: [("Idempotency-Key", "key-5")]).json["step"].int
                == 71)
    }

    @Test func longAnswer_isNotKeptButItsCallsAreNotMadeAgain() throws {
        let client = try client()
        let calls = Array(repeating: #"{"call":"alloc_page(GFP_KERNEL)"}"#, count: 300)
        let body = "[" + calls.joined(separator: ",") + "]"
        #expect(try client.post("/calls", body, headers: Self.key).status == 200)
        for again in [client, client.afterRestart(journal)] {
            #expect(try again.post("/calls", body, headers: Self.key).problem == "answer-not-kept")
            #expect(try again.get("/zones").json["step"].int == 300)
        }
    }
}

extension DurableSessionTests {
    private static let once = [(name: "Idempotency-Key", value: "boot-0123456789ab")]
    private static let otherOnce = [(name: "Idempotency-Key", value: "boot-0123456789ac")]
    private static let forkOnce = [(name: "Idempotency-Key", value: "fork-0123456789ab")]

    @Test func beginning_thatComesAgain_isTheSameSession() throws {
        let client = try client()
        let body = #"{"machine":"classroom","debug":true}"#
        let first = try client.post("/sessions", body, headers: Self.once)
        var own = client
        own.token = first.json["token"].string
        own.id = try #require(first.json["id"].string)
        _ = try own.post("/pages")
        let fork = try own.post(
            "/sessions/\(own.id)/fork", #"{"step":1}"#, headers: Self.forkOnce)
        _ = try own.post("/undo")
        let count = try journal.sessions().count
        for again in [own, own.afterRestart(journal)] {
            let reply = try again.post("/sessions", body, headers: Self.once)
            #expect(reply.status == 201)
            #expect(reply.text == first.text)
            #expect(reply.response.header("Location") == first.response.header("Location"))
            #expect(reply.response.header("Set-Cookie") == first.response.header("Set-Cookie"))
            #expect(reply.response.header("Idempotency-Replayed") == "true")
            #expect(
                try again.post(
                    "/sessions/\(own.id)/fork", #"{"step":1}"#,
                    headers: Self.forkOnce
                ).text
                    == fork.text)
            #expect(
                try again.post("/sessions", #"{"machine":"i386"}"#, headers: Self.once).problem
                    == "idempotency-key-reused")
            #expect(try again.get("/zones").json["step"].int == 0)
        }
        #expect(try journal.sessions().count == count)
    }

    @Test func beginning_withAnotherKeyOrOnAnotherService_isAnotherSession() throws {
        let client = try client()
        let first = try client.post("/sessions", headers: Self.once).json
        let second = try client.post("/sessions", headers: Self.otherOnce).json
        let elsewhere = try TestClient(journal: MemoryJournalStore())
            .post("/sessions", headers: Self.once).json
        for field in ["id", "token", "view_token"] {
            #expect(Set([first, second, elsewhere].map { $0[field].string }).count == 3)
        }
        #expect(first["token"].string?.dropFirst(20) != first["view_token"].string?.dropFirst(20))
    }

    @Test func beginning_withAKeyThatCouldBeGuessed_isRefused() throws {
        let client = try client()
        let key = [(name: "Idempotency-Key", value: String(repeating: "k", count: 15))]
        for path in ["/sessions", "/sessions/\(client.id)/fork"] {
            #expect(try client.post(path, headers: key).problem == "malformed-request")
        }
    }

    @Test func beginning_inMemoryOnly_isTheSameSessionToo() throws {
        let client = try TestClient()
        let first = try client.post("/sessions", headers: Self.once)
        #expect(try client.post("/sessions", headers: Self.once).text == first.text)
    }
}
