/// Applying a JSON Patch (RFC 6902).
extension JSON {
    /// What is wrong with a patch.
    enum PatchError: Error { case noSuchPlace(String), unknownOperation(String) }

    /// The document behind all operations of a patch.
    func patched(by patch: JSON) throws -> JSON {
        try patch.array.reduce(into: self) { document, operation in
            let path = operation["path"].string ?? "?"
            let steps = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
                .map { String($0.replacing("~1", with: "/").replacing("~0", with: "~")) }
            try document.apply(operation, steps[...], path)
        }
    }

    private mutating func apply(
        _ operation: JSON, _ steps: ArraySlice<String>, _ path: String
    ) throws {
        guard let step = steps.first else {
            guard operation["op"].string == "replace" else { throw PatchError.noSuchPlace(path) }
            self = operation["value"]
            return
        }
        let rest = steps.dropFirst()
        switch self {
        case .object(var members):
            self = .null
            if rest.isEmpty {
                try Self.change(&members, step, operation, path)
            } else {
                guard members[step] != nil else { throw PatchError.noSuchPlace(path) }
                try members[step]?.apply(operation, rest, path)
            }
            self = .object(members)
        case .array(var elements):
            guard let index = Int(step), index >= 0 else { throw PatchError.noSuchPlace(path) }
            self = .null
            if rest.isEmpty {
                try Self.change(&elements, index, operation, path)
            } else {
                guard index < elements.count else { throw PatchError.noSuchPlace(path) }
                try elements[index].apply(operation, rest, path)
            }
            self = .array(elements)
        default: throw PatchError.noSuchPlace(path)
        }
    }

    private static func change(
        _ members: inout [String: JSON], _ name: String, _ operation: JSON, _ path: String
    ) throws {
        switch operation["op"].string {
        case "add": members[name] = operation["value"]
        case "replace" where members[name] != nil: members[name] = operation["value"]
        case "remove" where members[name] != nil: members[name] = nil
        case "replace", "remove": throw PatchError.noSuchPlace(path)
        default: throw PatchError.unknownOperation(operation.serialized)
        }
    }

    private static func change(
        _ elements: inout [JSON], _ index: Int, _ operation: JSON, _ path: String
    ) throws {
        switch operation["op"].string {
        case "add" where index <= elements.count:
            elements.insert(operation["value"], at: index)
        case "replace" where index < elements.count: elements[index] = operation["value"]
        case "remove" where index < elements.count: elements.remove(at: index)
        case "add", "replace", "remove": throw PatchError.noSuchPlace(path)
        default: throw PatchError.unknownOperation(operation.serialized)
        }
    }
}
