import CZlib
import KernelMemory
import MicroHTTPD
import Testing

@testable import MemoryAPI

/// Sessions that start from a recorded machine.
@Suite struct RecordedSessionTests {
    private static let folder = repositoryRoot + "/Recordings"
    /// Read once: without optimization that takes a while.
    private static let library = RecordingLibrary(folder: folder)
    private static let shattered = #"{"machine":"recorded","recording":"i386-shattered"}"#

    /// A service with the recordings of the checkout.
    private func client(_ change: (inout SessionLimits) -> Void = { _ in }) -> TestClient {
        var limits = SessionLimits()
        change(&limits)
        return TestClient(MemoryService(limits: limits, recordings: Self.library).router())
    }

    private func boot(_ body: String, _ client: inout TestClient) throws -> Reply {
        client.token = nil
        let reply = try client.post("/sessions", body)
        client.token = reply.json["token"].string
        client.id = reply.json["id"].string ?? ""
        return reply
    }

    /// The dump of a machine that no recording is of.
    private func dump(_ memory: Int) throws -> String {
        let machine = Machine(try MachineConfiguration(memoryInMiB: memory))
        let records = JSON.array(DumpWriter.records(machine)).serialized
        return "{\"machine\":\"recorded\",\"dump\":\(records)}"
    }

