import KernelMemory

/// The short dump after every hundredth call: counters and the lengths of lists.
struct LightDump {
    /// What it says of one zone, in a fixed order, with a name for each number.
    private struct ZoneNumbers {
        var index: Int
        var numbers: [Int] = []
    }

    private var zones: [ZoneNumbers] = []
    /// Calls done when it was made.
    let callCount: Int

    /// Reads an `L` record; `nil` if it is none.
    init?(_ node: JSONNode) {
        callCount = node["n"]?.number ?? 0
        guard let elements = node["z"]?.elements else { return nil }
        for (index, zone) in elements.enumerated() where !zone.isNull {
            var entry = ZoneNumbers(index: index)
            for key in ["f", "b", "ha", "fl"] as [StaticString] {
                guard let number = zone[key]?.number else { return nil }
                entry.numbers.append(number)
            }
            for order in zone["nr"]?.elements ?? [] { entry.numbers += order.numbers ?? [] }
            for cpu in zone["pcp"]?.elements ?? [] { entry.numbers += cpu.numbers ?? [] }
            zones.append(entry)
        }
    }

    /// The first number in which a machine differs.
    func firstDifference(from machine: Machine) -> Difference? {
        for zone in zones {
            guard let mine = machine.zones.first(where: { $0.index == zone.index }) else {
                return Difference(place: "zone \(zone.index)", model: "empty", kernel: "populated")
            }
            let model = Self.numbers(machine, mine)
            guard model.map(\.1) != zone.numbers else { continue }
            let at = zip(model, zone.numbers).enumerated().first { $1.0.1 != $1.1 }?.offset
            let index = at ?? min(model.count, zone.numbers.count)
            let known = index < model.count ? model[index] : ("further numbers", 0)
            return Difference(
                place: "zone \(mine.name), \(known.0)", model: "\(known.1)",
                kernel: index < zone.numbers.count ? "\(zone.numbers[index])" : "nothing")
        }
        return nil
    }

    private static func numbers(_ machine: Machine, _ zone: ZoneSnapshot) -> [(String, Int)] {
        var numbers: [(String, Int)] = [
            ("nr_free_pages", Int(zone.countedFreePages)), ("watermark_boost", Int(zone.boost)),
            ("nr_reserved_highatomic", Int(zone.reservedHighAtomic)),
            ("flags", Int(zone.flags)),
        ]
        for list in machine.freeLists(zone: zone.index, limit: 0) {
            numbers.append(
                ("length of the order \(list.order) \(list.migrateType.name) list", list.count))
        }
        for local in zone.perCPU {
            let cpu = "cpu \(local.cpu),"
            numbers += [
                ("\(cpu) count", Int(local.count)), ("\(cpu) free_factor", Int(local.freeFactor)),
                ("\(cpu) diff_free", Int(local.freeDelta)),
            ]
            for list in machine.perCPULists(cpu: local.cpu, zone: zone.index, limit: 0) {
                let name = "order \(list.order) \(list.migrateType.name) list"
                numbers.append(("\(cpu) length of the \(name)", list.count))
            }
        }
        return numbers
    }
}
