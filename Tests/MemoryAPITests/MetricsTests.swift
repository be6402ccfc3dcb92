import MicroHTTPD
import SessionJournal
import Testing

@testable import MemoryAPI

/// What the service says of itself to Prometheus. A real parser reads it in Tests/Server.
@Suite struct MetricsTests {
    /// The samples by name and labels as they are written.
    private func samples(_ client: TestClient) throws -> [String: String] {
        let reply = try client.get("/metrics")
        #expect(reply.response.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        var samples: [String: String] = [:]
        for line in reply.text.split(separator: "\n") where !line.hasPrefix("#") {
            let space = try #require(line.lastIndex(of: " "))
            let name = String(line[..<space])
            #expect(samples[name] == nil, "\(name) is there twice")
            #expect(name.hasPrefix("kmemlab_"))
            samples[name] = String(line[line.index(after: space)...])
        }
        return samples
    }

    @Test func requests_areCounted_byRouteAndStatus() throws {
        let client = try TestClient()
        _ = try client.post("/pages")
        _ = try client.post("/pages")
        _ = try client.get("/pages/1?step=99")
        for method in ["HEAD", "BREW"] {
            _ = client.router.respond(
                to: SyntheticRequest(
                    method, "/zones",
                    headers: [("Authorization", "Bearer \(client.token ?? "")")]))
        }
        _ = try client.get("/nowhere/\(client.token ?? "")")
        let found = try samples(client)
        let name = "kmemlab_http_requests_total"
        #expect(found[#"\#(name){route="/pages",method="POST",status="201"}"#] == "2")
        #expect(found[#"\#(name){route="/pages/{ref}",method="GET",status="404"}"#] == "1")
        #expect(found[#"\#(name){route="/zones",method="HEAD",status="200"}"#] == "1")
        #expect(found[#"\#(name){route="(none)",method="(other)",status="405"}"#] == "1")
        #expect(found[#"\#(name){route="(none)",method="GET",status="404"}"#] == "1")
        let duration = "kmemlab_http_request_duration_seconds"
        #expect(found[#"\#(duration)_count{route="/pages",method="POST"}"#] == "2")
        #expect(found[#"\#(duration)_bucket{route="/pages",method="POST",le="+Inf"}"#] == "2")
        #expect(found[#"kmemlab_refused_requests_total{problem="unknown-step"}"#] == "1")
        #expect(found[#"kmemlab_refused_requests_total{problem="not-found"}"#] == "1")
        #expect(!found.keys.contains { $0.contains("kml_") })
    }

    @Test func manyPaths_makeNoSeriesOfTheirOwn() throws {
        let client = try TestClient()
        _ = try client.get("/pages/99")
        _ = try client.get("/nowhere/0")
        let count = try samples(client).count
        for index in 1...50 {
            _ = try client.get("/pages/\(index)")
            _ = try client.get("/nowhere/\(index)")
        }
        // GET /metrics has been counted since.
        let own = RequestMeter.boundsInNanoseconds.count + 4
        #expect(try samples(client).count == count + own)
    }

    @Test func sessions_areCounted_whereTheyAre() throws {
        var limits = SessionLimits()
        limits.residentBytes = 1
        let clock = ManualClock()
        let service = MemoryService(
            limits: limits, journal: MemoryJournalStore(), now: { clock.seconds })
        var client = TestClient(service.router())
        try client.boot()
        try client.boot()
        var found = try samples(client)
        #expect(found[#"kmemlab_sessions{state="memory"}"#] == "2")
        #expect(found["kmemlab_sessions_begun_total"] == "2")
        clock.advance(1)
        _ = try client.get("/zones")
        found = try samples(client)
        #expect(found["kmemlab_sessions_evicted_total"] != "0")
        #expect(found[#"kmemlab_sessions{state="journal"}"#] != "0")
        _ = try client.get("/zones")
        #expect(try client.delete("/sessions/\(client.id)").status == 204)
        found = try samples(client)
        #expect(found["kmemlab_sessions_ended_total"] == "1")
        let states = ["memory", "journal"].compactMap {
            found[#"kmemlab_sessions{state="\#($0)"}"#].flatMap { Int($0) }
        }
        #expect(states.reduce(0, +) == 1)
    }

    @Test(
        arguments: [
            (0, "0"), (1, "0.000000001"), (50_000, "0.00005"), (1_500_000_000, "1.5"),
            (3_000_000_000, "3"),
        ] as [(UInt64, String)])
    func nanoseconds_areWritten_asSeconds(nanoseconds: UInt64, text: String) {
        #expect(secondsText(nanoseconds) == text)
    }
}
