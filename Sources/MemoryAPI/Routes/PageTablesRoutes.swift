import KernelMemory
import MicroHTTPD

/// The page tables: all that they map, and the way from one address to memory.
extension MemoryService {
    var pageTableEndpoints: [Endpoint] {
        [
            look("/page-tables", query: ["limit", "cursor"], PageTablesRoutes.list),
            look("/page-tables/{address}", PageTablesRoutes.walk),
        ]
    }
}

enum PageTablesRoutes {
    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let machine = view.machine
        let limit = try request.limit(default: 100, most: 10_000)
        let mapped = machine.mappedRanges(
            from: try request.address("cursor") ?? 0, limit: limit)
        let next = mapped.next.map { "\(VirtualAddress($0))" }
        response.link(next: next, of: request)
        response.snapshot(view) { json in
            json.member("mode", literal: machine.paging.modeLiteral)
            json.object("root") { json in
                json.member("pfn", machine.rootTable.rawValue)
                json.member("physical_address", address: machine.rootTable.physicalAddress.rawValue)
            }
            json.levels(machine)
            json.member("tables", machine.pageTables.count)
            json.array("ranges") { json in
                for range in mapped.ranges { json.object { $0.mappedRange(range, view) } }
            }
            json.member("next", orNull: next)
        }
    }

    @Sendable
    static func walk(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let address = VirtualAddress(try Reference.address(request))
        let walk = WalkStory(address, view.machine)
        response.snapshot(view, expecting: 4_096) { json in json.walk(walk, view.machine) }
    }
}

extension PagingMode {
    fileprivate var modeLiteral: StaticString { levels.count == 2 ? "two-level" : "four-level" }
}

extension JSONWriter {
    fileprivate mutating func levels(_ machine: borrowing Machine) {
        let paging = machine.paging
        array("levels") { json in
            for level in paging.levels {
                json.object { json in
                    json.member("name", level.name)
                    json.member("shift", level.shift)
                    json.member("bits", level.bits)
                    json.member("entry_size_bytes", paging.entrySize)
                    json.member("span_bytes", level.span)
                }
            }
        }
    }

    fileprivate mutating func mappedRange(_ range: MappedRange, _ view: SessionView) {
        let isScattered = !range.isContiguous
        member("start_address", address: range.start.rawValue)
        member("end_address", address: range.start.rawValue &+ range.size)
        member("size_bytes", range.size)
        member("page_size_bytes", UInt64(1) << range.pageShift)
        array("flags") { json in range.firstEntry.flagNames.forEach { json.text($0) } }
        member("pfn", orNull: isScattered ? nil : range.firstFrame)
        member("kind", MappingKind(range.start.rawValue, view.machine).rawValue)
        member("entries", range.entryCount)
        member("id", orNull: range.area.flatMap { view.id(of: $0) })
    }
}

/// What a part of the kernel's address space is used for, as far as something can be mapped there.
enum MappingKind: String, CaseIterable {
    case directMap = "direct_map"
    case vmalloc, modules, pkmap, fixmap, other

    /// The part that an address lies in.
    init(_ address: UInt64, _ machine: Machine) {
        switch AddressPlace(address, machine).kind {
        case .directMap, .structPage:
            let isDirect = machine.frame(at: VirtualAddress(address)) != nil
            self = isDirect ? .directMap : .other
        case .vmalloc: self = .vmalloc
        case .pkmap: self = .pkmap
        case .fixmap: self = .fixmap
        case .modules: self = .modules
        case .user, .unmapped: self = .other
        }
    }
}
