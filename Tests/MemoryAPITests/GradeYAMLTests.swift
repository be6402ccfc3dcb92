import MemoryAPI
import Testing

@Suite struct GradeYAMLTests {
    private let client = TestClient(MemoryService().router())

    private func grade(_ body: String, _ type: String = "application/yaml") throws -> Reply {
        try client.post("/grade", body, headers: [("Content-Type", type)])
    }

    @Test func yaml_isGradedAsTheSameJSON() throws {
        let yaml = """
            machine: classroom
            calls:
              - p = alloc_pages(GFP_KERNEL, 2)
              - &free __free_pages($p, 2)
            tests:
              - name: "all: given back"
                weight: 2.5
                expect: { no_leaks: true }
            """
        let json = """
            {"machine":"classroom","calls":["p = alloc_pages(GFP_KERNEL, 2)","__free_pages($p, 2)"],\
            "tests":[{"name":"all: given back","weight":2.5,"expect":{"no_leaks":true}}]}
            """
        let reply = try grade(yaml)
        #expect(reply.status == 200)
        #expect(reply.json["passed"] == .bool(true))
        #expect(try grade(json, "application/json").text == reply.text)
    }

    /// What grows or nests without a bound is refused before it does.
    @Test(arguments: [
        "a: &a [" + String(repeating: "x,", count: 100) + "]\nb: &b ["
            + String(repeating: "*a,", count: 100) + "]\nc: ["
            + String(repeating: "*b,", count: 100) + "]",
        "- &n0 []\n" + (1...2_000).map { "- &n\($0) [*n\($0 - 1)]\n" }.joined(),
        String(repeating: "[", count: 60_000), String(repeating: "- ", count: 30_000),
        "a: " + String(repeating: "x", count: 65_536), "a: [", "\u{1}", "a: b\n---\nc: d",
    ])
    func yaml_thatIsTooMuch_isRefused(body: String) throws {
        let reply = try grade(body)
        #expect(reply.status == 400)
        #expect(reply.problem == "malformed-request")
    }

    @Test func mistakes_arePointedTo() throws {
        #expect(try grade("machine: pdp11\ntests: []").status == 422)
        #expect(try grade("").status == 422)
    }
}
