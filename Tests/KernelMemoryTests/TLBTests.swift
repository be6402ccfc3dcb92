import KernelMemory
import Testing

/// What a CPU remembers of its walks, and what makes it forget.
@Suite struct TLBTests {
    /// Two sets of four small pages, and four large ones.
    private func machine(
        cpus: Int = 1, debug: Bool = false, smallEntries: Int = 8
    ) throws -> Machine {
        var configuration = try MachineConfiguration(
            kind: .i386, memoryInMiB: 1_024, cpuCount: cpus, debug: debug)
        configuration.tlb = TLBShape(smallEntries: smallEntries, largeEntries: 4, ways: 4)
        return Machine(configuration)
    }

    private func vmalloc(_ pages: UInt64, _ machine: inout Machine) throws -> UInt64 {
        let returned = machine.apply(.vmalloc(size: pages * 4096)).returned
        guard case .address(let address) = returned else { throw Refused() }
        return address.rawValue
    }

    private struct Refused: Error {}

    private func load(_ address: UInt64, _ machine: inout Machine) {
        _ = machine.apply(.load(VirtualAddress(address), width: 4))
    }

    private func known(_ machine: Machine, shift: UInt64 = 12, cpu: Int = 0) -> [UInt64] {
        machine.tlb(ofCPU: cpu).entries.filter { $0.pageShift == shift }.map(\.address.rawValue)
    }

    @Test func set_forgetsThePageThatWasNotUsedForTheLongestTime() throws {
        var machine = try machine()
        let area = try vmalloc(16, &machine)
        let even = (area >> 12) % 2 == 0 ? area : area + 4096
        let pages = (0..<6).map { even + UInt64($0) * 8192 }
        for page in pages[0..<4] { load(page, &machine) }
        #expect(known(machine) == [pages[3], pages[2], pages[1], pages[0]])
        load(pages[0] + 100, &machine)
        load(pages[4], &machine)
        #expect(known(machine) == [pages[4], pages[0], pages[3], pages[2]])
        // The other set has not been touched; a page of it displaces nothing here.
        load(even + 4096, &machine)
        #expect(known(machine) == [pages[4], pages[0], pages[3], pages[2], even + 4096])
        let counters = machine.tlb(ofCPU: 0).counters
        #expect(counters.hits == 1 && counters.misses == 6)
        #expect(counters.entriesRead == 12)
    }

    @Test func largePages_haveEntriesOfTheirOwn() throws {
        var machine = try machine()
        let start = machine.layout.pageOffset + 128 << 20
        for index in 0..<5 as Range<UInt64> { load(start + index << 22 + 4096 * index, &machine) }
        let newest = (1..<5).reversed().map { start + UInt64($0) << 22 }
        #expect(known(machine, shift: 22) == newest)
        #expect(known(machine).isEmpty)
        // Another page of the same 4 MiB is known, too.
        load(newest[0] + 3 << 20, &machine)
        let counters = machine.tlb(ofCPU: 0).counters
        #expect(counters.hits == 1 && counters.misses == 5 && counters.entriesRead == 5)
    }

    /// Pages in the range that is flushed, the guard page among them, up to 33: one by one.
    @Test(arguments: [UInt64(1), 32, 33, 100])
    func purge_flushesSinglePagesUpTo33_elseAll(pages: UInt64) throws {
        var machine = try machine(cpus: 2, smallEntries: 256)
        let kept = try vmalloc(1, &machine)
        let area = try vmalloc(pages, &machine)
        for cpu in UInt32(0)..<2 {
            _ = machine.apply(.runOn(cpu: cpu))
            for address in [kept, area] { load(address, &machine) }
        }
        _ = machine.apply(.vfree(VirtualAddress(area)))
        let before = (0..<2).map { machine.tlb(ofCPU: $0).counters }
        #expect(known(machine, cpu: 0) == known(machine, cpu: 1))
        #expect(known(machine).sorted() == [kept, area])
        _ = machine.apply(.vmUnmapAliases)
        for cpu in 0..<2 {
            let counters = machine.tlb(ofCPU: cpu).counters
            let single = counters.pageFlushes - before[cpu].pageFlushes
            #expect(single == (pages + 1 <= 33 ? pages + 1 : 0))
            #expect(counters.fullFlushes - before[cpu].fullFlushes == (pages + 1 <= 33 ? 0 : 1))
            #expect(known(machine, cpu: cpu) == (pages + 1 <= 33 ? [kept] : []))
        }
    }

    /// The range reaches from the first freed area to the last, whatever lies between.
    @Test func purge_ofDistantAreas_flushesAll() throws {
        var machine = try machine()
        let first = try vmalloc(1, &machine)
        let between = try vmalloc(40, &machine)
        let last = try vmalloc(1, &machine)
        load(between, &machine)
        for area in [first, last] { _ = machine.apply(.vfree(VirtualAddress(area))) }
        let before = machine.tlb(ofCPU: 0).counters
        _ = machine.apply(.vmUnmapAliases)
        #expect(machine.tlb(ofCPU: 0).counters.fullFlushes == before.fullFlushes + 1)
        #expect(known(machine).isEmpty)
        // Nothing was freed since: nothing is flushed.
        _ = machine.apply(.vmUnmapAliases)
        #expect(machine.tlb(ofCPU: 0).counters.fullFlushes == before.fullFlushes + 1)
    }

    @Test func eachCPU_knowsWhatItUsed() throws {
        var machine = try machine(cpus: 2)
        let area = try vmalloc(2, &machine)
        load(area, &machine)
        _ = machine.apply(.runOn(cpu: 1))
        load(area + 4096, &machine)
        #expect(known(machine, cpu: 0) == [area] && known(machine, cpu: 1) == [area + 4096])
        #expect(machine.tlb(ofCPU: 0).counters.misses == 1)
        #expect(machine.tlb(ofCPU: 1).counters.misses == 1)
        #expect(machine.tlbEntry(for: VirtualAddress(area)) == nil)
    }

    @Test(arguments: [false, true])
    func freedArea_isKnownUntilThePurge_exceptWithDebugging(debug: Bool) throws {
        var machine = try machine(debug: debug)
        let area = try vmalloc(2, &machine)
        load(area, &machine)
        _ = machine.apply(.vfree(VirtualAddress(area)))
        let entries = machine.tlb(ofCPU: 0).entries
        #expect(entries.map(\.isStale) == (debug ? [] : [true]))
        var copy = machine
        load(area, &copy)
        #expect((copy.oops == nil) == !debug)
        _ = machine.apply(.vmUnmapAliases)
        load(area, &machine)
        #expect(machine.oops != nil)
    }
}
