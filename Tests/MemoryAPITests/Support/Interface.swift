import Glibc
import MicroHTTPD

/// The OpenAPI file, and whether responses keep to it.
struct Interface: @unchecked Sendable {
    let document: JSON
    let yaml: String
    /// Method, path pattern and operation of each operation.
    let operations: [(method: String, path: String, operation: JSON)]
    private let schema: JSONSchema

    /// The file of this checkout.
    static let shared = Interface()

    private init() {
        yaml = readText(repositoryRoot + "/openapi/openapi.yaml")
        document = (try? JSON(yaml: yaml)) ?? .null
        schema = JSONSchema(document: document)
        operations = document["paths"].object.flatMap { path, item in
            item.object.compactMap { method, operation in
                method == "parameters" ? nil : (method.uppercased(), path, operation)
            }
        }
    }

    /// The parameters of an operation, those of its path included.
    func parameters(_ path: String, _ operation: JSON) -> [JSON] {
        (document["paths"][path]["parameters"].array + operation["parameters"].array)
            .map { schema.resolved($0) }
    }

    /// A schema below `components`.
    func faults(_ value: JSON, _ media: JSON) -> [String] { schema.faults(value, media["schema"]) }

    /// What is wrong with a response to a request, by the file; empty when nothing is.
    func faults(_ request: SyntheticRequest, _ response: RecordedResponse) -> [String] {
        guard let operation = operation(request) else {
            return [404, 405, 400, 204].contains(response.status)
                ? [] : ["\(request.method) \(request.target) is not described"]
        }
        let described = schema.resolved(operation["responses"]["\(response.status)"])
        guard described != .null else {
            return ["\(request.method) \(request.target): \(response.status) is not described"]
        }
        return headerFaults(described, response) + contentFaults(described, response)
    }

    private func headerFaults(_ described: JSON, _ response: RecordedResponse) -> [String] {
        described["headers"].object.flatMap { name, header in
            let header = schema.resolved(header)
            guard let text = response.header(name) else {
                return header["required"] == .bool(true)
                    ? ["\(response.status) without \(name)"] : []
            }
            let isNumber = header["schema"]["type"].string == "integer"
            let value = isNumber ? Int(text).map { JSON.int($0) } : nil
            return schema.faults(value ?? .string(text), header["schema"]).map { "\(name): \($0)" }
        }
    }

    private func contentFaults(_ described: JSON, _ response: RecordedResponse) -> [String] {
        let type = response.header("Content-Type")
        // A text may be empty.
        guard let type, !response.body.isEmpty || type == "text/plain" else {
            return described["content"].keys.isEmpty ? [] : ["\(response.status) without a body"]
        }
        guard described["content"].keys.contains(type.prefix { $0 != ";" }.description) else {
            return ["\(response.status) with \(type), which is not described"]
        }
        if type == "application/x-ndjson" {
            let lines = response.text.split(separator: "\n")
            return lines.allSatisfy { (try? JSON(parsing: String($0))) != nil } ? [] : ["no lines"]
        }
        guard type.hasSuffix("json") else { return [] }
        guard let json = try? JSON(parsing: response.text) else { return ["no JSON"] }
        return faults(json, described["content"][type])
    }

    private func operation(_ request: SyntheticRequest) -> JSON? {
        let path = request.target.split(separator: "?")[0]
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let found = operations.first { operation in
            guard operation.method == request.method else { return false }
            let pattern = operation.path.split(separator: "/", omittingEmptySubsequences: false)
            return pattern.count == segments.count
                && zip(pattern, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return found?.operation
    }
}

/// The top of the checkout.
let repositoryRoot: String = {
    let parts = #filePath.split(separator: "/")
    return "/" + parts.dropLast(4).joined(separator: "/")
}()

/// A file's text; empty if it cannot be read.
func readText(_ path: String) -> String {
    guard let file = fopen(path, "rb") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&block, 1, block.count, file)
        if count == 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes += block[..<count]
    }
}
