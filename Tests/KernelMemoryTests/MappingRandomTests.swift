import KernelMemory
import KernelTestSupport
import Testing

/// Seeded calls of virtual memory under the invariants and a shadow model of every byte.
@Suite struct MappingRandomTests {
    struct Plan: CustomTestStringConvertible, Sendable {
        var kind: MachineConfiguration.Kind
        var memory: Int?
        var cpus = 1
        var debug = false
        var seed: UInt64
        var calls: Int
        /// Calls between two checks of the invariants.
        var stride: Int
        var testDescription: String { "\(kind) \(memory ?? 0) MiB, \(cpus) cpus, seed \(seed)" }
    }

    static let plans: [Plan] = [
        Plan(kind: .classroom, cpus: 2, seed: 1, calls: 800, stride: 1),
        Plan(kind: .classroom, debug: true, seed: 2, calls: 800, stride: 1),
        Plan(kind: .i386, memory: 1_024, cpus: 2, seed: 3, calls: 1_500, stride: 500),
        Plan(kind: .x86_64, memory: 64, cpus: 2, seed: 4, calls: 1_500, stride: 250),
    ]

    @Test(arguments: plans, MachineConfiguration.SlabAllocator.allCases)
    func everyCall_keepsTheInvariantsAndTheBytes(
        _ plan: Plan, _ slab: MachineConfiguration.SlabAllocator
    ) throws {
        var machine = Machine(
            try MachineConfiguration(
                kind: plan.kind, memoryInMiB: plan.memory, cpuCount: plan.cpus,
                debug: plan.debug, slab: slab))
        #expect(machine.invariantViolation() == nil)
        let free = machine.freeVmRanges
        var calls = RandomMappingCalls(seed: plan.seed, machine: machine, pageLimit: 250)
        for index in 1...plan.calls {
            let fault = calls.step(&machine)
            try #require(fault == nil, "seed \(plan.seed), call \(index): \(fault ?? "")")
            guard index % plan.stride == 0 else { continue }
            let violation = machine.invariantViolation()
            try #require(violation == nil, "seed \(plan.seed), call \(index): \(violation ?? "")")
        }
        let fault = calls.finish(&machine) ?? machine.invariantViolation()
        #expect(fault == nil, "\(fault ?? "")")
        #expect(machine.misuseCount == 0 && machine.oops == nil)
        #expect(machine.freeVmRanges == free)
        #expect(machine.unpurgedVmRanges.isEmpty && machine.lazyVmPages == 0)
        #expect(machine.vmallocPageCount == 0 && machine.liveUse.pages == 0)
    }

    /// Tables stay, but cost nothing; the areas' pages were never written. What is stored then are the
    /// pointers in the large area's array, which its frames keep as all freed frames keep their bytes.
    @Test(arguments: [MachineConfiguration.Kind.i386, .x86_64])
    func areasThatAreGone_leaveNothingBehind(_ kind: MachineConfiguration.Kind) throws {
        var machine = Machine(try MachineConfiguration(kind: kind, memoryInMiB: 1_024))
        let pages = Self.freePages(machine)
        let free = machine.freeVmRanges
        let stored = machine.storedByteCount
        var areas: [VirtualAddress] = []
        for size in [UInt64(1), 4096, 100_000, 64 << 20] {
            if case .address(let area) = machine.apply(.vmalloc(size: size)).returned {
                areas.append(area)
            }
        }
        #expect(areas.count == 4)
        let tables = machine.pageTables.count
        for area in areas { _ = machine.apply(.vfree(area)) }
        _ = machine.apply(.vmUnmapAliases)
        #expect(machine.freeVmRanges == free)
        #expect(machine.pageTables.count == tables)
        let kept = machine.pageTables.keys.count { $0.rawValue < machine.frameEnd }
        // Caches of the kernel's own objects may have kept a few more.
        #expect(pages - Self.freePages(machine) <= kept + 8)
        let array = (64 << 20) / 4096 * (kind == .i386 ? 4 : 8)
        #expect(machine.storedByteCount - stored <= array + 4 * 4096)
        #expect(machine.invariantViolation() == nil)
    }

    private static func freePages(_ machine: Machine) -> Int {
        machine.zones.reduce(0) { sum, zone in
            sum + Int(zone.freePages) + zone.perCPU.reduce(0) { $0 + Int($1.count) }
        }
    }

    /// What the check is for: each of these would go unnoticed without it.
    @Test func invariants_noticeWhatIsWrong() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        guard case .address(let area) = machine.apply(.vmalloc(size: 8192)).returned else {
            throw Refused()
        }
        #expect(machine.invariantViolation() == nil)
        let table = try #require(machine.walk(area).steps.last)
        let start = try #require(machine.address(of: table.table))
        let entry = start.rawValue + UInt64(table.index * 4)
        for (offset, bytes) in [
            // The first page is not mapped any more; a frame of somebody else is; the guard page is.
            (0, [UInt8](repeating: 0, count: 4)), (0, [0x63, 0x01, 0x10, 0x00]),
            (8, [0x63, 0x01, 0x10, 0x00]),
        ] as [(UInt64, [UInt8])] {
            var broken = machine
            _ = broken.apply(.store(VirtualAddress(entry + offset), bytes))
            #expect(broken.isCorrupted || broken.invariantViolation() != nil)
            #expect(!broken.isCorrupted)
        }
        // A TLB that knows a page whose entry went behind its back.
        _ = machine.apply(.load(area, width: 4))
        #expect(machine.invariantViolation() == nil)
        _ = machine.apply(.store(VirtualAddress(entry), [0x61, 0x01, 0x10, 0x00]))
        #expect(machine.invariantViolation() != nil)
    }

    private struct Refused: Error {}
}
