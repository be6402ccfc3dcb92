import KernelMemory
import MicroHTTPD

/// The zones: sizes, watermarks, per-CPU lists' totals, fragmentation.
extension MemoryService {
    var zoneEndpoints: [Endpoint] { [look("/zones", ZonesRoutes.list)] }
}

enum ZonesRoutes {
    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        response.snapshot(view, expecting: 4_096) { json in
            json.zones(view.machine)
        }
    }
}

extension JSONWriter {
    /// Writes the member `zones`.
    mutating func zones(_ machine: Machine) {
        array("zones") { json in
            for zone in machine.zones { json.object { json in json.zone(zone, machine) } }
        }
    }

    private mutating func zone(_ zone: ZoneSnapshot, _ machine: Machine) {
        member("name", literal: machine.architecture.zoneLiteral(zone.index))
        member("index", zone.index)
        member("start_pfn", zone.start.rawValue)
        member("spanned_pages", zone.spanned)
        member("present_pages", zone.present)
        member("managed_pages", zone.managed)
        member("free_pages", zone.freePages)
        member("nr_free_pages", zone.countedFreePages)
        watermark(zone)
        array("lowmem_reserve") { json in
            for index in 0..<4 { json.number(zone.lowmemReserve[index]) }
        }
        member("nr_reserved_highatomic", zone.reservedHighAtomic)
        array("per_cpu") { json in zone.perCPU.forEach { json.perCPU($0) } }
        let start = machine.address(of: zone.start)?.rawValue
        member("start_address", addressOrNull: start)
        member("end_address", addressOrNull: start.map { $0 + UInt64(zone.spanned) << 12 })
        fragmentation(Fragmentation(freeBlocks: zone.freeBlocks))
    }

    private mutating func watermark(_ zone: ZoneSnapshot) {
        object("watermark") { json in
            json.member("min", zone.watermark[0])
            json.member("low", zone.watermark[1])
            json.member("high", zone.watermark[2])
            json.member("promo", zone.watermark[3])
            json.member("boost", zone.boost)
        }
    }

    private mutating func perCPU(_ pages: PerCPUSnapshot) {
        object { json in
            json.member("cpu", pages.cpu)
            json.member("count", pages.count)
            json.member("high", pages.high)
            json.member("batch", pages.batch)
            json.member("free_factor", pages.freeFactor)
        }
    }

    /// Writes the member `fragmentation`. It is most of the answer, so its names are written whole.
    private mutating func fragmentation(_ fragmentation: Fragmentation) {
        array("fragmentation") { json in
            for order in 0..<Order.count {
                json.object { json in
                    json.member("order", order)
                    json.raw(",\"unusable_free_index\":")
                    json.rawThousandths(fragmentation.unusableFreeIndex(order: order))
                    json.raw(",\"extfrag_index\":")
                    json.rawThousandths(fragmentation.fragmentationIndex(order: order))
                }
            }
        }
    }
}
