import KernelMemory
import KernelTestSupport
import MicroHTTPD
import Testing

@testable import MemoryAPI

/// A session's calls as ftrace prints them, and back.
@Suite struct TraceTests {
    /// What the kernel prints an event's fields with (include/trace/events/kmem.h, 6.1), as patterns.
    private static let events: [String: String] = [
        "kmalloc": #"call_site=\S+ ptr=[0-9a-f]+ bytes_req=\d+ bytes_alloc=\d+ "#
            + #"gfp_flags=[A-Za-z_|]+ node=-?\d+ accounted=(true|false)"#,
        "kmem_cache_alloc": #"call_site=\S+ ptr=[0-9a-f]+ bytes_req=\d+ bytes_alloc=\d+ "#
            + #"gfp_flags=[A-Za-z_|]+ node=-?\d+ accounted=(true|false) name=\S+"#,
        "kfree": #"call_site=\S+ ptr=[0-9a-f]+"#,
        "kmem_cache_free": #"call_site=\S+ ptr=[0-9a-f]+ name=\S+"#,
        "mm_page_alloc":
            #"page=[0-9a-f]+ pfn=0x[0-9a-f]+ order=\d+ migratetype=\d gfp_flags=[A-Za-z_|0-9]+"#,
        "mm_page_free": #"page=[0-9a-f]+ pfn=0x[0-9a-f]+ order=\d+"#,
        "mm_page_alloc_extfrag":
            #"page=[0-9a-f]+ pfn=0x[0-9a-f]+ alloc_order=\d+ fallback_order=\d+ "#
            + #"pageblock_order=\d+ alloc_migratetype=\d fallback_migratetype=\d fragmenting=[01] "#
            + #"change_ownership=[01]"#,
        "tracing_mark_write": #"kmemlab: .+"#,
    ]

    private static let calls = [
        "alloc_pages(GFP_KERNEL, 2)", "kmalloc(50, GFP_KERNEL)", "kzalloc(60, GFP_ATOMIC)",
        "kmalloc(20000, GFP_KERNEL)", "kmem_cache_create(\"foo\", 600, 0, 0, NULL)",
        "kmem_cache_alloc(foo, GFP_KERNEL)", "kmem_cache_alloc(dentry, GFP_KERNEL)",
        "vmalloc(16384)", "local_irq_disable()", "alloc_page(GFP_ATOMIC)", "local_irq_enable()",
        "kfree(NULL)", "__get_free_pages(GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY, 0)",
        "kmalloc(70, GFP_KERNEL)", "alloc_pages(GFP_KERNEL, 10)",
    ]

