import KernelMemory
import MicroHTTPD
import Testing

@testable import MemoryAPI

/// Numbers, texts and commas as bytes.
@Suite struct JSONWriterTests {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter(OutputBuffer())
        body(&writer)
        let output = writer.finish()
        defer { _ = output.count }
        return String(decoding: output.bytes, as: UTF8.self)
    }

    @Test func number_ofEveryLength_isDecimal() {
        var number: UInt64 = 1
        for _ in 0..<20 {
            for value in [number - 1, number, number + 1] {
                #expect(written { $0.number(value) } == "\(value)")
                #expect(written { $0.address(value) } == "\"0x\(String(value, radix: 16))\"")
            }
            number = number &* 10
        }
        #expect(written { $0.number(Int64.min) } == "\(Int64.min)")
        #expect(written { $0.number(UInt64.max) } == "\(UInt64.max)")
        #expect(written { $0.address(.max) } == "\"0xffffffffffffffff\"")
        #expect(written { $0.address(0x1_0000_000a) } == "\"0x10000000a\"")
    }

    @Test(arguments: [
        (0, "0.000"), (-1_000, "-1.000"), (1_000, "1.000"), (66, "0.066"), (905, "0.905"),
    ])
    func thousandths_haveThreeDecimals(value: Int, text: String) {
        #expect(written { $0.rawThousandths(value) } == text)
    }

    @Test func text_withSpecialCharacters_isEscaped() {
        #expect(written { $0.text("a\"b\\c\n\t\u{1}é\u{1f}") } == #""a\"b\\c\n\t\u0001é\u001f""#)
        #expect(written { $0.text("") } == "\"\"")
    }

    @Test func structure_getsItsCommas() {
        let text = written { json in
            json.object { json in
                json.member("a", 1)
                json.array("b") { json in
                    json.number(1)
                    json.object { _ in }
                    json.null()
                }
                json.member("c", literal: "d")
                json.object("e") { _ in }
            }
        }
        #expect(text == #"{"a":1,"b":[1,{},null],"c":"d","e":{}}"#)
    }

    @Test func longOutput_growsWithoutLoss() {
        let text = written { json in json.array { json in (0..<5_000).forEach { json.number($0) } }
        }
        #expect(text == "[" + (0..<5_000).map { "\($0)" }.joined(separator: ",") + "]")
    }

    @Test func call_isSpeltAsTheCoreSpellsIt() {
        let calls: [KernelCall] = [
            .allocPages([.kernel, .zero], order: 3), .allocPage([]), .getFreePage(.gfpAtomic),
            .getZeroedPage(GFPFlags(rawValue: 0xff_ffff)),
            .freePagesOf(.init(0xc037_a000), order: 0),
            .freePage(.null), .splitPage(.init(1), order: 2), .pageAddress(.init(0xf6c1_f000)),
            .memset(.init(0xc000_0000), byte: 0, length: 5), .runOn(cpu: 3),
            .freePages(.init(0xffff_8880_0000_0000), order: 10), .freePageOf(.init(0)),
            .getFreePages(.highUserMovable, order: 1),
        ]
        for call in calls { #expect(written { $0.call(call) } == "\"\(call)\"") }
    }

    @Test func gfpNames_areReadAsTheCoreReadsThem() throws {
        for name in GFPFlags.allNames {
            let flags = lastingBytes(name.name + "|GFP_DMA")
            #expect(GFPText.table.flags(flags) == name.flags.union(.dma))
        }
        #expect(GFPText.table.flags(lastingBytes("GFP_KERNE")) == nil)
        #expect(GFPText.table.flags(lastingBytes("")) == nil)
    }

    @Test(arguments: [("", ""), ("TQ==", "M"), ("TWE=", "Ma"), ("TWFu", "Man")])
    func base64_isDecoded(text: String, decoded: String) {
        #expect(decodeBase64(lastingBytes(text)) == Array(decoded.utf8))
    }

    @Test(arguments: ["T", "TQ=", "T===", "TR==", "TQ==TQ==", "TW\n="])
    func base64_thatIsWrong_isRefused(text: String) {
        #expect(decodeBase64(lastingBytes(text)) == nil)
    }
}
