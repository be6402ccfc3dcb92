/// Checks values against the part of JSON Schema that the OpenAPI file uses.
struct JSONSchema {
    let document: JSON

    /// What is wrong with a value, each with its place; empty when it is valid.
    func faults(_ value: JSON, _ schema: JSON, at place: String = "") -> [String] {
        if let reference = schema["$ref"].string {
            return faults(value, resolved(reference), at: place)
        }
        return typeFaults(value, schema, place) + choiceFaults(value, schema, place)
            + numberFaults(value, schema, place) + stringFaults(value, schema, place)
            + arrayFaults(value, schema, place) + objectFaults(value, schema, place)
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
    private func typeFaults(_ value: JSON, _ schema: JSON, _ place: String) -> [String] {
        let types = schema["type"].string.map { [$0] } ?? schema["type"].array.compactMap(\.string)
        if types.isEmpty || types.contains(where: { has(value, type: $0) }) { return [] }
        return ["\(place): \(value) is not \(types)"]
    }

    private func has(_ value: JSON, type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.bool, "boolean"), (.int, "integer"), (.int, "number"),
            (.real, "number"), (.string, "string"), (.array, "array"), (.object, "object"):
            true
        default: false
        }
    }

    private func choiceFaults(_ value: JSON, _ schema: JSON, _ place: String) -> [String] {
        var faults: [String] = []
        let isEnum = schema.keys.contains("enum")
        if isEnum, !schema["enum"].array.contains(value) {
            faults.append("\(place): \(value) is not in \(schema["enum"])")
        }
        if schema.keys.contains("const"), schema["const"] != value {
            faults.append("\(place): \(value) is not \(schema["const"])")
        }
        let any = schema["anyOf"].array + schema["oneOf"].array
        if !any.isEmpty, !any.contains(where: { self.faults(value, $0).isEmpty }) {
            let reasons = any.map { self.faults(value, $0, at: place) }
            faults.append("\(place): fits none of the alternatives: \(reasons)")
        }
        return faults
    }

    private func numberFaults(_ value: JSON, _ schema: JSON, _ place: String) -> [String] {
        guard let number = value.number else { return [] }
        let isLow = schema["minimum"].number.map { number < $0 } ?? false
        let isHigh = schema["maximum"].number.map { number > $0 } ?? false
        return isLow || isHigh ? ["\(place): \(number) is out of range"] : []
    }

    private func stringFaults(_ value: JSON, _ schema: JSON, _ place: String) -> [String] {
        guard let text = value.string, let pattern = schema["pattern"].string,
            let regex = try? Regex(pattern)
        else { return [] }
        return text.firstMatch(of: regex) == nil ? ["\(place): \(text) is not \(pattern)"] : []
    }

    private func arrayFaults(_ value: JSON, _ schema: JSON, _ place: String) -> [String] {
        guard case .array(let elements) = value else { return [] }
        var found: [String] = []
        if let most = schema["maxItems"].int, elements.count > most {
            found.append("\(place): more than \(most) elements")
        }
        guard schema.keys.contains("items") else { return found }
        return found
            + elements.enumerated().flatMap {
                faults($0.element, schema["items"], at: "\(place)/\($0.offset)")
            }
    }

    private func objectFaults(_ value: JSON, _ schema: JSON, _ place: String) -> [String] {
        guard case .object(let members) = value else { return [] }
        let required = schema["required"].array.compactMap(\.string)
        var found = required.filter { members[$0] == nil }.map { "\(place): no \($0)" }
        let properties = schema["properties"].object
        for (name, member) in members {
            if let property = properties[name] {
                found += faults(member, property, at: "\(place)/\(name)")
            } else if schema["additionalProperties"] == .bool(false) {
                found.append("\(place): \(name) is not described")
            } else {
                found += faults(member, schema["additionalProperties"], at: "\(place)/\(name)")
            }
        }
        return found
    }
}
