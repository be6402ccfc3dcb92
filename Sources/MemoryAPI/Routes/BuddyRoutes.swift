import KernelMemory
import MicroHTTPD

/// The buddy lists and the CPUs' lists, with the blocks on them.
extension MemoryService {
    var buddyEndpoints: [Endpoint] {
        [look("/buddy", query: ["limit", "zone"], BuddyRoutes.list)]
    }
}

enum BuddyRoutes {
    /// Blocks that are named per list if the client does not say.
    static let usualLimit = 64

    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let limit = try request.limit(default: usualLimit, most: 4_096)
        let zone = try request.zone(of: view.machine)
        response.snapshot(view, expecting: 16_384) { json in
            json.member("page_size_bytes", Page.sizeInBytes)
            json.key("zones")
            json.buddyLists(zone.map { [$0] } ?? view.machine.zones, view.machine, limit)
        }
    }
}

extension JSONWriter {
    /// Writes the buddy lists and the CPUs' lists of some zones as an array.
    mutating func buddyLists(_ zones: [ZoneSnapshot], _ machine: Machine, _ limit: Int) {
        array { json in
            for zone in zones {
                json.object { json in
                    json.member("name", zone.name)
                    json.array("free_areas") { json in json.freeAreas(zone, machine, limit) }
                    json.array("per_cpu") { json in
                        for cpu in 0..<machine.cpuCount {
                            json.perCPULists(cpu, zone.index, machine, limit)
                        }
                    }
                }
            }
        }
    }

    private mutating func freeAreas(_ zone: ZoneSnapshot, _ machine: Machine, _ limit: Int) {
        let lists = machine.freeLists(zone: zone.index, limit: limit)
        let types = MigrateType.allCases.count
        for order in 0..<Order.count {
            object { json in
                json.member("order", order)
                json.member("nr_free", zone.freeBlocks[order])
                json.array("lists") { json in
                    for list in lists[(order * types)..<((order + 1) * types)] {
                        json.object { json in json.blocks(list) }
                    }
                }
            }
        }
    }

    private mutating func perCPULists(
        _ cpu: Int, _ zone: Int, _ machine: Machine, _ limit: Int
    ) {
        object { json in
            json.member("cpu", cpu)
            json.array("lists") { json in
                for list in machine.perCPULists(cpu: cpu, zone: zone, limit: limit) {
                    json.object { json in
                        json.member("order", list.order)
                        json.blocks(list)
                    }
                }
            }
        }
    }

    private mutating func blocks(_ list: BlockListSnapshot) {
        member("migratetype", literal: list.migrateType.literal)
        member("count", list.count)
        array("pfns") { json in list.pfns.forEach { json.number($0.rawValue) } }
        member("truncated", list.pfns.count < list.count)
    }
}
