import MicroHTTPD

/// By what elements of an array are told apart.
extension JSONTree {
    /// Members that stay with what an element describes, while others change.
    private static let identifying: [StaticString] = [
        "id", "name", "pfn", "cpu", "order", "migratetype", "step", "code", "call",
    ]

    /// A number that an element has again in another document if it describes the same thing.
    ///
    /// It may be the same for several; then the patch is longer, not wrong.
    func identity(of index: Int) -> UInt64 {
        guard kind(index) == UInt8(ascii: "{") else {
            return StateHash.continued(0, text(of: index))
        }
        var hash: UInt64 = 0
        let end = Int(nodes[index].next)
        var member = index + 1
        while member < end {
            let name = name(of: member)
            if Self.identifying.contains(where: { name.equals($0) }) {
                hash = StateHash.continued(hash, text(of: member))
            }
            member = Int(nodes[member].next)
        }
        return hash == 0 ? StateHash.continued(0, text(of: index)) : hash
    }
}
