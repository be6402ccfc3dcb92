import CSimdJSON
import Yams

/// A JSON or YAML document as a value, for tests to look into.
indirect enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case real(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// Reads a JSON document.
    init(parsing text: String) throws {
        let bytes = Array(text.utf8) + [UInt8](repeating: 0, count: 64)
        self = try bytes.withUnsafeBytes { bytes in
            var root = csj_value()
            let code = csj_parse(bytes.baseAddress, bytes.count - 64, &root)
            guard code == 0 else { throw NoJSON(reason: String(cString: csj_reason(code))) }
            return JSON(root)
        }
    }

    /// Reads a YAML document.
    init(yaml: String) throws {
        self = try Yams.compose(yaml: yaml).map(JSON.init) ?? .null
    }
}

/// What is wrong with a text that is no JSON document.
struct NoJSON: Error {
    let reason: String
}

extension JSON {
    private init(_ value: csj_value) {
        switch value.kind {
        case CSJ_OBJECT: self = .object(JSON.members(value))
        case CSJ_ARRAY: self = .array(JSON.elements(value))
        case CSJ_STRING: self = .string(JSON.text(value.text))
        case CSJ_UNSIGNED: self = JSON(value.whole)
        case CSJ_NEGATIVE: self = .int(Int(Int64(bitPattern: value.whole)))
        case CSJ_REAL: self = .real(value.real)
        case CSJ_TRUE: self = .bool(true)
        case CSJ_FALSE: self = .bool(false)
        default: self = .null
        }
    }

    private init(_ whole: UInt64) {
        self = Int(exactly: whole).map(JSON.int) ?? .real(Double(whole))
    }

    private static func members(_ object: csj_value) -> [String: JSON] {
        var members: [String: JSON] = [:]
        var (name, value) = (csj_text(), csj_value())
        var cursor = withUnsafePointer(to: object, csj_members)
        while csj_next_member(&cursor, &name, &value) { members[text(name)] = JSON(value) }
        return members
    }

    private static func elements(_ array: csj_value) -> [JSON] {
        var elements: [JSON] = []
        var value = csj_value()
        var cursor = withUnsafePointer(to: array, csj_elements)
        while csj_next_element(&cursor, &value) { elements.append(JSON(value)) }
        return elements
    }

    private static func text(_ text: csj_text) -> String {
        let bytes = UnsafeRawBufferPointer(start: text.start, count: text.count)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension JSON {
    private init(_ node: Node) {
        switch node {
        case .mapping(let mapping):
            let members = mapping.map { ($0.key.string ?? "", JSON($0.value)) }
            self = .object(Dictionary(members) { first, _ in first })
        case .sequence(let sequence): self = .array(sequence.map(JSON.init))
        case .scalar(let scalar): self = JSON(scalar, of: node)
        case .alias: self = .null
        }
    }

    private init(_ scalar: Node.Scalar, of node: Node) {
        let isQuoted = [.singleQuoted, .doubleQuoted, .literal, .folded].contains(scalar.style)
        if isQuoted {
            self = .string(scalar.string)
        } else if scalar.string == "null" {
            self = .null
        } else if let bool = Bool(scalar.string) {
            self = .bool(bool)
        } else if let int = Int(scalar.string) {
            self = .int(int)
        } else if let real = Double(scalar.string) {
            self = .real(real)
        } else {
            self = .string(scalar.string)
        }
    }
}

extension JSON {
    subscript(key: String) -> JSON {
        if case .object(let members) = self { members[key] ?? .null } else { .null }
    }

    subscript(index: Int) -> JSON {
        if case .array(let elements) = self, elements.indices.contains(index) {
            elements[index]
        } else {
            .null
        }
    }

    var string: String? { if case .string(let value) = self { value } else { nil } }
    var int: Int? { if case .int(let value) = self { value } else { nil } }
    var array: [JSON] { if case .array(let value) = self { value } else { [] } }
    var object: [String: JSON] { if case .object(let value) = self { value } else { [:] } }
    var keys: Set<String> { Set(object.keys) }

    var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .real(let value): value
        default: nil
        }
    }
}
