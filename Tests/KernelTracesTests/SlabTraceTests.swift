import Foundation
import KernelTraces
import Testing

@Suite struct SlabTraceTests {
    @Test(arguments: Traces.names("slab"))
    func recordedCalls_returnWhatTheKernelReturned(_ name: String) {
        let result = TraceReplay.replay(path: Traces.path(name))
        #expect(result.failure == nil, "\(result.failure?.summary ?? "")")
        #expect(result.isExact)
        #expect(result.calls > 5_000)
        #expect(result.dumps > 100)
    }

    /// A trace with one number changed, in each kind of record, must not pass.
    @Test(arguments: [
        (#"{"t":"ka""#, #""a":"0x"#, #""a":"0x1"#), (#"{"t":"ka""#, #""ks":"#, #""ks":1"#),
        (#"{"t":"ca""#, #""a":"0x"#, #""a":"0x1"#), (#"{"t":"kf""#, #""a":"0x"#, #""a":"0x1"#),
        (#"{"t":"cache""#, #""nr_slabs":"#, #""nr_slabs":1"#),
        (#"{"t":"cache""#, #""cpu_free":["#, #""cpu_free":[0,"#),
        (#"{"t":"cache""#, #""slabs_left":"#, #""slabs_left":1"#),
        (#"{"t":"cache""#, #""offset":"#, #""offset":1"#),
        (#"{"t":"cache""#, #""refcount":"#, #""refcount":1"#),
        (#"{"t":"create""#, #""size":"#, #""size":1"#),
        (#"{"t":"create""#, #""merged_into":""#, #""merged_into":"x"#),
        (#"{"t":"SL""#, #"["kmalloc-64","#, #"["kmalloc-64",1"#),
        (#"{"t":"L""#, #""f":"#, #""f":1"#),
    ])
    func alteredTrace_fails(_ kind: String, _ field: String, _ replacement: String) throws {
        var lines = try Traces.lines("i386-slab-m512-nomerge-seed4.jsonl.gz")
        let end = try #require(lines.lastIndex { $0.contains(#""tag":"after_ops""#) })
        let index = try #require(
            lines[..<end].lastIndex { $0.hasPrefix(kind) && $0.contains(field) })
        let place = lines[index].range(of: field)!
        lines[index] = lines[index].replacingCharacters(in: place, with: replacement)
        let result = try Traces.replay(lines)
        #expect(result.failure != nil)
        #expect(!result.isExact)
    }

    @Test func truncatedTrace_fails() throws {
        let lines = try Traces.lines("i386-slab-m512-nomerge-seed4.jsonl.gz")
        #expect(try !Traces.replay(Array(lines.prefix(lines.count / 2))).isExact)
    }
}
