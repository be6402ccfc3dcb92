import Foundation
import KernelMemory
import KernelTestSupport
import Testing

/// Callers who break every rule of virtual memory: the simulated kernel may break, the simulator may
/// not.
@Suite struct MappingMisuseRandomTests {
    /// More with `KMEMLAB_MISUSE_SEEDS` in the environment; `make soak KIND=wild` is faster.
    private let seedCount =
        UInt64(ProcessInfo.processInfo.environment["KMEMLAB_MISUSE_SEEDS"] ?? "") ?? 1

    @Test(
        arguments: MachineConfiguration.Kind.allCases,
        MachineConfiguration.SlabAllocator.allCases)
    func anyMappingCalls_neverTrap(
        _ kind: MachineConfiguration.Kind, _ slab: MachineConfiguration.SlabAllocator
    ) throws {
        for debug in [false, true] {
            let image = BootImage(
                try MachineConfiguration(
                    kind: kind, memoryInMiB: kind == .classroom ? nil : 64, cpuCount: 2,
                    debug: debug, slab: slab))
            for seed in 1...seedCount { try breakRules(Machine(booting: image), seed) }
        }
    }

    private func breakRules(_ start: Machine, _ seed: UInt64) throws {
        var machine = start
        var calls = WildMappingCalls(seed: seed, machine: machine)
        for index in 0..<1_500 {
            let before = machine
            let call = calls.step(&machine)
            try #require(machine.step == before.step + 1, "\(call)")
            // A call that ends the machine is taken back, so that worse can be tried.
            if machine.oops != nil { machine = before }
            if index % 4 == 0 { calls.look(at: machine) }
            if index % 500 == 499 { machine.lookEverywhere() }
        }
        #expect(machine.misuseCount > 0)
    }
}

/// What the streams of wild calls came upon, one by one.
@Suite struct MappingMisuseEdgeTests {
    @Test(arguments: [UInt64.max, UInt64.max - 4_095, UInt64.max - 4_096, UInt64.max - 8_191])
    func dma_atTheEndOfTheAddressSpace_findsNoMemory(_ address: UInt64) throws {
        var machine = Machine(try MachineConfiguration(kind: .x86_64, memoryInMiB: 64))
        for length in [UInt32(1), 4_095, 4_096, 8_192] {
            for mask in [UInt32(63), 64, .max] {
                let request = DMARequest(
                    address: PhysicalAddress(address), length: length, maskBits: mask,
                    direction: .fromDevice)
                let outcome = machine.apply(.dma(request))
                let wraps = address.addingReportingOverflow(UInt64(length)).overflow
                let isRefused = wraps || mask == 63
                #expect(
                    outcome.returned == (isRefused ? .null : .number(UInt64(length))))
                let report = try #require(machine.dmaReport)
                #expect(report.isRefused == isRefused)
                #expect(report.parts.allSatisfy { $0.owner == .noMemory && !$0.isMeant })
                let total = report.parts.map { Int($0.length) }.reduce(0, +)
                #expect(total == (isRefused ? 0 : Int(length)))
            }
        }
    }

    private static let impossible: [(UInt64, UInt64)] = [
        (.max, 0), (1, .max), (1 << 63, 1 << 63), (0, 0), (0, 4096),
    ]

    @Test(arguments: impossible)
    func loadModule_withoutRoomOrCode_isRefused(_ text: UInt64, _ data: UInt64) throws {
        var machine = Machine(try MachineConfiguration())
        let before = machine.vmAreas.count
        let request = ModuleRequest(name: "huge", textSize: text, dataSize: data)
        #expect(machine.apply(.loadModule(request)).returned == .null)
        #expect(machine.modules.isEmpty)
        #expect(machine.vmAreas.count == before)
    }

    /// On x86_64 modules lie far from the vmalloc area; a device still tells whose their pages are.
    @Test(arguments: [MachineConfiguration.Kind.i386, .x86_64])
    func dma_knowsThePagesOfModules(_ kind: MachineConfiguration.Kind) throws {
        var machine = Machine(try MachineConfiguration(kind: kind, memoryInMiB: 64))
        let request = ModuleRequest(name: "m", textSize: 5_000, dataSize: 5_000)
        guard case .address(let start) = machine.apply(.loadModule(request)).returned else {
            throw Unexpected(returned: .null)
        }
        #expect(machine.invariantViolation() == nil)
        for (index, frame) in machine.vmallocFrames(at: start).enumerated() {
            let read = DMARequest(
                address: frame.physicalAddress, length: 4_096, maskBits: 64, direction: .toDevice)
            _ = machine.apply(.dma(read))
            let owner = MemoryOwner.area(start, page: UInt32(index), step: 1)
            #expect(machine.dmaReport?.parts.map(\.owner) == [owner])
        }
    }

    /// The highest byte and the one behind it, which is the lowest of all.
    @Test func store_acrossTheEndOfTheAddressSpace_faultsAtItsBeginning() throws {
        var machine = Machine(try MachineConfiguration(kind: .i386, memoryInMiB: 64))
        let last = try #require(machine.walk(VirtualAddress(0xffff_f000)).steps.last)
        let table = try #require(machine.address(of: last.table))
        let entry = VirtualAddress(table.rawValue + UInt64(last.index) * 4)
        _ = machine.apply(.store(entry, [0x63, 0x01, 0x10, 0x00]))
        _ = machine.apply(.store(VirtualAddress(0xffff_fffe), [1, 2, 3]))
        #expect(machine.oops == "BUG: kernel NULL pointer dereference, address: 00000000")
        #expect(machine.bytes(at: VirtualAddress(0xffff_fffe), count: 2) == [1, 2])
    }

    private func page(_ machine: inout Machine, order: UInt32) throws -> PagePointer {
        let returned = machine.apply(.allocPages(.kernel, order: order)).returned
        guard case .page(let page) = returned else { throw Unexpected(returned: returned) }
        return page
    }

    /// Frees that put a page on a list twice, and a page table made of it: where its link was stands
    /// what it is used for.
    @Test func listOfAPageThatBecameATable_canBeLookedAtAndUsed() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        let other = try page(&machine, order: 0)
        // The next area gets a table of its own, and no other page.
        #expect(machine.apply(.vmap([other])).returned != .null)
        let page = try page(&machine, order: 2)
        for _ in 0..<3 { _ = machine.apply(.freePagesOf(page, order: 2)) }
        let first = try #require(machine.frame(of: page)).rawValue
        let pages = Array(repeating: other, count: 1_024)
        #expect(machine.apply(.vmap(pages)).returned != .null)
        #expect(machine.pageTables[PageFrameNumber(first + 1)] != nil)
        let zone = machine.zoneIndex(of: PageFrameNumber(first))
        let lists = machine.perCPULists(cpu: 0, zone: zone, limit: 1_000)
        #expect(lists.contains { $0.pfns.contains(PageFrameNumber(first + 1)) })
        machine.lookEverywhere()
        for _ in 0..<100 where machine.oops == nil { _ = machine.apply(.allocPage(.kernel)) }
        #expect(machine.oops != nil)
    }
}

private struct Unexpected: Error {
    let returned: Outcome.Returned
}
