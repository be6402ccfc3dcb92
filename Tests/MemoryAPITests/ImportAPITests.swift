import Testing

/// Traces of other tools as batches.
@Suite struct ImportAPITests {
    private func post(
        _ client: TestClient, _ text: String, _ type: String, query: String = ""
    ) throws -> Reply {
        try client.send(
            "POST", "/calls" + query, headers: [("Content-Type", type)], body: Array(text.utf8))
    }

    private func example(_ name: String) -> String {
        readText(repositoryRoot + "/Tests/CallImportTests/Examples/" + name)
    }

    @Test(arguments: [
        ("short.rep", "text/x-malloc-rep", 11, 0), ("newer.rep", "text/x-malloc-rep", 4, 0),
        ("kmem.ftrace", "text/x-ftrace; charset=utf-8", 11, 3),
    ])
    func trace_leavesNothingBehind(
        name: String, type: String, calls: Int, skipped: Int
    ) throws {
        let client = try TestClient("i386")
        let reply = try post(client, example(name), type)
        #expect(reply.json["summary"]["ran"].int == calls, "\(reply.text)")
        #expect(reply.json["summary"]["failed"].int == 0)
        #expect(reply.json["summary"]["skipped"].int == skipped)
        #expect(reply.json["answers"].array.allSatisfy { $0["misuse"].array.isEmpty })
        let report = try client.get("/report").json
        #expect(
            report["summary"].string?.hasPrefix("Nothing") == true || report["leaks"].array.isEmpty)
    }

    @Test func mtrace_showsTheDoubleFreeAndTheLeak() throws {
        let client = try TestClient("i386")
        let reply = try post(client, example("program.mtrace"), "text/x-mtrace")
        #expect(reply.json["answers"][4]["misuse"][0]["code"].string == "double-kfree")
        let summary = try client.get("/report").json["summary"].string
        #expect(summary?.hasPrefix("1 object (16 bytes) not freed") == true, "\(summary ?? "")")
    }

    @Test func trace_withAWrongLine_isRefusedWithItsNumber() throws {
        let client = try TestClient()
        let reply = try post(client, "1\n1\n2\n1\na 0 8\nf 7\n", "text/x-malloc-rep")
        #expect(reply.problem == "invalid-trace")
        #expect(reply.json["line"].int == 6)
        #expect(reply.json["errors"][0]["pointer"].string == "#/5")
        #expect(reply.json["errors"][0]["value"].string == "f 7")
        #expect(try client.get("/journal").json["step"].int == 0)
    }

    @Test func trace_canBeAtomic() throws {
        let client = try TestClient()
        let trace = "1\n9\n2\n1\na 0 8\na 1 4194304\n"
        let reply = try post(client, trace, "text/x-malloc-rep", query: "?atomic=true")
        #expect(reply.json["summary"]["undone"] == .bool(true))
        #expect(reply.json["summary"]["first_failure"].int == 1)
        #expect(try client.get("/journal").json["step"].int == 0)
    }
}
