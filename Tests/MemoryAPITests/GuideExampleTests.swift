import KernelMemory
import Testing

@testable import MemoryAPI

/// The examples at `/problems/{code}` are true: sent as they are, their last call breaks the rule.
@Suite struct GuideExampleTests {
    /// An example as a client gets it: bodies to send.
    private struct Bodies {
        let calls: String
        let transfer: String?

        init(_ code: Misuse.Code) throws {
            let text = try TestClient().get("/problems/\(code.rawValue)").text
            let start = try #require(text.range(of: "\"calls\":"), "\(code)")
            let end = try #require(text.range(of: "}]", in: start.upperBound..<text.endIndex))
            calls = String(text[start.upperBound..<end.upperBound])
            let dma = text.range(of: "\"dma\":", in: end.upperBound..<text.endIndex)
            transfer = dma.map { String(text[$0.upperBound...].prefix { $0 != "}" }) + "}" }
        }
    }

    @Test(arguments: Misuse.Code.allCases)
    func example_breaksTheRuleWithItsLastCall(code: Misuse.Code) throws {
        let guide = code.guide
        let count = guide.example.calls.count
        #expect((1...6).contains(count) || code == .kmapNestedTooDeep)
        let bodies = try Bodies(code)
        let client = try TestClient(
            "i386", cpus: guide.example.cpus, options: #""debug":\#(guide.example.debug)"#)
        let answers = try client.post("/calls", bodies.calls).json.array
        #expect(answers.count == count)
        var last = try #require(answers.last)
        if let transfer = bodies.transfer { last = try client.post("/dma", transfer).json }
        let broken = last["misuse"].array.filter { $0["code"].string == code.rawValue }
        #expect(broken.count == 1, "\(code): \(last["misuse"])")
        #expect(broken.first?["type"].string == "/problems/\(code.rawValue)")
        for earlier in answers.dropLast() where code.severity != "consequence" {
            #expect(earlier["misuse"].array.isEmpty, "\(code): \(earlier["call"])")
        }
        #expect((last["halted"] != .null) == guide.stopsTheMachine(code), "\(code)")
        if guide.plain.hasPrefix("Says nothing") {
            #expect(last["log"].array.isEmpty, "\(code) says nothing, but \(last["log"])")
            #expect(broken.first?["noticed_by_kernel"] == .bool(false), "\(code)")
        }
    }

    /// Memory of kmalloc lies elsewhere with the checks on: there not every example fits.
    @Test(arguments: Misuse.Code.allCases)
    func checkingKernel_saysNothingWhereTheTextSaysSo(code: Misuse.Code) throws {
        let guide = code.guide
        let client = try TestClient(
            "i386", cpus: guide.example.cpus, options: #""debug":true"#)
        let last = try client.post("/calls", Bodies(code).calls).json.array.last ?? .null
        guard last["misuse"].array.contains(where: { $0["code"].string == code.rawValue }) else {
            return
        }
        let words = guide.checking.hasPrefix("The same") ? guide.plain : guide.checking
        if words.hasPrefix("Says nothing") {
            #expect(last["log"].array.isEmpty, "\(code) says nothing, but \(last["log"])")
        } else if words.hasPrefix("\"") {
            #expect(!last["log"].array.isEmpty, "\(code) prints nothing")
        }
    }
}

extension MisuseGuide {
    /// Whether the example ends the machine: where it breaks a rule that the kernel cannot survive.
    fileprivate func stopsTheMachine(_ code: Misuse.Code) -> Bool {
        code.severity == "crash" || code == .kunmapUnbalanced
    }
}

extension String {
    /// Where a text first stands within a part of this one.
    fileprivate func range(of text: String, in part: Range<Index>? = nil) -> Range<Index>? {
        let part = part ?? startIndex..<endIndex
        var start = part.lowerBound
        while start < part.upperBound {
            if self[start..<part.upperBound].hasPrefix(text) {
                return start..<index(start, offsetBy: text.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
