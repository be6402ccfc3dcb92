import KernelMemory
import MicroHTTPD

extension Request {
    /// The zone that the parameter `zone` names; `nil` if it is not there.
    func zone(of machine: Machine) throws(Problem) -> ZoneSnapshot? {
        guard let text = query("zone") else { return nil }
        let zones = machine.zones
        if let zone = zones.first(where: { text.quoted == $0.name }) { return zone }
        let names = zones.map(\.name)
        throw Self.problem(
            "zone", text, "one of \(names.joined(separator: ", "))",
            suggestions: nearest(to: text.quoted, among: names))
    }
}
