import CSimdJSON
import KernelTestSupport
import Testing

/// The quick reader of plain objects beside simdjson: what it reads, both read alike.
@Suite struct JSONReaderTests {
    private static let documents = [
        "{}", " { } ", #"{"call":"__get_free_pages","gfp":"GFP_KERNEL","order":0}"#,
        #"{"gfp":"GFP_HIGHUSER|__GFP_ZERO","order":10,"cpu":7}"#,
        "{ \"a\" :\t1 ,\n\"b\"\r: true, \"c\": null, \"d\" : false }", #"{"a":1,"a":"2"}"#,
        #"{"a":18446744073709551615,"b":-1,"c":1.5,"d":1e3}"#, #"{"a":[1,{"b":2}],"c":{}}"#,
        #"{"a":"\u0041\n","b":"ü€","c":"}"}"#, #"{"a":999999999999999999,"b":00}"#,
        #"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}"#,
        #"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9}"#,
        #"{"":""}"#, #"{"a":tru}"#, #"{"a":truex}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a" 1}"#,
        #"{"a":01}"#, #"{"a":1}}"#, #"{"a":1}{}"#, #"{"a":"}"#, #"{"a}"#, "{", "}", "[]", "7",
        "{}x",
        #"{"x":""# + String(repeating: "y", count: 300) + #""}"#,
        "{\"a\":\"\u{7f}\"}", "{\"a\":\"\u{1}\"}", "{\"a\":\"\t\"}", "{\"a\u{0}\":1}",
    ]

    @Test(arguments: documents) func document_isReadAsBySimdjson(text: String) {
        expectSameReading(Array(text.utf8))
    }

    @Test func damagedDocuments_areReadAsBySimdjson() {
        var random = SeededRandom(seed: 6)
        for round in 0..<20_000 {
            var bytes = Array(Self.documents[round % Self.documents.count].utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) { damage(&bytes, &random) }
            expectSameReading(bytes)
        }
    }

    private func damage(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let letters = Array("{}[]\",:\\ \t\n01239-+.eEtrufalsn\u{0}\u{7f}é".utf8)
        let letter = letters.randomElement(using: &random) ?? 0
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0 where place < bytes.count: bytes[place] = letter
        case 1 where place < bytes.count: bytes.remove(at: place)
        default: bytes.insert(letter, at: place)
        }
    }

    private func expectSameReading(_ bytes: [UInt8]) {
        // What lies behind a body must not matter.
        let padded = bytes + Array(repeating: UInt8(ascii: "}"), count: 64)
        let quick = reading(padded, bytes.count, csj_parse)
        let full = reading(padded, bytes.count, csj_parse_any)
        #expect(quick == full, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
    }

    private typealias Parser = (UnsafeRawPointer?, Int, UnsafeMutablePointer<csj_value>?) -> Int32

    private func reading(_ padded: [UInt8], _ count: Int, _ parse: Parser) -> String {
        padded.withUnsafeBytes { bytes in
            var root = csj_value()
            let code = parse(bytes.baseAddress, count, &root)
            return code == 0 ? described(root) : "refused with \(code)"
        }
    }

    private func described(_ value: csj_value) -> String {
        var value = value
        var parts: [String] = []
        var element = csj_value()
        switch value.kind {
        case CSJ_STRING: return "text \(described(value.text))"
        case CSJ_UNSIGNED: return "\(value.whole)"
        case CSJ_NEGATIVE: return "\(Int64(bitPattern: value.whole))"
        case CSJ_REAL: return "real \(value.real)"
        case CSJ_OBJECT:
            var cursor = csj_members(&value)
            var name = csj_text()
            while csj_next_member(&cursor, &name, &element) {
                parts.append("\(described(name)): \(described(element))")
            }
            return "{\(parts.joined(separator: ", "))}"
        case CSJ_ARRAY:
            var cursor = csj_elements(&value)
            while csj_next_element(&cursor, &element) { parts.append(described(element)) }
            return "[\(parts.joined(separator: ", "))]"
        default: return "word \(value.kind.rawValue)"
        }
    }

    private func described(_ text: csj_text) -> String {
        UnsafeRawBufferPointer(start: text.start, count: text.count).map { "\($0)" }
            .joined(separator: " ")
    }
}
