import ArgumentParser
import Yams

/// Converts a YAML document to JSON with its keys in order; done once, when the server starts.
///
/// - Parameter keys: what it has to have at the top; then it has to be a mapping.
/// - Throws: what is wrong with it.
func jsonText(yaml: String, requiring keys: [String] = []) throws -> String {
    guard let node = try Yams.compose(yaml: yaml) else {
        guard keys.isEmpty else { throw ValidationError("it is empty") }
        return "null"
    }
    for key in keys where node.mapping?[key] == nil {
        throw ValidationError("it has no \(key)")
    }
    var text = ""
    write(node, to: &text)
    return text
}

private func write(_ node: Node, to text: inout String) {
    switch node {
    case .mapping(let mapping):
        write(mapping, "{", "}", to: &text) { pair, text in
            writeString(pair.key.string ?? "", to: &text)
            text += ":"
            write(pair.value, to: &text)
        }
    case .sequence(let sequence):
        write(sequence, "[", "]", to: &text) { write($0, to: &$1) }
    case .scalar(let scalar): write(scalar, of: node, to: &text)
    case .alias(let alias): writeString(alias.anchor.rawValue, to: &text)
    }
}

private func write<Elements: Sequence>(
    _ elements: Elements, _ open: String, _ close: String, to text: inout String,
    _ body: (Elements.Element, inout String) -> Void
) {
    text += open
    var isFirst = true
    for element in elements {
        if !isFirst { text += "," }
        isFirst = false
        body(element, &text)
    }
    text += close
}

private func write(_ scalar: Node.Scalar, of node: Node, to text: inout String) {
    if [.singleQuoted, .doubleQuoted, .literal, .folded].contains(scalar.style) {
        writeString(scalar.string, to: &text)
    } else if let bool = node.bool {
        text += bool ? "true" : "false"
    } else if let number = node.int {
        text += "\(number)"
    } else if let number = node.float {
        text += "\(number)"
    } else if node.null != nil {
        text += "null"
    } else {
        writeString(scalar.string, to: &text)
    }
}

private func writeString(_ string: String, to text: inout String) {
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
