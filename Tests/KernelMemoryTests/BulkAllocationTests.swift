import KernelMemory
import Testing

/// Where the pages behind areas come from, against the rules of `__alloc_pages_bulk`.
@Suite struct BulkAllocationTests {
    private let pages = 32

    /// One zone gives all of the pages if it keeps its low watermark and all of them; the next lower
    /// zone is asked otherwise, and keeps its reserve besides; and if none can, then single pages come
    /// from where `alloc_page` would take them.
    @Test func area_takesAllItsPagesFromTheFirstZoneThatHasThemToSpare() throws {
        var machine = Machine(try MachineConfiguration(kind: .i386, memoryInMiB: 64))
        // So that neither tables nor objects take pages later.
        let area = try vmalloc(&machine)
        _ = machine.apply(.vfree(area))
        _ = machine.apply(.vmUnmapAliases)
        var seen: Set<Int?> = []
        var index = 0
        while case .page = machine.apply(.allocPage([.kernel, .noWarn, .noRetry])).returned {
            index += 1
            let zone = expectedZone(machine)
            guard isClose(machine) || index % 256 == 0 else { continue }
            seen.insert(zone)
            var copy = machine
            guard case .address(let area) = copy.apply(.vmalloc(size: UInt64(pages) << 12)).returned
            else {
                #expect(zone == nil, "page \(index)")
                continue
            }
            let frames = copy.vmallocFrames(at: area)
            if let zone {
                let zones = Set(frames.map { copy.zoneIndex(of: $0) })
                try #require(zones == [zone], "page \(index)")
            } else {
                try #require(frames == singlePages(machine), "page \(index)")
            }
        }
        #expect(seen == [1, 0, nil])
    }

    /// A request for one page is an ordinary one.
    @Test func areaOfOnePage_takesWhatAllocPageWould() throws {
        var machine = Machine(try MachineConfiguration(kind: .i386, memoryInMiB: 1_024))
        let first = try vmalloc(&machine)
        _ = machine.apply(.vfree(first))
        _ = machine.apply(.vmUnmapAliases)
        let expected = singlePages(machine, count: 1)
        guard case .address(let area) = machine.apply(.vmalloc(size: 100)).returned else {
            throw Refused()
        }
        #expect(machine.vmallocFrames(at: area) == expected)
        #expect(machine.zoneIndex(of: expected[0]) == 2)
    }

    private func vmalloc(_ machine: inout Machine) throws -> VirtualAddress {
        let returned = machine.apply(.vmalloc(size: UInt64(pages) << 12)).returned
        guard case .address(let address) = returned else { throw Refused() }
        return address
    }

    private struct Refused: Error {}

    /// The loop over zones, by what everybody can see of them.
    private func expectedZone(_ machine: Machine) -> Int? {
        let zones = machine.zones
        let preferred = zones[zones.count - 1].index
        return zones.last { zone in
            let mark = zone.watermark[1] + zone.boost + Int32(pages)
            let usable = zone.countedFreePages - zone.reservedHighAtomic
            return usable > mark + zone.lowmemReserve[preferred]
        }?.index
    }

    /// Whether a zone is near the point where it refuses.
    private func isClose(_ machine: Machine) -> Bool {
        let preferred = machine.zones[machine.zones.count - 1].index
        return machine.zones.contains { zone in
            let mark = zone.watermark[1] + zone.boost + zone.lowmemReserve[preferred]
            return abs(zone.countedFreePages - mark - Int32(pages)) < 80
        }
    }

    private func singlePages(_ machine: Machine, count: Int? = nil) -> [PageFrameNumber] {
        var copy = machine
        return (0..<(count ?? pages)).compactMap { _ in
            let call = KernelCall.allocPage([.kernel, .highmem, .noWarn])
            guard case .page(let page) = copy.apply(call).returned else { return nil }
            return copy.frame(of: page)
        }
    }
}