    @Test func machines_listsWhatBoots_andEachOfItDoes() throws {
        var client = client()
        let list = try client.get("/machines").json
        #expect(list["machines"].array.count == 3)
        let names = list["recordings"].array.compactMap { $0["recording"].string }
        #expect(names.count == 6)
        #expect(names == names.sorted())
        for entry in list["recordings"].array {
            let name = try #require(entry["recording"].string)
            let reply = try boot(#"{"machine":"recorded","recording":"\#(name)"}"#, &client)
            #expect(reply.status == 201)
            let machine = reply.json["machine"]
            #expect(machine["kind"].string == "recorded")
            #expect(machine["recording"]["name"].string == name)
            for field in ["architecture", "memory_bytes", "cpus", "debug", "slab"] {
                #expect(machine[field] == entry[field])
            }
            #expect(machine["recording"]["sha256"] == entry["sha256"])
            let zones = try client.get("/zones").json["zones"].array
            let free = zones.reduce(0) { $0 + ($1["free_pages"].int ?? 0) }
            #expect(free == entry["free_pages"].int)
        }
    }

    @Test func machines_withoutRecordings_listsNone() throws {
        for folder in [nil, "/nonexistent", repositoryRoot + "/openapi"] {
            let service = MemoryService(recordings: RecordingLibrary(folder: folder))
            let client = TestClient(service.router())
            #expect(try client.get("/machines").json["recordings"].array.isEmpty)
            #expect(try client.post("/sessions", Self.shattered).problem == "invalid-field")
        }
    }

    @Test func recordedMachine_isFragmentedAsItsSentenceSays() throws {
        var client = client()
        _ = try boot(Self.shattered, &client)
        let largest = try client.post("/pages", #"{"gfp":"GFP_KERNEL","order":10}"#)
        #expect(largest.json["returned"].string == "NULL")
        #expect(try client.post("/pages", #"{"gfp":"GFP_KERNEL"}"#).status == 201)
        let states = try client.get("/frames?limit=10000").json["runs"].array
            .compactMap { $0["state"].string }
        #expect(Set(states) == ["reserved", "kernel", "free", "per_cpu", "allocated"])
        _ = try boot(#"{"machine":"recorded","recording":"i386-nearly-full"}"#, &client)
        let refused = try client.post("/pages", #"{"gfp":"GFP_NOWAIT"}"#)
        #expect(refused.json["returned"].string == "NULL")
        let urgent = try client.post("/pages", #"{"gfp":"GFP_ATOMIC","order":1}"#)
        #expect(urgent.status == 201)
    }

    @Test func upload_ofAShippedRecording_isThatRecording() throws {
        var client = client()
        let shipped = try boot(Self.shattered, &client)
        _ = try client.post("/pages")
        let tag = try client.get("/zones").response.header("ETag")
        let lines = try records("i386-shattered")
        let array = "[" + lines.joined(separator: ",") + "]"
        let asMember = try boot("{\"dump\":\(array),\"machine\":\"recorded\"}", &client)
        #expect(asMember.json["machine"] == shipped.json["machine"])
        _ = try client.post("/pages")
        #expect(try client.get("/zones").response.header("ETag") == tag)
        client.token = nil
        let asLines = try client.send(
            "POST", "/sessions", headers: [("Content-Type", "application/x-ndjson; charset=utf-8")],
            body: Array(lines.joined(separator: "\n").utf8))
        #expect(asLines.json["machine"] == shipped.json["machine"])
    }

    @Test func stateHash_isTheContents_notTheNames() throws {
        // The same numbers have the same hash on every host; another number has another one.
        var client = client()
        _ = try boot(Self.shattered, &client)
        let snapshot = try client.get("/snapshot")
        #expect(snapshot.json["state_hash"].string == "665e71b04e044a7f")
        let other = try records("i386-shattered").joined(separator: ",")
            .replacing(#""boost":0"#, with: #""boost":1"#, maxReplacements: 1)
        _ = try boot("{\"machine\":\"recorded\",\"dump\":[\(other)]}", &client)
        #expect(try client.get("/snapshot").json["state_hash"] != snapshot.json["state_hash"])
    }

    @Test func timeTravel_worksAsOnABootedMachine() throws {
        var client = client()
        _ = try boot(#"{"machine":"recorded","recording":"i386-two-cpus"}"#, &client)
        let start = try client.snapshot()
        let batch = (0..<600).map { index in
            "{\"call\":\"alloc_pages(GFP_KERNEL, \(index % 3))\",\"cpu\":\(index % 2)}"
        }.joined(separator: ",")
        #expect(try client.post("/calls", "[\(batch)]").status == 200)
        let end = try client.snapshot()
        #expect(try client.snapshot(at: 0) == start)
        let step = try #require(try client.get("/report").json["step"].int)
        #expect(try client.post("/undo", "{\"steps\":\(step)}").json["step"].int == 0)
        #expect(try client.snapshot() == start)
        for _ in 0..<3 { _ = try client.post("/redo") }
        #expect(try client.snapshot() == client.snapshot(at: 3))
        #expect(try client.snapshot(at: step) == end)
        #expect(try client.get("/journal?limit=5").json["entries"].array.count == 3)
        #expect(try client.get("/report").json["misuse"].array.isEmpty)
    }

    @Test func freeOfAPageThatTheRecordedKernelUses_isAMisuse() throws {
        var client = client()
        _ = try boot(Self.shattered, &client)
        let runs = try client.get("/frames?limit=10000").json["runs"].array
        let used = try #require(runs.first { $0["state"].string == "kernel" }?["pfn"].int)
        let address = "0x" + String(0xc000_0000 + used << 12, radix: 16)
        let freed = try client.post("/calls", "{\"call\":\"free_page(\(address))\"}")
        #expect(freed.json["misuse"][0]["code"].string == "free-of-unallocated")
    }

    @Test(arguments: [
        (#"{"machine":"recorded"}"#, "#/recording"),
        (#"{"machine":"recorded","recording":"i386-nope"}"#, "#/recording"),
        (#"{"machine":"recorded","recording":7}"#, "#/recording"),
        (#"{"machine":"i386","recording":"i386-booted"}"#, "#/machine"),
        (#"{"machine":"recorded","recording":"i386-booted","memory":"1GiB"}"#, "#/memory"),
        (#"{"machine":"recorded","recording":"i386-booted","cpus":1}"#, "#/cpus"),
        (#"{"recording":"i386-booted","debug":true}"#, "#/debug"),
        (#"{"machine":"recorded","recording":"i386-booted","slab":"slub"}"#, "#/slab"),
        (#"{"machine":"recorded","dump":7}"#, "#/dump"),
        (#"{"machine":"recorded","dump":[]}"#, "#/dump"),
    ])
    func createSession_withFieldsThatDoNotFit_namesThem(_ body: String, _ place: String) throws {
        let reply = try client().post("/sessions", body)
        #expect(reply.status == 422)
        #expect(reply.json["errors"][0]["pointer"].string == place)
    }

    @Test func createSession_withAMisspeltRecording_suggestsTheRightOne() throws {
        let reply = try client().post("/sessions", #"{"recording":"i386-boted"}"#)
        #expect(reply.json["suggestions"][0].string == "i386-booted")
    }

    @Test func uploads_ofOneAddress_shareABudget_andGiveItBack() throws {
        var first = client { $0.recordedBytesPerAddress = 5 << 20 }
        #expect(try boot(try dump(512), &first).status == 201)
        var second = TestClient(first.router)
        #expect(try boot(try dump(512), &second).status == 201)
        let third = TestClient(first.router)
        let refused = try third.post("/sessions", try dump(900))
        #expect(refused.problem == "too-many-sessions")
        #expect(refused.json["detail"].string?.contains("5242880 bytes") == true)
        #expect(try third.post("/sessions", Self.shattered).status == 201)
        for client in [first, second] { _ = try client.delete("/sessions/\(client.id)") }
        #expect(try third.post("/sessions", try dump(900)).status == 201)
    }

    @Test func expiry_freesAnUploadedMachine() throws {
        let clock = ManualClock()
        let service = MemoryService(now: { clock.seconds })
        let router = service.router()
        let machine = Machine(try MachineConfiguration(memoryInMiB: 20))
        let body = JSON.array(DumpWriter.records(machine)).serialized
        let request = SyntheticRequest(
            "POST", "/sessions", headers: [("Content-Type", "application/json")],
            body: Array("{\"dump\":\(body)}".utf8))
        let reply = try JSON(parsing: router.respond(to: request).text)
        let token = try #require(reply["token"].string)
        weak var image: SharedImage?
        do {
            image = try service.look(token) { $0.image }
        }
        #expect(image != nil)
        clock.advance(8_000)
        _ = router.respond(to: SyntheticRequest("POST", "/sessions"))
        #expect(image == nil)
    }

    @Test func upload_beyondTheLimit_isRefusedWithTheLimit() throws {
        let body = Array(repeating: UInt8(ascii: " "), count: 1_048_577)
        let reply = try client().send("POST", "/sessions", body: body)
        #expect(reply.status == 413)
        #expect(reply.json["detail"].string?.contains("1048576") == true)
    }

    /// The lines of a shipped recording.
    private func records(_ name: String) throws -> [String] {
        let file = try #require(gzopen("\(Self.folder)/\(name).jsonl.gz", "rb"))
        defer { gzclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = gzread(file, &bytes, UInt32(bytes.count))
        try #require(count > 0)
        return String(decoding: bytes[..<Int(count)], as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }
}
