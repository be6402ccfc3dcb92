import CSimdJSON
import MicroHTTPD

@testable import MemoryAPI

extension FuzzTarget {
    /// The reader of JSON bodies: it agrees with simdjson, and what it read can be written and read
    /// again.
    static let json = FuzzTarget(name: "json") { bytes in
        var body = PaddedBytes()
        body.append(bytes)
        let quick = description(body, csj_parse)
        let slow = description(body, csj_parse_any)
        try demand(quick == slow, "the quick reader sees \(shown(quick)), simdjson \(shown(slow))")
        guard quick != nil else { return }
        var root = csj_value()
        _ = csj_parse(body.bytes.baseAddress, body.count, &root)
        var json = JSONWriter(OutputBuffer())
        json.value(JSONValue(root))
        // What is read points into it.
        withExtendedLifetime(body) {}
        let written = json.finish()
        var again = PaddedBytes()
        again.append(written.bytes)
        withExtendedLifetime(written) {}
        let copy = description(again, csj_parse)
        try demand(copy == quick, "\(shown(quick)) was written as \(shown(copy))")
    }

    private typealias Parser = (UnsafeRawPointer?, Int, UnsafeMutablePointer<csj_value>?) -> Int32

    /// The document in one spelling; `nil` if it is refused.
    private static func description(_ body: borrowing PaddedBytes, _ parse: Parser) -> [UInt8]? {
        var root = csj_value()
        guard parse(body.bytes.baseAddress, body.count, &root) == 0 else { return nil }
        var text: [UInt8] = []
        write(root, to: &text)
        withExtendedLifetime(body) {}
        return text
    }

    private static func write(_ value: csj_value, to text: inout [UInt8]) {
        switch value.kind {
        case CSJ_STRING: write(value.text, to: &text)
        case CSJ_UNSIGNED: text += "\(value.whole)".utf8
        case CSJ_NEGATIVE: text += "\(Int64(bitPattern: value.whole))".utf8
        case CSJ_REAL: text += "\(value.real)".utf8
        case CSJ_OBJECT:
            text += "{".utf8
            var cursor = withUnsafePointer(to: value) { csj_members($0) }
            var (name, member) = (csj_text(), csj_value())
            while csj_next_member(&cursor, &name, &member) {
                write(name, to: &text)
                write(member, to: &text)
            }
            text += "}".utf8
        case CSJ_ARRAY:
            text += "[".utf8
            var cursor = withUnsafePointer(to: value) { csj_elements($0) }
            var element = csj_value()
            while csj_next_element(&cursor, &element) { write(element, to: &text) }
            text += "]".utf8
        default: text += "kind \(value.kind.rawValue)".utf8
        }
        text += ",".utf8
    }

    private static func write(_ string: csj_text, to text: inout [UInt8]) {
        text += "\(string.count):".utf8
        text += UnsafeRawBufferPointer(start: string.start, count: string.count)
    }

    private static func shown(_ text: [UInt8]?) -> String {
        text.map { String(decoding: $0, as: UTF8.self) } ?? "nothing"
    }
}
