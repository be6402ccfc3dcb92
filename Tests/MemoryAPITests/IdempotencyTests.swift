import KernelMemory
import SessionJournal
import Synchronization
import Testing

@testable import MemoryAPI

/// Keys of requests that move the session, or leave it where it is.
@Suite struct IdempotencyTests {
    private let journal = MoodyJournalStore()
    private static let key = [(name: "Idempotency-Key", value: "undo-1")]
    private static let failing =
        #"[{"call":"alloc_page(GFP_KERNEL)"},{"call":"alloc_pages(GFP_KERNEL, 20)"}]"#

    private func client() throws -> TestClient {
        let client = try TestClient(journal: journal)
        try SnapshotTests.work(client)
        return client
    }

    @Test(arguments: [true, false])
    func undo_thatComesAgain_isDoneOnce(isRestarted: Bool) throws {
        let client = try client()
        let first = try client.post("/undo", #"{"steps":2}"#, headers: Self.key)
        #expect(first.json["step"].int == 2)
        let again = isRestarted ? client.afterRestart(journal) : client
        let second = try again.post("/undo", #"{"steps":2}"#, headers: Self.key)
        #expect(second.text == first.text)
        #expect(second.response.header("Idempotency-Replayed") == "true")
        #expect(try again.get("/zones").json["step"].int == 2)
        #expect(
            try again.post("/undo", #"{"steps":1}"#, headers: Self.key).problem
                == "idempotency-key-reused")
        #expect(try again.post("/redo", headers: Self.key).problem == "idempotency-key-reused")
        let redo = [(name: "Idempotency-Key", value: "redo-1")]
        for _ in 0..<2 {
            #expect(try again.post("/redo", headers: redo).json["step"].int == 3)
        }
        #expect(try again.afterRestart(journal).get("/zones").json["step"].int == 3)
    }

    @Test func keyOfACallThatWasOverwritten_isKnownAfterARestart() throws {
        let client = try client()
        let first = try client.post("/pages", headers: Self.key)
        _ = try client.post("/undo")
        _ = try client.post("/pages", #"{"order":3}"#)
        let again = client.afterRestart(journal)
        #expect(try again.post("/pages", headers: Self.key).text == first.text)
        #expect(try again.get("/zones").json["step"].int == 5)
    }

    @Test func atomicBatchThatWasUndone_keepsItsAnswerAndNoOther() throws {
        let client = try client()
        let path = "/calls?atomic=true"
        let first = try client.post(path, Self.failing, headers: Self.key)
        #expect(first.status == 200)
        let again = client.afterRestart(journal)
        #expect(try again.post(path, Self.failing, headers: Self.key).text == first.text)
        // The next call must not take the answer with it.
        let page = try again.post("/pages", headers: [("Idempotency-Key", "page")])
        let third = again.afterRestart(journal)
        #expect(try third.post("/pages", headers: [("Idempotency-Key", "page")]).text == page.text)
        #expect(try third.post(path, Self.failing, headers: Self.key).text == first.text)
        #expect(try third.get("/zones").json["step"].int == 5)
    }

    private static let boot = [(name: "Idempotency-Key", value: "boot-0123456789ab")]
    private static let fork = [(name: "Idempotency-Key", value: "fork-0123456789ab")]

    @Test(arguments: [true, false])
    func beginning_afterTheSessionEnded_revivesNoToken(isDurable: Bool) throws {
        let client = try isDurable ? client() : TestClient()
        for (path, key) in [
            ("/sessions", Self.boot), ("/sessions/\(client.id)/fork", Self.fork),
        ] {
            let first = try client.post(path, headers: key).json
            #expect(try client.post(path, headers: key).json["token"] == first["token"])
            var own = client
            own.token = first["token"].string
            own.id = try #require(first["id"].string)
            #expect(try own.delete("/sessions/\(own.id)").status == 204)
            let second = try client.post(path, headers: key)
            #expect(second.response.header("Idempotency-Replayed") == nil)
            for name in ["token", "view_token"] {
                #expect(second.json[name].string != first[name].string)
                own.token = first[name].string
                #expect(try own.get("/zones").problem == "unknown-token")
            }
            own.token = second.json["token"].string
            #expect(try own.get("/zones").status == 200)
            let again = isDurable ? client.afterRestart(journal) : client
            #expect(try again.post(path, headers: key).json["token"] == second.json["token"])
        }
    }

    /// The second request comes when the journal store has the session, and its maker does not know yet.
    @Test func beginning_twiceAtTheSameTime_isOneWholeSession() throws {
        let client = try client()
        for (path, key) in [
            ("/sessions", Self.boot), ("/sessions/\(client.id)/fork", Self.fork),
        ] {
            let answers = Mutex<[String]>([])
            journal.whenBegun.withLock {
                $0 = {
                    let other = try? client.post(path, headers: key)
                    answers.withLock { $0.append(other?.text ?? "none") }
                }
            }
            let first = try client.post(path, headers: key)
            #expect(first.status == 201)
            #expect(answers.withLock { $0 } == [first.text])
            let count = try journal.sessions().count
            var own = client
            own.token = first.json["token"].string
            own.id = try #require(first.json["id"].string)
            let step = try #require(first.json["step"].int)
            #expect(try own.post("/pages").json["step"].int == step + 1)
            #expect(try own.afterRestart(journal).get("/zones").json["step"].int == step + 1)
            #expect(try own.delete("/sessions/\(own.id)").status == 204)
            #expect(try journal.sessions().count == count - 1)
        }
        let figures = try client.get("/metrics").text
        #expect(figures.contains("kmemlab_sessions{state=\"memory\"} 1\n"))
        #expect(figures.contains("kmemlab_sessions{state=\"journal\"} 0\n"))
    }

    @Test func keyOfAFork_answersAsTheFirstTimeWhenItsCallsWereOverwritten() throws {
        let client = try client()
        let path = "/sessions/\(client.id)/fork"
        let first = try client.post(path, headers: Self.fork)
        var own = client
        own.token = first.json["token"].string
        let step = try #require(first.json["step"].int)
        try #require(step > 2)
        _ = try own.post("/undo", #"{"steps":\#(step)}"#)
        _ = try own.post("/pages")
        for again in [client, client.afterRestart(journal)] {
            #expect(try again.post(path, headers: Self.fork).text == first.text)
        }
    }

    @Test func answersOfOlderVersions_areRead() throws {
        let store = MemoryJournalStore()
        let client = try TestClient(journal: store)
        let reply = try client.post("/pages", headers: Self.key)
        let key = try #require(store.sessions().first)
        let answer = try #require(store.answers(of: key).first)
        var call: RecordedCall?
        try store.read(key, from: 1) { (_, recorded) throws(JournalError) in call = recorded }
        // Written again as it was before: with the call.
        let session = try #require(store.session(key))
        _ = try store.end(key)
        _ = try store.create(session)
        call?.answer = answer.answer
        _ = try store.append(
            [try #require(call)], to: key, expecting: JournalHead(step: 0, stateHash: 0))
        let again = client.afterRestart(store)
        #expect(try again.post("/pages", headers: Self.key).text == reply.text)
        _ = try again.post("/undo", headers: [("Idempotency-Key", "other")])
        let third = again.afterRestart(store)
        #expect(try third.post("/pages", headers: Self.key).text == reply.text)
        #expect(try third.get("/zones").json["step"].int == 0)
    }
}
