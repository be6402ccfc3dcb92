import Foundation
import KernelTraces
import Testing

/// A whole trace of kmap: 8,000 operations of the driver on a machine with 1 GiB.
@Suite struct KmapTraceTests {
    private static let name = "i386-kmap-m1024-mix0-seed3.jsonl.gz"

    @Test func recordedCalls_gotWhatTheKernelGave() {
        let result = TraceReplay.replay(path: Traces.path(Self.name))
        #expect(result.failure == nil, "\(result.failure?.summary ?? "")")
        #expect(result.isExact)
        #expect(result.finishedTraces == 1)
        #expect(result.headers == 1)
        #expect(result.calls > 4_000)
        #expect(result.dumps == 13)
    }

    /// A trace with one field changed, in each kind of record, must not pass.
    @Test(arguments: [
        (#"{"t":"hdr""#, #""LAST_PKMAP":1024"#, #""LAST_PKMAP":512"#),
        (#"{"t":"hdr""#, #""KM_MAX_IDX":16"#, #""KM_MAX_IDX":17"#),
        (#"{"t":"hdr""#, #""PKMAP_BASE":"0xff4"#, #""PKMAP_BASE":"0xff0"#),
        (
            #"{"t":"hdr""#, #""FIX_KMAP_BEGIN_vaddr":"0xfffbb"#,
            #""FIX_KMAP_BEGIN_vaddr":"0xfffba"#
        ),
        (#"{"t":"zone""#, #""managed":"#, #""managed":1"#),
        (#"{"t":"pcp""#, #""batch":"#, #""batch":1"#),
        (#"{"t":"trace""#, #""cpu":0"#, #""cpu":1"#), (#"{"t":"trace""#, #""n":"#, #""n":1"#),
        (#"{"t":"kpages""#, #",0],"#, #",1],"#), (#"{"t":"kpages""#, #",1]]"#, #",0]]"#),
        (#"{"t":"kmap""#, #""p":26"#, #""p":27"#),
        (#"{"t":"kmap""#, #""a":"0xff4"#, #""a":"0xff5"#),
        (#"{"t":"kmap""#, #""a":"0xc"#, #""a":"0xd"#),
        (#"{"t":"kmap""#, #""last":"#, #""last":1"#),
        (#"{"t":"kmap""#, #""used":"#, #""used":1"#),
        (#"{"t":"kmap""#, #""count":"#, #""count":1"#),
        (#"{"t":"kmap""#, #"163"}"#, #"161"}"#), (#"{"t":"kmap""#, #","count":2"#, ""),
        (#"{"t":"kunmap""#, #""used":"#, #""used":1"#),
        (#"{"t":"pkmap""#, #""last_pkmap_nr":"#, #""last_pkmap_nr":1"#),
        (#"{"t":"pkmap""#, #""ent":[[1,1,"#, #""ent":[[1,2,"#),
        (#"{"t":"pkmap""#, #""ent":[["#, #""ent":[[1"#),
        (#"{"t":"pkmap""#, #"163"]]"#, #"063"]]"#),
        (#"{"t":"local""#, #""cpu":0"#, #""cpu":1"#),
        (#"{"t":"local""#, #""k":"atomic""#, #""k":"other""#),
        (#"{"t":"local""#, #""high":1"#, #""high":0"#),
        (#"{"t":"local""#, #""high":0"#, #""high":1"#),
        (#"{"t":"local""#, #""pkmapped":0"#, #""pkmapped":1"#),
        (#"{"t":"local""#, #""pkmapped":1"#, #""pkmapped":0"#),
        (#"{"t":"local""#, #""a":"0xfffb"#, #""a":"0xfffa"#),
        (#"{"t":"local""#, #""a":"0xc"#, #""a":"0xd"#),
        (#"{"t":"local""#, #""kmap_ctrl_idx":"#, #""kmap_ctrl_idx":1"#),
        (#"{"t":"local""#, #""va":"0xf"#, #""va":"0xe"#),
        (#"{"t":"local""#, #"067","pud""#, #"063","pud""#),
        (#"{"t":"local""#, #"067","pmd""#, #"063","pmd""#),
        (#"{"t":"local""#, #"067","pte""#, #"063","pte""#),
        (#"{"t":"local""#, #""pmd":"0x14001e3""#, #""pmd":"0x18001e3""#),
        (#"{"t":"local""#, #""pte":"0x3"#, #""pte":"0x2"#),
        (#"{"t":"local""#, #"163"}}"#, #"161"}}"#),
        (#"{"t":"endtrace""#, #""ops":"#, #""ops":1"#),
    ])
    func alteredTrace_fails(_ kind: String, _ field: String, _ replacement: String) throws {
        var lines = try Self.head()
        let index = try #require(lines.lastIndex { $0.hasPrefix(kind) && $0.contains(field) })
        let place = lines[index].range(of: field)!
        lines[index] = lines[index].replacingCharacters(in: place, with: replacement)
        let result = try Traces.replay(lines)
        #expect(result.failure != nil)
        #expect(!result.isExact)
    }

    /// The trace up to its third dump, as if it ended there.
    private static func head() throws -> [String] {
        let lines = try Traces.lines(name)
        let dumps = lines.indices.filter { lines[$0].hasPrefix(#"{"t":"pkmap""#) }
        let end = try #require(lines.first { $0.hasPrefix(#"{"t":"endtrace""#) })
        return lines[...dumps[2]] + [end]
    }

    @Test func traceThatEndsEarlier_isReplayed() throws {
        #expect(try Traces.replay(try Self.head()).isExact)
    }

    @Test(arguments: ["kmap", "kunmap"]) func missingCall_isFoundOut(_ kind: String) throws {
        var lines = try Self.head()
        let index = try #require(lines.firstIndex { $0.hasPrefix("{\"t\":\"\(kind)\"") })
        lines.remove(at: index)
        #expect(try Traces.replay(lines).failure != nil)
    }

    @Test func wrongCount_isNamedWithItsLine() throws {
        var lines = try Self.head()
        let index = try #require(lines.firstIndex { $0.hasPrefix(#"{"t":"kmap""#) })
        lines[index] = lines[index].replacingOccurrences(of: #""used":1"#, with: #""used":2"#)
        let failure = try #require(try Traces.replay(lines).failure)
        #expect(failure.line == index + 1)
        #expect(failure.summary.hasSuffix("used: model 1, kernel 2"))
        #expect(!failure.details.isEmpty)
    }

    @Test func truncatedTrace_fails() throws {
        let lines = try Self.head()
        let end = try #require(lines.firstIndex { $0.hasPrefix(#"{"t":"endtrace""#) })
        for count in [end, end / 2, 30] {
            #expect(try !Traces.replay(Array(lines.prefix(count))).isExact)
        }
    }

    @Test(arguments: ["hdr", "dump", "zone", "kpages", "pkmap"])
    func traceWithoutSomeRecords_isRefused(_ kind: String) throws {
        let lines = try Self.head().filter { !$0.hasPrefix("{\"t\":\"\(kind)\"") }
        #expect(try Traces.replay(lines).failure != nil)
    }

    @Test func unknownFieldsAndKinds_arePassedOver() throws {
        var lines = try Self.head().map {
            $0.hasPrefix(#"{"t":"k"#) ? $0.dropLast() + #","later":[1,{"x":"y"}]}"# : $0
        }
        let index = try #require(lines.firstIndex { $0.hasPrefix(#"{"t":"local""#) })
        lines.insert(#"{"t":"remark","text":"nothing"}"#, at: index)
        #expect(try Traces.replay(lines).isExact)
    }

    @Test func fullPool_hasNoRoomButForSlot0() throws {
        var lines = try Self.head()
        let index = try #require(lines.firstIndex { $0.hasPrefix(#"{"t":"local""#) })
        lines.insert(#"{"t":"poolfull","used":1023}"#, at: index)
        #expect(try Traces.replay(lines).failure?.line == index + 1)
    }

    // MARK: - Traces that begin with mappings

    /// The trace cut at a dump in its middle: the pool is brought into the state that the dump has.
    /// Before the last one pages of low memory are mapped too, which no dump shows.
    @Test(arguments: [1, 6, 10]) func traceThatBeginsWithMappings_isReplayed(_ which: Int) throws {
        let result = try Traces.replay(try Self.cut(which))
        #expect(result.isExact, "\(result.failure?.summary ?? "")")
    }

    private static func cut(_ which: Int) throws -> [String] {
        var lines = try Traces.lines(name)
        let dumps = lines.indices.filter { lines[$0].hasPrefix(#"{"t":"pkmap""#) }
        lines[dumps[which]] = lines[dumps[which]].replacingOccurrences(
            of: "periodic", with: "initial")
        // What was in use then is given back later.
        lines.removeSubrange(dumps[0]..<dumps[which])
        return lines
    }

    @Test func initialPool_withUsersSlot0AndAnyLastSlot_isMade() throws {
        let head = try Self.cut(0)
        let start = try #require(head.firstIndex { $0.hasPrefix(#"{"t":"pkmap""#) })
        for (last, entries) in [
            (0, ""), (700, ""), (0, "[0,4,P0]"), (1023, "[0,1,P0],[1023,2,P1]"),
            (5, "[4,3,P0],[5,1,P1],[6,2,P2],[900,1,P3]"),
        ] {
            let list = (0..<4).reduce(entries) {
                $0.replacingOccurrences(of: "P\($1)", with: "\"0x3fa3\($1)163\"")
            }
            let dump = #"{"t":"pkmap","tag":"TAG","last_pkmap_nr":\#(last),"ent":[\#(list)]}"#
            let lines =
                Array(head[..<start])
                + ["initial", "after_ops"].map { dump.replacingOccurrences(of: "TAG", with: $0) }
                + [#"{"t":"endtrace","ops":8000}"#]
            let result = try Traces.replay(lines)
            #expect(result.failure == nil, "\(result.failure?.summary ?? "")")
            #expect(result.isExact)
        }
    }

    @Test(arguments: [
        #"5,"ent":[[1024,2,"0x3fa3b163"]]"#, #"5,"ent":[[3,0,"0x3fa3b163"]]"#,
        #"5,"ent":[[3,2,"0x100163"]]"#, #"5,"ent":[[3,2,"0x3fa3b163"],[4,2,"0x3fa3b163"]]"#,
        #"5,"ent":[[3,2,"0x3fa3b163"],[3,2,"0x3fa3c163"]]"#, #"1024,"ent":[]"#,
        #"-1,"ent":[]"#, #"5,"ent":[[3,2000000000,"0x3fa3b163"]]"#,
        #"5,"ent":[[3,2,"0x3fa3b063"]]"#, #"5,"ent":[[3,2]]"#,
    ])
    func impossibleInitialPool_isRefused(_ fields: String) throws {
        var lines = try Self.head()
        let index = try #require(lines.firstIndex { $0.hasPrefix(#"{"t":"pkmap""#) })
        lines[index] = #"{"t":"pkmap","tag":"initial","last_pkmap_nr":\#(fields)}"#
        let failure = try #require(try Traces.replay(lines).failure)
        #expect(failure.line == index + 1)
    }
}
