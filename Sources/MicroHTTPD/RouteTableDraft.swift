/// The tree while it grows, in ordinary Swift values.
struct RouteTableDraft {
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
            !nodes[node].endpoint.hasOwnRoute(for: route.method),
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
