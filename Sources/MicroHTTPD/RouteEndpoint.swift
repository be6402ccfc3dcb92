/// What a path leads to: for each method the index of a route, or -1.
struct RouteEndpoint {
    private var indices = InlineArray<8, Int16>(repeating: -1)

    /// Whether any method is registered.
    var isEmpty: Bool {
        for index in indices.indices where indices[index] >= 0 { return false }
        return true
    }

    /// The route for a method; that of GET also for HEAD.
    func route(for method: HTTPMethod) -> Int? {
        let index = indices[Int(method.rawValue)]
        if index >= 0 { return Int(index) }
        return method == .head && indices[Int(HTTPMethod.get.rawValue)] >= 0
            ? Int(indices[Int(HTTPMethod.get.rawValue)]) : nil
    }

    /// Whether the method itself is registered.
    func hasOwnRoute(for method: HTTPMethod) -> Bool {
        indices[Int(method.rawValue)] >= 0
    }

    mutating func setRoute(_ index: Int, for method: HTTPMethod) {
        indices[Int(method.rawValue)] = Int16(index)
    }

    /// The `Allow` field: the registered methods, HEAD where GET is, and OPTIONS.
    var allow: String {
        let names = HTTPMethod.allCases.filter { $0 == .options || route(for: $0) != nil }
        return names.map { "\($0.name)" }.joined(separator: ", ")
    }
}
