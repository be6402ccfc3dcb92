/// Writing a document, and changing one place in it.
extension JSON {
    /// The document as a text.
    var serialized: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .real(let value): "\(value)"
        case .string(let value): "\"\(value)\""
        case .array(let elements): "[" + elements.map(\.serialized).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value.serialized)" }
                .joined(separator: ",") + "}"
        }
    }

    /// A way into a document.
    enum Step: Hashable {
        case member(String)
        case element(Int)
    }

    /// The document with the value at a place replaced; taken out if there is no new one.
    func replacing(_ path: ArraySlice<Step>, by value: JSON?) -> JSON {
        guard let step = path.first else { return value ?? .null }
        let rest = path.dropFirst()
        switch (self, step) {
        case (.object(var members), .member(let name)):
            members[name] =
                rest.isEmpty ? value : (members[name] ?? .null).replacing(rest, by: value)
            return .object(members)
        case (.array(var elements), .element(let index)):
            if !rest.isEmpty {
                elements[index] = elements[index].replacing(rest, by: value)
            } else if let value {
                elements[index] = value
            } else {
                elements.remove(at: index)
            }
            return .array(elements)
        default: return self
        }
    }

    /// The value at a place.
    subscript(path: ArraySlice<Step>) -> JSON {
        guard let step = path.first else { return self }
        let next: JSON =
            switch step {
            case .member(let name): self[name]
            case .element(let index): self[index]
            }
        return next[path.dropFirst()]
    }

    /// The places of all values but the outermost; of a long array those of some elements.
    var paths: [[Step]] {
        let steps: [(Step, JSON)] =
            switch self {
            case .object(let members):
                members.sorted { $0.key < $1.key }.map { (.member($0.key), $0.value) }
            case .array(let elements):
                Set([0, elements.count / 2, elements.count - 1]).filter { $0 >= 0 }.sorted()
                    .compactMap { index in
                        elements.indices.contains(index) ? (.element(index), elements[index]) : nil
                    }
            default: []
            }
        return steps.flatMap { step, value in [[step]] + value.paths.map { [step] + $0 } }
    }
}
