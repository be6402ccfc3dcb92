import Synchronization

/// Checks values against the part of JSON Schema that the OpenAPI file uses.
struct JSONSchema {
    let document: JSON

    /// What is wrong with a value, each with its place before a colon; empty when it is valid.
    func faults(_ value: JSON, _ schema: JSON) -> [String] {
        if let reference = schema["$ref"].string { return faults(value, resolved(reference)) }
        return typeFaults(value, schema) + choiceFaults(value, schema)
            + numberFaults(value, schema) + stringFaults(value, schema)
            + arrayFaults(value, schema) + objectFaults(value, schema)
    }

    /// What a reference such as `#/components/schemas/Page` points to.
    func resolved(_ reference: String) -> JSON {
        reference.dropFirst(2).split(separator: "/").reduce(document) { $0[String($1)] }
    }

    /// The value itself, or what its reference points to.
    func resolved(_ value: JSON) -> JSON {
        value["$ref"].string.map { resolved($0) } ?? value
    }
}

extension JSONSchema {
    private func typeFaults(_ value: JSON, _ schema: JSON) -> [String] {
        let types = schema["type"].string.map { [$0] } ?? schema["type"].array.compactMap(\.string)
        if types.isEmpty || types.contains(where: { has(value, type: $0) }) { return [] }
        return [": \(value) is not \(types)"]
    }

    private func has(_ value: JSON, type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.bool, "boolean"), (.int, "integer"), (.int, "number"),
            (.real, "number"), (.string, "string"), (.array, "array"), (.object, "object"):
            true
        default: false
        }
    }

    private func choiceFaults(_ value: JSON, _ schema: JSON) -> [String] {
        var faults: [String] = []
        if let wanted = schema.object["enum"], !wanted.array.contains(value) {
            faults.append(": \(value) is not in \(wanted)")
        }
        if let wanted = schema.object["const"], wanted != value {
            faults.append(": \(value) is not \(wanted)")
        }
        let any = schema["anyOf"].array + schema["oneOf"].array
        if !any.isEmpty, !any.contains(where: { self.faults(value, $0).isEmpty }) {
            let reasons = any.map { self.faults(value, $0) }
            faults.append(": fits none of the alternatives: \(reasons)")
        }
        return faults
    }

    private func numberFaults(_ value: JSON, _ schema: JSON) -> [String] {
        guard let number = value.number else { return [] }
        let isLow = schema["minimum"].number.map { number < $0 } ?? false
        let isHigh = schema["maximum"].number.map { number > $0 } ?? false
        return isLow || isHigh ? [": \(number) is out of range"] : []
    }

    private func stringFaults(_ value: JSON, _ schema: JSON) -> [String] {
        guard let text = value.string, let pattern = schema["pattern"].string,
            let expression = Expressions.shared[pattern]
        else { return [] }
        return text.firstMatch(of: expression) == nil ? [": \(text) is not \(pattern)"] : []
    }

    private func arrayFaults(_ value: JSON, _ schema: JSON) -> [String] {
        guard case .array(let elements) = value else { return [] }
        var found: [String] = []
        if let most = schema["maxItems"].int, elements.count > most {
            found.append(": more than \(most) elements")
        }
        guard let items = schema.object["items"] else { return found }
        for (index, element) in elements.enumerated() {
            found += faults(element, items).map { "/\(index)\($0)" }
        }
        return found
    }

    private func objectFaults(_ value: JSON, _ schema: JSON) -> [String] {
        guard case .object(let members) = value else { return [] }
        let required = schema["required"].array.compactMap(\.string)
        var found = required.filter { members[$0] == nil }.map { ": no \($0)" }
        let properties = schema["properties"].object
        for (name, member) in members {
            if let property = properties[name] {
                found += faults(member, property).map { "/\(name)\($0)" }
            } else if schema["additionalProperties"] == .bool(false) {
                found.append(": \(name) is not described")
            } else {
                found += faults(member, schema["additionalProperties"]).map { "/\(name)\($0)" }
            }
        }
        return found
    }
}

/// The patterns of the file, each compiled once.
private struct Expressions: ~Copyable {
    static let shared = Expressions()
    private let known = Mutex<[String: Expression]>([:])

    subscript(pattern: String) -> Regex<AnyRegexOutput>? {
        known.withLock { known in
            if let expression = known[pattern] { return expression.regex }
            let expression = Expression(regex: try? Regex(pattern))
            known[pattern] = expression
            return expression.regex
        }
    }

    /// Made of a text, it holds no code of others', which alone would keep it to one thread.
    private struct Expression: @unchecked Sendable {
        let regex: Regex<AnyRegexOutput>?
    }
}
