import Foundation
import KernelTraces
import Testing

/// Traces of vmalloc. The excerpts are cut: `mix0` ends at the page dump after the calls and has few
/// other dumps, `mix2` ends soon after the first purge in the middle of a call.
@Suite struct VmallocTraceTests {
    private static let whole = "i386-vmalloc-m512-mix0-seed1-excerpt.jsonl.gz"
    private static let purged = "x64-vmalloc-m512-mix2-seed2-excerpt.jsonl.gz"

    @Test(arguments: Traces.names("vmalloc"))
    func recordedCalls_gotWhatTheKernelGave(_ name: String) throws {
        let result = TraceReplay.replay(path: Traces.path(name))
        #expect(result.failure == nil, "\(result.failure?.summary ?? "")")
        #expect(result.isExact)
        #expect(result.calls >= 150)
        #expect(result.dumps > 5)
        let note = try #require(result.notes.first { $0.hasPrefix("backing pages exact: ") })
        let numbers = note.split { !$0.isNumber }.compactMap { Int($0) }
        #expect(numbers.count == 4)
        #expect(numbers[0] == numbers[1], "calls")
        #expect(numbers[2] == numbers[3], "pages")
        #expect(numbers[0] > 60)
    }

    /// A trace with one field changed, in each kind of record, must not pass.
    @Test(arguments: [
        (#"{"t":"vmalloc""#, #""a":"0x"#, #""a":"0x1"#),
        (#"{"t":"vmap""#, #""a":"0x"#, #""a":"0x1"#),
        (#"{"t":"vfree""#, #""a":"0x"#, #""a":"0x1"#), (#"{"t":"vmalloc""#, #""s":"#, #""s":9"#),
        (#"{"t":"vmalloc""#, #""lazy":"#, #""lazy":1"#),
        (#"{"t":"vfree""#, #""lazy":"#, #""lazy":1"#),
        (#"{"t":"vunmap""#, #""npurge":"#, #""npurge":1"#),
        (#"{"t":"vzalloc""#, #""npurge":"#, #""npurge":1"#),
        (#"{"t":"vmalloc""#, #""pfns":["#, #""pfns":[1"#),
        (#"{"t":"vmap""#, #""pfns":["#, #""pfns":[1"#),
        (#"{"t":"vmalloc""#, #""pgd":"0x"#, #""pgd":"0x1"#),
        (#"{"t":"vzalloc""#, #""pud":"0x"#, #""pud":"0x1"#),
        (#"{"t":"vmap""#, #""pmd":"0x"#, #""pmd":"0x1"#),
        (#"{"t":"vfree""#, #""pmd":"0x"#, #""pmd":"0x1"#),
        (#"{"t":"vmalloc""#, #""pte":"0x8"#, #""pte":"0x0"#),
        (#"{"t":"vmalloc""#, #"163"},"last""#, #"161"},"last""#),
        (#"{"t":"vmap""#, #"163"},"last""#, #"1163"},"last""#),
        (#"{"t":"vmalloc""#, #"163"},"guard""#, #"1163"},"guard""#),
        (#"{"t":"vmalloc""#, #""pte":"0x0"}}"#, #""pte":"0x1"}}"#),
        (#"{"t":"vunmap""#, #""pte":"0x0"}}"#, #""pte":"0x1"}}"#),
        (#"{"t":"vmalloc""#, #""guard":{"va":"0x"#, #""guard":{"va":"0x1"#),
        (#"{"t":"vmdump""#, #""lazy_pages":"#, #""lazy_pages":1"#),
        (#"{"t":"vmdump""#, #""nr_pages":"#, #""nr_pages":1"#),
        (#"{"t":"vmdump""#, #""flags":2,"#, #""flags":4,"#),
        (#"{"t":"vmdump""#, #""free":[["0x1","#, #""free":[["0x2","#),
        (#"{"t":"vmdump""#, #"000"]]}"#, #"001"]]}"#),
    ])
    func alteredTrace_fails(_ kind: String, _ field: String, _ replacement: String) throws {
        var lines = try Traces.lines(Self.purged)
        let index = try #require(
            lines.lastIndex { $0.hasPrefix(kind) && $0.contains(field) })
        let place = lines[index].range(of: field)!
        lines[index] = lines[index].replacingCharacters(in: place, with: replacement)
        let result = try Traces.replay(lines)
        #expect(result.failure != nil)
        #expect(!result.isExact)
    }

    /// Two frames that change places could be another task's doing, but not if in the end all pages
    /// are where they would be without.
    @Test(arguments: [5, 300, 700])
    func exchangedFrames_areFoundOut(_ which: Int) throws {
        var lines = try Traces.lines(Self.whole)
        let calls = lines.indices.filter {
            lines[$0].hasPrefix(#"{"t":"vmalloc""#) && Self.pfns(lines[$0]).count > 5
        }
        let index = calls[min(which, calls.count - 1)]
        var pfns = Self.pfns(lines[index])
        pfns.swapAt(2, 3)
        lines[index] = Self.replacingFrames(of: lines[index], by: pfns)
        let failure = try #require(try Traces.replay(lines).failure)
        #expect(failure.line == index + 1)
    }

    @Test(arguments: [-1, 5]) func frameThatIsNoneToGive_isRefused(_ pfn: Int) throws {
        var lines = try Traces.lines(Self.whole)
        let index = try #require(
            lines.firstIndex {
                $0.hasPrefix(#"{"t":"vmalloc""#) && Self.pfns($0).count > 5
            })
        var pfns = Self.pfns(lines[index])
        pfns[2] = pfn
        lines[index] = Self.replacingFrames(of: lines[index], by: pfns)
        #expect(try Traces.replay(lines).failure?.line == index + 1)
    }

    // MARK: - Other tasks

    /// The head of this CPU's list of unmovable pages was taken before the dump, and is given back
    /// before the first call.
    @Test func pageThatAnotherTaskGaveBack_isFoundOut() throws {
        let lines = try Self.editingList { Array($0.dropFirst()) }
        let result = try Traces.replay(lines)
        #expect(result.failure == nil, "\(result.failure?.summary ?? "")")
        #expect(result.notes.contains { $0.contains("another task") && $0.contains("freed pfn") })
    }

    /// A page more stands at the head than the calls get.
    @Test func pageThatAnotherTaskTook_isFoundOut() throws {
        let vpages = try #require(try Traces.lines(Self.whole).first { $0.contains(#""vpages""#) })
        let other = try #require(Self.pfns(vpages).last)
        let lines = try Self.editingList { [[other, 0]] + $0 }
        // It is one of vpages only to have a number that is nowhere else; so it is not mapped.
        let result = try Traces.replay(lines.filter { !$0.contains(#"{"t":"vmap""#) })
        #expect(result.notes.contains { $0.contains("another task") && $0.contains("allocated 1") })
    }

    /// Edits the list of order 0, UNMOVABLE, of CPU 0 in zone Normal of the initial dump.
    private static func editingList(_ edit: ([[Int]]) -> [[Int]]) throws -> [String] {
        var lines = try Traces.lines(whole)
        let index = try #require(
            lines.firstIndex { $0.hasPrefix(#"{"t":"pcp","zi":1,"cpu":0,"#) })
        var record = try #require(
            try JSONSerialization.jsonObject(with: Data(lines[index].utf8)) as? [String: Any])
        var lists = try #require(record["lists"] as? [[[Int]]])
        let before = lists[0].count
        lists[0] = edit(lists[0])
        record["count"] = (record["count"] as? Int ?? 0) + lists[0].count - before
        record["lists"] = lists
        lines[index] = String(
            decoding: try JSONSerialization.data(withJSONObject: record), as: UTF8.self)
        return lines
    }

    private static func pfns(_ line: String) -> [Int] {
        guard let start = line.range(of: #""pfns":["#)?.upperBound,
            let end = line[start...].firstIndex(of: "]")
        else { return [] }
        return line[start..<end].split(separator: ",").compactMap { Int($0) }
    }

    private static func replacingFrames(of line: String, by pfns: [Int]) -> String {
        let start = line.range(of: #""pfns":["#)!.upperBound
        let end = line[start...].firstIndex(of: "]")!
        return line.replacingCharacters(
            in: start..<end, with: pfns.map(String.init).joined(separator: ","))
    }

    // MARK: - Purges at any time

    /// Without `flush` nobody waited for the worker: a purge may have been at any time.
    @Test(arguments: Traces.names("vmalloc"))
    func traceThatWaitsForNoPurge_isReplayed(_ name: String) throws {
        let lines = try Traces.lines(name).map {
            $0.replacingOccurrences(of: #","flush":1"#, with: "")
        }
        let result = try Traces.replay(lines)
        #expect(result.failure == nil, "\(result.failure?.summary ?? "")")
        #expect(result.isExact)
    }

    /// The worker has taken the list, but not counted all of its pages off yet.
    @Test func purgeSeenHalfDone_isNoDifference() throws {
        var lines = try Traces.lines(Self.purged).map {
            $0.replacingOccurrences(of: #","flush":1"#, with: "")
        }
        let index = try #require(lines.firstIndex { $0.contains(#""lazy":6,"npurge":1"#) })
        lines[index] = lines[index].replacingOccurrences(
            of: #""lazy":6,"npurge":1"#, with: #""lazy":100,"npurge":0"#)
        #expect(try Traces.replay(lines).failure == nil)
        #expect(
            try Traces.replay(
                try Traces.lines(Self.purged).map {
                    $0.replacingOccurrences(
                        of: #""lazy":6,"npurge":1"#, with: #""lazy":100,"npurge":0"#)
                }
            ).failure != nil)
    }

    // MARK: - Files that are none

    @Test func truncatedTrace_fails() throws {
        let lines = try Traces.lines(Self.purged)
        for count in [lines.count - 1, lines.count / 2, 60] {
            #expect(try !Traces.replay(Array(lines.prefix(count))).isExact)
        }
    }

    @Test(arguments: [
        "vpages", "vmdump", "slabdump", "dump", "vmalloc", "enddump", "endslabdump", "hdr",
    ])
    func traceWithoutSomeRecords_isRefused(_ kind: String) throws {
        let lines = try Traces.lines(Self.purged).filter { !$0.hasPrefix("{\"t\":\"\(kind)\"") }
        #expect(try Traces.replay(lines).failure != nil)
    }
}
