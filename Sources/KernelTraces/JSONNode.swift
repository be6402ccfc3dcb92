import CSimdJSON
import Glibc

/// A value of the line that is being read; it is gone with the next line.
struct JSONNode {
    var value: csj_value

    /// Reads one line. `nil` if it is no JSON.
    init?(line: UnsafeRawBufferPointer) {
        var root = csj_value()
        guard csj_parse(line.baseAddress, line.count, &root) == 0 else { return nil }
        value = root
    }

    init(_ value: csj_value) { self.value = value }

    var isNull: Bool { value.kind == CSJ_NULL }

    /// A whole number; `nil` for anything else.
    var number: Int? {
        switch value.kind {
        case CSJ_UNSIGNED, CSJ_NEGATIVE: Int(truncatingIfNeeded: value.whole)
        default: nil
        }
    }

    /// A text; `nil` for anything else.
    var text: String? {
        guard value.kind == CSJ_STRING else { return nil }
        return value.text.start.withMemoryRebound(to: UInt8.self, capacity: value.text.count) {
            String(decoding: UnsafeBufferPointer(start: $0, count: value.text.count), as: UTF8.self)
        }
    }

    /// An address as traces write it, `"0x..."`; `nil` for anything else.
    var address: UInt64? {
        guard let text, text.hasPrefix("0x") else { return nil }
        return UInt64(text.dropFirst(2), radix: 16)
    }

    /// Visits the members of an object.
    @inline(__always)
    func forEachMember(_ body: (csj_text, JSONNode) throws(TraceError) -> Void) throws(TraceError) {
        guard value.kind == CSJ_OBJECT else { return }
        var cursor = withUnsafePointer(to: value) { csj_members($0) }
        var name = csj_text()
        var member = csj_value()
        while csj_next_member(&cursor, &name, &member) { try body(name, JSONNode(member)) }
    }

    /// The elements of an array; none for anything else.
    var elements: [JSONNode] {
        guard value.kind == CSJ_ARRAY else { return [] }
        var cursor = withUnsafePointer(to: value) { csj_elements($0) }
        var result: [JSONNode] = []
        var element = csj_value()
        while csj_next_element(&cursor, &element) { result.append(JSONNode(element)) }
        return result
    }

    /// The numbers of an array; `nil` if anything else is in it.
    var numbers: [Int]? {
        guard value.kind == CSJ_ARRAY else { return nil }
        var cursor = withUnsafePointer(to: value) { csj_elements($0) }
        var result: [Int] = []
        var element = csj_value()
        while csj_next_element(&cursor, &element) {
            guard let number = JSONNode(element).number else { return nil }
            result.append(number)
        }
        return result
    }
}

extension JSONNode {
    /// A member of an object by its name.
    subscript(name: StaticString) -> JSONNode? {
        guard value.kind == CSJ_OBJECT else { return nil }
        var cursor = withUnsafePointer(to: value) { csj_members($0) }
        var key = csj_text()
        var member = csj_value()
        while csj_next_member(&cursor, &key, &member) {
            if key == name { return JSONNode(member) }
        }
        return nil
    }
}

/// Whether a key is this name.
@inline(__always)
func == (key: csj_text, name: StaticString) -> Bool {
    key.count == name.utf8CodeUnitCount && memcmp(key.start, name.utf8Start, key.count) == 0
}
