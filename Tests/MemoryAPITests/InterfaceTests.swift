import MicroHTTPD
import Testing

@testable import MemoryAPI

/// The OpenAPI file and the route table say the same.
@Suite struct InterfaceTests {
    private let endpoints = MemoryService().endpoints

    @Test func openAPI_andRoutes_haveTheSameOperations() {
        let routes = Set(endpoints.map { "\($0.route.method.name) \($0.route.pattern)" })
        let described = Set(Interface.shared.operations.map { "\($0.method) \($0.path)" })
        #expect(routes == described)
    }

    @Test func openAPI_andRoutes_haveTheSameQueryParameters() throws {
        for endpoint in endpoints {
            let operation = try #require(
                Interface.shared.operations.first {
                    $0.method == "\(endpoint.route.method.name)"
                        && $0.path == endpoint.route.pattern
                })
            let described = Interface.shared.parameters(operation.path, operation.operation)
                .filter { $0["in"].string == "query" }.compactMap { $0["name"].string }
            #expect(Set(described) == Set(endpoint.query.all), "\(endpoint.route.pattern)")
        }
    }

    @Test func openAPI_andRoutes_haveTheSameMediaTypes() throws {
        for operation in Interface.shared.operations {
            let endpoint = try #require(
                endpoints.first {
                    "\($0.route.method.name)" == operation.method
                        && $0.route.pattern == operation.path
                })
            let types = ["200", "201"].map {
                operation.operation["responses"][$0]["content"].keys
            }
            let all = types[0].union(types[1])
            if !all.isEmpty { #expect(all == Set(endpoint.route.produces)) }
        }
    }

    @Test func openAPI_problemTypes_areThoseOfTheService() {
        let schema = Interface.shared.document["components"]["schemas"]["Problem"]
        let described = schema["properties"]["type"]["enum"].array.compactMap(\.string)
        #expect(Set(described) == Set(ProblemKind.allCases.map { "/problems/\($0.rawValue)" }))
        for kind in ProblemKind.allCases {
            let isExplained = Interface.shared.yaml.contains("`\(kind.rawValue)`")
            #expect(isExplained, "no response is said to be \(kind.rawValue)")
        }
    }

    @Test func openAPI_examples_areValid() {
        for operation in Interface.shared.operations {
            let responses = operation.operation["responses"].object.values
            let contents =
                responses.map { $0["content"] } + [operation.operation["requestBody"]["content"]]
            for (name, type) in contents.flatMap(\.object) where type.keys.contains("example") {
                for example in Self.values(type["example"], of: name) {
                    #expect(Interface.shared.faults(example, type) == [], "\(operation.path)")
                }
            }
        }
    }

    /// What of an example is described: each event of a stream, or all of it.
    private static func values(_ example: JSON, of type: String) -> [JSON] {
        guard type == "text/event-stream", let text = example.string else { return [example] }
        return text.split(separator: "\n\n").map { event in
            let fields = event.split(separator: "\n").map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return (String(parts[0]), JSON.string(String(parts[1].dropFirst())))
            }
            return .object(Dictionary(uniqueKeysWithValues: fields))
        }
    }

    @Test func openAPI_isServed_asItIs() throws {
        let client = TestClient(MemoryService(description: testDescription).router())
        #expect(try client.get("/openapi.yaml").text == Interface.shared.yaml)
        #expect(try client.get("/openapi.json").status == 200)
        let without = TestClient(MemoryService().router())
        #expect(try without.get("/openapi.yaml").problem == "not-found")
    }
}
