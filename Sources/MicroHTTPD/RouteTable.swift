/// The routes as a tree of path segments, built once and then only read.
///
/// A node has its literal children side by side, each with its text, and at most one child for
/// a placeholder. A literal goes before a placeholder; if its branch ends nowhere, the
/// placeholder's is tried.
final class RouteTable: @unchecked Sendable {
    private struct Edge {
        /// The first eight bytes of the text, which tell most segments apart.
        var prefix: UInt64
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
                edges.initializeElement(
                    at: position, to: Edge(prefix: prefixWord(text), text: text, child: edge.child))
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
        let prefix = prefixWord(text)
        for edge in nodes[index].edges where edge.prefix == prefix && isEqual(edge.text, text) {
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
