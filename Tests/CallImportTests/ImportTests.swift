import CallImport
import Foundation
import KernelTestSupport
import Testing

/// Traces of other tools as kernel calls.
@Suite struct ImportTests {
    @Test func rep_isRead_inEitherOrderOfItsHeader() throws {
        #expect(
            try imported(example("newer.rep"), .rep).calls == [
                #"{"call":"kmalloc","size":2040,"flags":"GFP_KERNEL","as":"p0"}"#,
                #"{"call":"kmalloc","size":4072,"flags":"GFP_KERNEL","as":"p1"}"#,
                #"{"call":"kvfree","addr":"$p0"}"#, #"{"call":"kvfree","addr":"$p1"}"#,
            ])
    }

    @Test func rep_movesBetweenKmallocAndVmalloc() throws {
        let calls = try imported(example("short.rep"), .rep).calls
        #expect(calls[2].hasPrefix(#"{"call":"krealloc","addr":"$p0","size":640"#))
        #expect(calls[3] == #"{"call":"vmalloc","size":5000000,"as":"p2"}"#)
        #expect(
            calls[5...6] == [
                #"{"call":"kmalloc","size":1000,"flags":"GFP_KERNEL","as":"p2_1"}"#,
                #"{"call":"kvfree","addr":"$p2"}"#,
            ])
        #expect(
            calls[7...] == [
                #"{"call":"vmalloc","size":6000000,"as":"p0_1"}"#,
                #"{"call":"kvfree","addr":"$p0"}"#, #"{"call":"kvfree","addr":"$p2_1"}"#,
                #"{"call":"kvfree","addr":"$p0_1"}"#,
            ])
    }

    @Test func mtrace_keepsDoubleFrees_andSkipsWhatItDoesNotKnow() throws {
        let result = try imported(example("program.mtrace"), .mtrace)
        #expect(
            result.calls == [
                #"{"call":"kmalloc","size":100,"flags":"GFP_KERNEL","as":"x56010e2b16a0"}"#,
                #"{"call":"kmalloc","size":16,"flags":"GFP_KERNEL","as":"x56010e2b1710"}"#,
                #"{"call":"krealloc","addr":"$x56010e2b16a0","size":200,"flags":"GFP_KERNEL","#
                    + #""as":"x56010e2b1730"}"#,
                #"{"call":"kvfree","addr":"$x56010e2b1730"}"#,
                #"{"call":"kvfree","addr":"$x56010e2b1730"}"#,
            ])
        #expect(result.skipped == 1)
    }

    @Test func ftrace_hasCachesOfItsOwn_andSkipsOtherEvents() throws {
        let result = try imported(example("kmem.ftrace"), .ftrace)
        #expect(
            result.calls == [
                #"{"call":"kmem_cache_create","name":"trace:names_cache","size":4096,"as":"c1"}"#,
                #"{"call":"kmem_cache_alloc","cache":"$c1","flags":"GFP_KERNEL","as":"xd3fb3b1c"}"#,
                #"{"call":"kmem_cache_create","name":"trace:filp","size":176,"as":"c2"}"#,
                #"{"call":"kmem_cache_alloc","cache":"$c2","flags":"GFP_KERNEL|__GFP_ZERO","#
                    + #""as":"xa24d2d51"}"#,
                #"{"call":"kmalloc","size":352,"flags":"GFP_KERNEL","as":"x31c2a5b7"}"#,
                #"{"call":"alloc_pages","gfp_mask":"GFP_HIGHUSER_MOVABLE","order":0,"as":"f3b7a1"}"#,
                #"{"call":"kfree","addr":"$x31c2a5b7"}"#,
                #"{"call":"kmem_cache_free","cache":"$c1","object":"$xd3fb3b1c"}"#,
                #"{"call":"kmem_cache_free","cache":"$c2","object":"$xa24d2d51"}"#,
                #"{"call":"__free_pages","page":"$f3b7a1","order":0}"#,
                #"{"call":"kfree","addr":"NULL"}"#,
            ])
        #expect(result.skipped == 3)
    }

    /// The kernel tells of the pages of a slab before it tells of the object, task by task.
    @Test func ftrace_leavesOutThePagesOfSlabs() throws {
        let slab = "gfp_flags=GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY"
        let object = "bytes_req=60 bytes_alloc=64 gfp_flags=GFP_KERNEL"
        let text = """
            a-1 [000] ..... 1.000001: mm_page_alloc: page=1 pfn=0x10 order=0 migratetype=0 \(slab)
            b-2 [001] ..... 1.000002: mm_page_alloc: page=2 pfn=0x20 order=0 migratetype=0 gfp_flags=GFP_KERNEL
            a-1 [000] ..... 1.000003: kmalloc: call_site=f ptr=a0 \(object)
            b-2 [001] ..... 1.000004: kmalloc: call_site=f ptr=b0 \(object)
            c-3 [001] ..... 1.000005: mm_page_alloc: page=0 pfn=0x0 order=1 migratetype=0 \(slab)
            c-3 [001] ..... 1.000006: mm_page_alloc: page=3 pfn=0x30 order=0 migratetype=0 gfp_flags=GFP_KERNEL
            c-3 [001] ..... 1.000007: kmem_cache_alloc: call_site=f ptr=c0 \(object) name=foo
            d-4 [000] ..... 1.000008: mm_page_alloc: page=4 pfn=0x40 order=2 migratetype=0 gfp_flags=GFP_KERNEL|__GFP_COMP
            d-4 [000] ..... 1.000009: kmalloc: call_site=f ptr=d0 bytes_req=9000 bytes_alloc=16384 gfp_flags=GFP_KERNEL
            e-5 [000] ..... 1.000010: mm_page_alloc: page=5 pfn=0x50 order=0 migratetype=0 \(slab)
            a-1 [000] ..... 1.000011: mm_page_free: page=5 pfn=0x50 order=0
            a-1 [000] ..... 1.000012: mm_page_free: page=1 pfn=0x10 order=0
            e-5 [000] ..... 1.000013: mm_page_alloc: page=6 pfn=0x60 order=0 migratetype=0 \(slab)
            """
        let result = try imported(text, .ftrace)
        let masks = "\"gfp_mask\":\"GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY\",\"order\":0"
        let kmalloc = "{\"call\":\"kmalloc\",\"size\":60,\"flags\":\"GFP_KERNEL\""
        #expect(
            result.calls == [
                kmalloc + #","as":"xa0"}"#,
                #"{"call":"alloc_pages","gfp_mask":"GFP_KERNEL","order":0,"as":"f20"}"#,
                kmalloc + #","as":"xb0"}"#,
                #"{"call":"kmem_cache_create","name":"trace:foo","size":60,"as":"c1"}"#,
                #"{"call":"kmem_cache_alloc","cache":"$c1","flags":"GFP_KERNEL","as":"xc0"}"#,
                #"{"call":"kmalloc","size":9000,"flags":"GFP_KERNEL","as":"xd0"}"#,
                #"{"call":"alloc_pages",\#(masks),"as":"f50"}"#,
                #"{"call":"__free_pages","page":"$f50","order":0}"#,
                #"{"call":"alloc_pages",\#(masks),"as":"f60"}"#,
            ])
        // The free of a page that was a slab's.
        #expect(result.skipped == 1)
    }

    /// Where two tasks say that they have the same page, it is always the same one that has it.
    @Test func ftrace_ofTasksThatContradictEachOther_isReadTheSameEachTime() throws {
        let lines = (1...6).map {
            "t-\($0) [000] ..... 1.00000\($0): mm_page_alloc: page=1 pfn=0x10 order=\($0) "
                + "migratetype=0 gfp_flags=GFP_KERNEL"
        }
        let text = (lines + ["x-9 [000] ..... 1.000009: mm_page_free: page=1 pfn=0x10 order=0"])
            .joined(separator: "\n")
        let first = try imported(text, .ftrace).calls
        #expect(first.first?.contains("\"order\":1") == true)
        for _ in 0..<20 { #expect(try imported(text, .ftrace).calls == first) }
    }

    /// Marks of this server's own traces are calls; what lies between their braces is not.
    @Test func ftrace_ofThisServer_hasMarksForOtherCalls() throws {
        let text = """
            # kmemlab: steps 1 to 3, #P:1
            init-1 [000] ..... 1.000000: tracing_mark_write: kmemlab: kmem_cache_create("a\\b", 8, 0, 0, NULL) {
            init-1 [000] ..... 1.000001: mm_page_alloc: page=1 pfn=0x10 order=0 migratetype=0 gfp_flags=GFP_KERNEL
            init-1 [000] ..... 1.000002: tracing_mark_write: kmemlab: }
            init-1 [000] ..... 2.000000: kmem_cache_alloc: call_site=f ptr=c0 bytes_req=8 gfp_flags=GFP_KERNEL name=a\\b
            init-1 [000] ..... 3.000000: tracing_mark_write: kmemlab: # memcpy_to(0xc0, 8)
            """
        let result = try imported(text, .ftrace)
        #expect(
            result.calls == [
                #"{"call":"kmem_cache_create(\"a\\b\", 8, 0, 0, NULL)"}"#,
                #"{"call":"kmem_cache_alloc","cache":"a\\b","flags":"GFP_KERNEL","as":"xc0"}"#,
            ])
        #expect(result.skipped == 1)
        // In the trace of somebody else they are nothing.
        let other = try imported(String(text.drop { $0 != "\n" }), .ftrace)
        #expect(other.calls.count == 3 && other.skipped == 3)
    }

    @Test(arguments: [
        ("short.rep", TraceFormat.rep), ("newer.rep", .rep), ("program.mtrace", .mtrace),
        ("kmem.ftrace", .ftrace),
    ])
    func format_isFoundOut(name: String, format: TraceFormat) throws {
        let line = Array(try #require(example(name).split(separator: "\n").first).utf8)
        #expect(line.withUnsafeBytes { TraceFormat(firstLine: $0) } == format)
    }

    @Test(arguments: [
        (TraceFormat.rep, "1\n2\n3\nx", 4), (.rep, "1\n2\n3\n4\na 0", 5),
        (.rep, "1\n2\n3\n4\na 2 8", 5), (.rep, "1\n2\n3\n4\nf 0", 5),
        (.rep, "1\n2\n3\n4\na 0 -8", 5), (.rep, "1\n2\n3\n4\n\na 0 8 8", 6),
        (.rep, "1\n2\n3\n4\na 0 99999999999999999999", 5), (.rep, "1\n2\n3\n4\nq 0 8", 5),
        (.rep, "", 1), (.rep, "1\n2\n3", 3), (.rep, "1\n2\n2\n4\na 0 8", 5),
        (.rep, "1\n2\n1\n4\na 0 8\nf 0", 6), (.rep, "1\n2\n9\n4\na 0 8\na 0 8", 6),
        (.rep, "1\n2\n9\n4\nr 0 8", 5), (.rep, "1\n2\n9\n4\na 99999999999999999999 8", 5),
        (.mtrace, "= Start\n@ x + 0x1", 2), (.mtrace, "@ x ? 0x1 0x2", 1),
        (.mtrace, "+ zz 0x2", 1), (.ftrace, "# x\nnothing", 2),
        (.ftrace, "kmalloc: ptr=1 gfp_flags=GFP_KERNEL", 1),
        (.ftrace, "kmalloc: ptr=1 bytes_req=8 gfp_flags=GFP_KERNAL", 1),
        (.ftrace, "kmalloc: ptr=q bytes_req=8 gfp_flags=GFP_KERNEL", 1),
        (.ftrace, "kmem_cache_alloc: ptr=1 name=ä bytes_req=8 gfp_flags=GFP_KERNEL", 1),
        (.ftrace, "mm_page_free: pfn=0x1 order=99", 1),
    ])
    func line_thatIsWrong_isNamed(format: TraceFormat, text: String, line: Int) {
        let error = #expect(throws: ImportError.self) { try imported(text, format) }
        #expect(error?.line == line)
        #expect(error?.reason.isEmpty == false)
    }

    @Test(arguments: TraceFormat.allCases)
    func mutations_neverTrap(format: TraceFormat) {
        let name =
            ["rep": "short.rep", "mtrace": "program.mtrace"][format.rawValue] ?? "kmem.ftrace"
        let original = Array(example(name).utf8)
        var random = SeededRandom(seed: 11)
        let bytes = Array("0123456789abcdefarx+-<>!@=:.|() \n\t\u{0}$\"\\ä".utf8)
        for _ in 0..<400 {
            var text = original
            for _ in 0..<(1 + Int(random.next() % 8)) {
                let place = Int(random.next() % UInt64(text.count))
                switch random.next() % 3 {
                case 0: text[place] = bytes[Int(random.next() % UInt64(bytes.count))]
                case 1: text.remove(at: place)
                default: text.insert(contentsOf: text[place...].prefix(9), at: place)
                }
            }
            let result = try? imported(text, format)
            #expect((result?.calls.count ?? 0) <= text.count)
        }
    }
}

/// A file beside the tests.
private func example(_ name: String) -> String {
    guard
        let url = Bundle.module.url(
            forResource: name, withExtension: nil, subdirectory: "Examples"),
        let text = try? String(contentsOf: url, encoding: .utf8)
    else { return "" }
    return text
}

private func imported(
    _ text: String, _ format: TraceFormat
) throws -> (calls: [String], skipped: Int) {
    try imported(Array(text.utf8), format)
}

private func imported(
    _ bytes: [UInt8], _ format: TraceFormat
) throws -> (calls: [String], skipped: Int) {
    var importer = TraceImporter(format)
    var calls: [String] = []
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        try line.withUnsafeBytes { try importer.read(line: $0) }
        calls += importer.calls.map(\.json)
    }
    try importer.finish()
    calls += importer.calls.map(\.json)
    return (calls, importer.skipped)
}