    private func post(_ calls: [String], to client: TestClient) throws {
        let lines = calls.map { "{\"call\":\"\($0.replacing("\"", with: "\\\""))\"}\n" }
        let reply = try client.send(
            "POST", "/calls", headers: [("Content-Type", "application/x-ndjson")],
            body: Array(lines.joined().utf8))
        #expect(reply.status == 200, "\(reply.text)")
    }

    @Test func events_haveTheKernelsForm() throws {
        let client = try TestClient("i386", cpus: 2)
        try post(Self.calls, to: client)
        let reply = try client.get("/trace")
        #expect(reply.response.header("Content-Type") == "text/x-ftrace")
        let lines = reply.text.split(separator: "\n")
        #expect(lines.first == "# tracer: nop")
        let place = try Regex(#" {12}init-1 {7}\[00\d\] [d.]\.\.\.\. +\d+\.\d{6}: ([a-z_]+): (.*)"#)
        var seen: Set<String> = []
        for line in lines where !line.hasPrefix("#") {
            let match = try #require(line.wholeMatch(of: place), "\(line)")
            let name = try #require(match.output[1].substring.map(String.init))
            let fields = try Regex(try #require(Self.events[name], "\(name)"))
            #expect(match.output[2].substring?.wholeMatch(of: fields) != nil, "\(line)")
            seen.insert(name)
        }
        #expect(seen.isSuperset(of: ["kmalloc", "kmem_cache_alloc", "kfree", "mm_page_alloc"]))
        #expect(seen.isSuperset(of: ["mm_page_alloc_extfrag", "tracing_mark_write"]))
        #expect(
            lines.contains {
                $0.hasSuffix(
                    "  2.000001: kmalloc: call_site=step_2+0x0/0x0 ptr=c143c000 bytes_req=50 "
                        + "bytes_alloc=64 gfp_flags=GFP_KERNEL node=-1 accounted=false")
            })
    }

    @Test func bounds_cutTheTrace() throws {
        let client = try TestClient()
        try post(Self.calls, to: client)
        func events(_ query: String) throws -> [Substring] {
            try client.get("/trace" + query).text.split(separator: "\n").filter {
                !$0.hasPrefix("#")
            }
        }
        let all = try events("")
        #expect(try events("?to=6") + events("?from=6") == all)
        #expect(try events("?from=3&to=3").isEmpty)
        #expect(try client.get("/trace?from=4&to=3").problem == "invalid-query")
        #expect(try client.get("/trace?to=99").problem == "unknown-step")
        #expect(try client.get("/trace?from=99").problem == "invalid-query")
        let tag = try #require(try client.get("/trace").response.header("ETag"))
        #expect(try client.get("/trace", headers: [("If-None-Match", tag)]).status == 304)
    }

    /// The pages of slabs are in the trace, too, and must not be allocated a second time.
    @Test func trace_importedAgain_givesTheSameMachine() throws {
        let client = try TestClient("i386", cpus: 2)
        try post(Self.calls, to: client)
        let object = try #require(try client.get("/journal").json["entries"][1]["returned"].string)
        try post(["kfree(\(object))", "kfree(\(object))"], to: client)
        try expectRoundTrip(client, "i386", "calls")
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func wildCalls_importedAgain_giveTheSameMachine(seed: UInt64) throws {
        let image = BootImage(try MachineConfiguration(kind: .classroom, cpuCount: 2))
        let machine = Machine(booting: image)
        var pages = RandomCalls(seed: seed, cpus: 2)
        try roundTrip(image, "pages \(seed)") { pages.step(&$0) }
        var slabs = WildSlabCalls(
            seed: seed, cpus: 2, caches: machine.cacheAddresses)
        try roundTrip(image, "slabs \(seed)") { slabs.step(&$0) }
        var maps = WildMappingCalls(seed: seed, machine: machine)
        try roundTrip(image, "maps \(seed)") { maps.step(&$0) }
        var contexts = WildContextCalls(seed: seed, machine: machine)
        try roundTrip(image, "contexts \(seed)") { contexts.step(&$0) }
    }

    private func roundTrip(
        _ image: BootImage, _ what: String, _ step: (inout Machine) -> KernelCall
    ) throws {
        var machine = Machine(booting: image)
        var calls: [String] = []
        for _ in 0..<120 where !machine.isStopped {
            let call = step(&machine)
            // Neither is the text of these all that they are.
            if case .store = call { continue }
            if (try? KernelCall(parsing: call.description)) == nil { continue }
            calls.append(call.description)
        }
        let client = try TestClient("classroom", cpus: 2)
        try post(calls, to: client)
        try expectRoundTrip(client, "classroom", what)
    }

    private func expectRoundTrip(_ client: TestClient, _ machine: String, _ what: String) throws {
        let trace = try client.get("/trace")
        let other = try TestClient(machine, cpus: 2)
        let reply = try other.send(
            "POST", "/calls", headers: [("Content-Type", "text/x-ftrace")],
            body: trace.response.body)
        #expect(reply.status == 200, "\(what): \(reply.text)")
        for path in ["buddyinfo", "pagetypeinfo", "zoneinfo", "slabinfo", "vmallocinfo", "meminfo"]
        {
            let texts = try (client.get("/proc/\(path)").text, other.get("/proc/\(path)").text)
            #expect(texts.0 == texts.1, "\(what): \(path)")
        }
        #expect(try client.get("/kmap").text == other.get("/kmap").text, "\(what)")
        let steps = try (client.get("/journal").json["step"], other.get("/journal").json["step"])
        #expect(steps.0 == steps.1, "\(what)")
    }

    @Test func session_thatGoesAnotherWay_endsTheTrace() throws {
        let service = MemoryService()
        var client = TestClient(service.router())
        try client.boot()
        try post(Array(repeating: "alloc_page(GFP_KERNEL)", count: 600), to: client)
        let id = try #require(Array(client.id.utf8).withUnsafeBytes { SessionID($0) })
        let session = try #require(service.store.shard(id.key).sessions.withLock { $0[id.key] })
        let stream = try service.store.look(at: session) { state throws(Problem) in
            TraceStream(session, service.store, from: try state.view(at: 0), to: 600)
        }
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 16)
        defer { block.deallocate() }
        guard case .bytes = stream.read(into: block) else {
            Issue.record("the stream gave nothing")
            return
        }
        _ = try client.post("/undo", #"{"steps":500}"#)
        try post(["vmalloc(4096)"], to: client)
        var text = ""
        var read = stream.read(into: block)
        while read != .end {
            if case .bytes(let count) = read {
                text += String(decoding: block[..<count], as: UTF8.self)
            } else {
                #expect(read == .takesLong(.shared(session.turn)))
                stream.prepare()
            }
            read = stream.read(into: block)
        }
        let last = try #require(text.split(separator: "\n").last)
        #expect(last.hasPrefix("# The session has changed: the trace ends behind step "))
    }
}
