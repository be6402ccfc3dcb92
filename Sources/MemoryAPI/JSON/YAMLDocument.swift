import Yams

/// A YAML document, to be read as JSON.
public struct YAMLDocument {
    /// What is wrong with one, as a sentence without its stop.
    public struct Fault: Error, CustomStringConvertible {
        /// The sentence.
        public let description: String
    }

    private let root: Node?

    /// Reads a document.
    ///
    /// - Complexity: O(bytes of the text).
    public init(_ text: String) throws(Fault) {
        do { root = try Yams.compose(yaml: text) } catch { throw Fault(description: "\(error)") }
    }

    /// Whether there is nothing in it.
    public var isEmpty: Bool { root == nil }

    /// Whether it is a mapping with a key.
    public func has(_ key: String) -> Bool { root?.mapping?[key] != nil }

    /// The document as JSON, with its keys in order; `null` if there is nothing in it.
    ///
    /// - Parameters:
    ///   - limit: the bytes that it may have. What an anchor names is written for each alias.
    ///   - values: the scalars that it may have; what kind a plain one is takes a while to find out.
    /// - Complexity: O(bytes of the result).
    public func json(limit: Int = .max, values: Int = .max) throws(Fault) -> String {
        guard let root else { return "null" }
        var writer = YAMLWriter(limit: limit, valuesLeft: values)
        try writer.write(root, depth: 0)
        return writer.text
    }
}

/// Writes what is in a YAML document as JSON.
private struct YAMLWriter {
    private(set) var text = ""
    private let limit: Int
    private var valuesLeft: Int

    /// No document that we read is as deep; aliases could make one deeper than the stack.
    private static let depthLimit = 128

    init(limit: Int, valuesLeft: Int) {
        self.limit = limit
        self.valuesLeft = valuesLeft
    }

    mutating func write(_ node: Node, depth: Int) throws(YAMLDocument.Fault) {
        guard depth < Self.depthLimit else {
            throw .init(description: "it is more than \(Self.depthLimit) levels deep")
        }
        guard text.utf8.count <= limit else {
            throw .init(description: "it has more than \(limit) bytes with its aliases written out")
        }
        guard valuesLeft > 0 else { throw .init(description: "it has too many values") }
        valuesLeft -= 1
        switch node {
        case .mapping(let mapping):
            try write(mapping, "{", "}") { (writer, pair) throws(YAMLDocument.Fault) in
                writer.write(string: pair.key.string ?? "")
                writer.text += ":"
                try writer.write(pair.value, depth: depth + 1)
            }
        case .sequence(let sequence):
            try write(sequence, "[", "]") { (writer, element) throws(YAMLDocument.Fault) in
                try writer.write(element, depth: depth + 1)
            }
        case .scalar(let scalar): write(scalar, of: node)
        case .alias(let alias): write(string: alias.anchor.rawValue)
        }
    }

    private mutating func write<Elements: Sequence>(
        _ elements: Elements, _ open: String, _ close: String,
        _ body: (inout YAMLWriter, Elements.Element) throws(YAMLDocument.Fault) -> Void
    ) throws(YAMLDocument.Fault) {
        text += open
        var isFirst = true
        for element in elements {
            if !isFirst { text += "," }
            isFirst = false
            try body(&self, element)
        }
        text += close
    }

    private mutating func write(_ scalar: Node.Scalar, of node: Node) {
        if [.singleQuoted, .doubleQuoted, .literal, .folded].contains(scalar.style) {
            write(string: scalar.string)
        } else if let bool = node.bool {
            text += bool ? "true" : "false"
        } else if let number = node.int {
            text += "\(number)"
        } else if let number = node.float, number.isFinite {
            text += "\(number)"
        } else if node.null != nil {
            text += "null"
        } else {
            write(string: scalar.string)
        }
    }

    private mutating func write(string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            default:
                if scalar.value < 0x20 {
                    let digits = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        text += "\""
    }
}
