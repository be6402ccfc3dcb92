import Glibc

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

    mutating func setRoute(_ index: Int, for method: HTTPMethod) {
        indices[Int(method.rawValue)] = Int16(index)
    }

    /// The `Allow` field: the registered methods, HEAD where GET is, and OPTIONS.
    var allow: String {
        let names = HTTPMethod.allCases.filter { $0 == .options || route(for: $0) != nil }
        return names.map { "\($0.name)" }.joined(separator: ", ")
    }
}

/// The routes as a tree of path segments, built once and then only read.
///
/// A node has its literal children side by side, each with its text, and at most one child for
/// a placeholder. A literal goes before a placeholder; if its branch ends nowhere, the
/// placeholder's is tried.
final class RouteTable: @unchecked Sendable {
    private struct Edge {
        var text: UnsafeRawBufferPointer
        var child: Int32
    }

    private struct Node {
        var edges: UnsafeBufferPointer<Edge>
        var placeholder: Int32
        var endpoint: RouteEndpoint
        var isEnd: Bool
    }

    private let nodes: UnsafeMutableBufferPointer<Node>

    /// Builds the tree. Two routes with the same method and the same shape of pattern are a bug.
    init(_ routes: [Route]) {
        let drafts = RouteTableDraft(routes).nodes
        nodes = .allocate(capacity: drafts.count)
        for (index, draft) in drafts.enumerated() {
            let edges = UnsafeMutableBufferPointer<Edge>.allocate(capacity: draft.edges.count)
            for (position, edge) in draft.edges.enumerated() {
                let text = RouteTable.copy(edge.text)
                edges.initializeElement(at: position, to: Edge(text: text, child: edge.child))
            }
            let node = Node(
                edges: UnsafeBufferPointer(edges), placeholder: draft.placeholder,
                endpoint: draft.endpoint, isEnd: !draft.endpoint.isEmpty)
            nodes.initializeElement(at: index, to: node)
        }
    }

    deinit {
        for node in nodes {
            for edge in node.edges { edge.text.deallocate() }
            node.edges.deallocate()
        }
        nodes.deallocate()
    }

    /// Finds the endpoint of a path and notes in the target what its placeholders took.
    ///
    /// - Returns: `nil` when no pattern has this path.
    /// - Complexity: O(segments x edges of a node) for patterns without a common beginning.
    func endpoint(of target: inout RequestTarget) -> RouteEndpoint? {
        guard target.segmentCount > 0, target.segmentCount <= RequestTarget.segmentLimit else {
            return nil
        }
        let index = descend(from: 0, segment: 0, parameterCount: 0, target: &target)
        return index.map { nodes[$0].endpoint }
    }

    private func descend(
        from index: Int, segment: Int, parameterCount: Int, target: inout RequestTarget
    ) -> Int? {
        if segment == target.segmentCount { return nodes[index].isEnd ? index : nil }
        let text = target.segment(segment)
        for edge in nodes[index].edges where isEqual(edge.text, text) {
            let end = descend(
                from: Int(edge.child), segment: segment + 1, parameterCount: parameterCount,
                target: &target)
            if let end { return end }
        }
        guard nodes[index].placeholder >= 0, text.count > 0 else { return nil }
        target.setParameter(parameterCount, segment: segment)
        return descend(
            from: Int(nodes[index].placeholder), segment: segment + 1,
            parameterCount: parameterCount + 1, target: &target)
    }

    private static func copy(_ text: String) -> UnsafeRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        copy.copyBytes(from: text.utf8)
        return UnsafeRawBufferPointer(copy)
    }
}

/// The tree while it grows, in ordinary Swift values.
private struct RouteTableDraft {
    struct Node {
        var edges: [(text: String, child: Int32)] = []
        var placeholder: Int32 = -1
        var endpoint = RouteEndpoint()
    }

    var nodes = [Node()]

    init(_ routes: [Route]) {
        for (index, route) in routes.enumerated() { add(route, index: index) }
    }

    private mutating func add(_ route: Route, index: Int) {
        var node = 0
        for segment in route.pattern.dropFirst().split(
            separator: "/", omittingEmptySubsequences: false)
        {
            node = child(of: node, segment: String(segment))
        }
        precondition(
            nodes[node].endpoint.route(for: route.method) == nil || route.method == .head,
            "two routes for \(route.method.name) \(route.pattern)")
        nodes[node].endpoint.setRoute(index, for: route.method)
    }

    private mutating func child(of node: Int, segment: String) -> Int {
        let next = Int32(nodes.count)
        if segment.hasPrefix("{") && segment.hasSuffix("}") {
            if nodes[node].placeholder >= 0 { return Int(nodes[node].placeholder) }
            nodes[node].placeholder = next
        } else {
            if let edge = nodes[node].edges.first(where: { $0.text == segment }) {
                return Int(edge.child)
            }
            nodes[node].edges.append((segment, next))
        }
        nodes.append(Node())
        return Int(next)
    }
}
