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

    /// Reads a document; JSON is YAML too.
    init(parsing text: String) throws {
        self = try Yams.compose(yaml: text).map(JSON.init) ?? .null
    }

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
