import Foundation
import KernelTraces
import Testing

/// Traces of a kernel with the classic slab allocator.
///
/// The files are excerpts of recordings: texts of `/proc` and most periodic dumps are left out, and
/// the one with two CPUs ends after 2,000 calls.
@Suite struct ClassicSlabTraceTests {
    static let names = Traces.names("classic")
    static let short = "i386-classic-m512-2cpu-seed5-excerpt.jsonl.gz"
    static let long = "i386-classic-m512-merge-seed2.jsonl.gz"
    static let lines = try! Traces.lines(short)

    @Test func bothTraces_areThere() {
        #expect(Self.names.count == 2)
        #expect(Self.names.contains(Self.short))
    }

    @Test(arguments: names)
    func recordedCalls_returnWhatTheKernelReturned(_ name: String) {
        let result = TraceReplay.replay(path: Traces.path(name))
        #expect(result.failure == nil, "\(result.failure?.summary ?? "")")
        #expect(result.isExact)
        #expect(result.calls >= 2_000)
        #expect(result.dumps > 40)
    }

    /// A trace with one number changed, in each kind of record, must not pass.
    @Test(
        arguments: [
            (#"{"t":"ka""#, #""a":"0x"#), (#"{"t":"ka""#, #""ks":"#), (#"{"t":"ca""#, #""a":"0x"#),
            (#"{"t":"kf""#, #""a":"0x"#), (#"{"t":"cf""#, #""a":"0x"#),
            (#"{"t":"create""#, #""size":"#), (#"{"t":"SL""#, #"["kmalloc-64","#),
            (#"{"t":"L""#, #""f":"#), (#"{"t":"cache""#, #""object_size":"#),
            (#"{"t":"cache""#, #""num":"#), (#"{"t":"cache""#, #""gfporder":"#),
            (#"{"t":"cache""#, #""colour":"#), (#"{"t":"cache""#, #""colour_off":"#),
            (#"{"t":"cache""#, #""freelist_size":"#), (#"{"t":"cache""#, #""batchcount":"#),
            (#"{"t":"cache""#, #""shared_tunable":"#), (#"{"t":"cache""#, #""refcount":"#),
            (#"{"t":"cache""#, #""off_slab":"#), (#"{"t":"cache""#, #""objfreelist":"#),
            (#"{"t":"cache""#, #""touched":"#), (#"{"t":"cache""#, #""shared":{"avail":"#),
            (#"{"t":"cache""#, #""entry":["0x"#),
            (#"{"t":"cache""#, #""total_slabs":"#), (#"{"t":"cache""#, #""free_slabs":"#),
            (#"{"t":"cache""#, #""free_objects":"#), (#"{"t":"cache""#, #""free_limit":"#),
            (#"{"t":"cache""#, #""colour_next":"#), (#"{"t":"cache""#, #""free_touched":"#),
            (#"{"t":"cache""#, #""active":"#), (#"{"t":"cache""#, #""s_mem":"0x"#),
            (#"{"t":"cache""#, #""freelist_va":"0x"#),
            (#"{"t":"cache""#, #""slabs_free":[{"pfn":"#), (#""active":0,"#, #""idx":["#),
            (#"{"t":"free""#, #""pfns":["#),
        ])
    func alteredTrace_fails(_ kind: String, _ field: String) throws {
        let find: ([String]) -> Int? = { lines in
            lines.lastIndex { Self.place(of: field, behind: kind, in: $0) != nil }
        }
        // The short trace has no empty slabs.
        var lines = find(Self.lines) == nil ? try Traces.lines(Self.long) : Self.lines
        let index = try #require(find(lines))
        let place = Self.place(of: field, behind: kind, in: lines[index])!
        lines[index] = Self.alter(lines[index], at: place)
        let result = try Traces.replay(lines)
        #expect(!result.isExact)
        #expect(result.failure != nil)
    }

    /// Where the number behind a field ends; `nil` if there is none behind this text.
    private static func place(
        of field: String, behind kind: String, in line: String
    ) -> String.Index? {
        guard let start = line.range(of: kind)?.upperBound,
            let found = line.range(of: field, range: start..<line.endIndex)
        else { return nil }
        let end = line[found.upperBound...].firstIndex { !$0.isHexDigit } ?? line.endIndex
        return end > found.upperBound ? line.index(before: end) : nil
    }

    /// Replaces a digit by another.
    private static func alter(_ line: String, at place: String.Index) -> String {
        let digit = (line[place].hexDigitValue! + 1) % 4
        return line.replacingCharacters(in: place...place, with: String(digit))
    }

    @Test func truncatedTrace_fails() throws {
        let lines = Self.lines.prefix(Self.lines.count * 2 / 3)
        #expect(try !Traces.replay(Array(lines)).isExact)
    }

    @Test(arguments: [#""node":"#, #""cpus":"#, #""s_mem":"#, #""free_limit":"#, #""entry":"#])
    func recordWithoutAField_isRefused(_ field: String) throws {
        let lines = Self.lines.map {
            $0.replacingOccurrences(of: field, with: #""other":"#)
        }
        let result = try Traces.replay(lines)
        #expect(result.failure?.summary.contains("field") == true)
    }
}
