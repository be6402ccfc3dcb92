import KernelMemory
import KernelTestSupport
import Testing

/// Seeded calls to the slab allocators under their invariants and a shadow model of who owns which
/// bytes.
@Suite struct SlabRandomTests {
    typealias Allocator = MachineConfiguration.SlabAllocator

    struct Plan: CustomTestStringConvertible, Sendable {
        var kind: MachineConfiguration.Kind
        var memory: Int?
        var cpus = 1
        var keepsCachesApart = false
        var seed: UInt64
        var calls: Int
        /// Calls between two checks of the invariants.
        var stride: Int
        var testDescription: String { "\(kind) \(memory ?? 0) MiB, \(cpus) cpus, seed \(seed)" }
    }

    static let plans: [Plan] = [
        Plan(kind: .classroom, seed: 1, calls: 2_000, stride: 1),
        Plan(kind: .classroom, cpus: 3, keepsCachesApart: true, seed: 2, calls: 2_000, stride: 1),
        Plan(kind: .i386, memory: 16, seed: 3, calls: 5_000, stride: 100),
        Plan(kind: .i386, memory: 64, cpus: 2, seed: 4, calls: 5_000, stride: 250),
        Plan(kind: .x86_64, memory: 64, cpus: 2, seed: 5, calls: 5_000, stride: 250),
    ]

    @Test(arguments: plans, Allocator.allCases)
    func everyCall_keepsTheInvariantsAndTheBytes(_ plan: Plan, _ slab: Allocator) throws {
        var machine = Machine(
            try MachineConfiguration(
                kind: plan.kind, memoryInMiB: plan.memory, cpuCount: plan.cpus, slab: slab,
                keepsCachesApart: plan.keepsCachesApart))
        #expect(machine.invariantViolation() == nil)
        var calls = RandomSlabCalls(seed: plan.seed, cpus: plan.cpus, machine: &machine)
        for index in 1...plan.calls {
            let fault = calls.step(&machine)
            try #require(fault == nil, "seed \(plan.seed), call \(index): \(fault ?? "")")
            guard index % plan.stride == 0 else { continue }
            let violation = machine.invariantViolation()
            try #require(violation == nil, "seed \(plan.seed), call \(index): \(violation ?? "")")
        }
        let fault = calls.finish(&machine)
        #expect(fault == nil, "\(fault ?? "")")
        #expect(machine.invariantViolation() == nil)
        #expect(machine.misuseCount == 0)
        #expect(machine.cachesAsRecorded.allSatisfy { !$0.name.hasPrefix("test-") })
    }

    @Test(arguments: Allocator.allCases)
    func everything_comesBackToThePageAllocator(_ slab: Allocator) throws {
        var machine = Machine(
            try MachineConfiguration(kind: .i386, memoryInMiB: 16, slab: slab))
        let before = Self.freePages(machine)
        var calls = RandomSlabCalls(seed: 6, cpus: 1, machine: &machine)
        for _ in 0..<5_000 { _ = calls.step(&machine) }
        #expect(Self.freePages(machine) < before)
        #expect(calls.finish(&machine) == nil)
        for cache in machine.cachesAsRecorded {
            _ = machine.apply(.kmemCacheShrink(VirtualAddress(cache.address)))
        }
        for cache in machine.cachesAsRecorded { #expect(cache.slabs == 0, "\(cache.name)") }
        #expect(Self.freePages(machine) == before)
    }

    /// Pages on all lists, the CPUs' among them.
    private static func freePages(_ machine: Machine) -> Int {
        machine.zones.reduce(0) { sum, zone in
            sum + Int(zone.freePages) + zone.perCPU.reduce(0) { $0 + Int($1.count) }
        }
    }

    /// A copy goes its own way: what is done to one is not seen in the other.
    @Test(arguments: Allocator.allCases)
    func forks_haveTheirOwnCaches(_ slab: Allocator) throws {
        var machine = Machine(
            try MachineConfiguration(kind: .i386, memoryInMiB: 16, cpuCount: 2, slab: slab))
        var calls = RandomSlabCalls(seed: 7, cpus: 2, machine: &machine)
        for _ in 0..<2_000 { _ = calls.step(&machine) }
        let (recorded, frozen) = (machine.cachesAsRecorded, machine)
        var other = machine
        var otherCalls = calls
        for _ in 0..<1_000 {
            #expect(otherCalls.step(&other) == nil)
        }
        #expect(machine.cachesAsRecorded == recorded)
        #expect(other.cachesAsRecorded != recorded)
        for _ in 0..<1_000 { #expect(calls.step(&machine) == nil) }
        #expect(machine.cachesAsRecorded == other.cachesAsRecorded)
        #expect(frozen.cachesAsRecorded == recorded)
        #expect(machine.invariantViolation() == nil)
    }
}

/// A cache of either allocator, written down.
private struct RecordedCache: Equatable {
    var name: String
    var address: UInt64
    var slabs: Int
    /// All of its state.
    var state: String
}

extension Machine {
    fileprivate var cachesAsRecorded: [RecordedCache] {
        slubRecordings.map {
            .init(name: $0.name, address: $0.address, slabs: Int($0.slabCount), state: "\($0)")
        }
            + classicRecordings.map {
                .init(
                    name: $0.name, address: $0.address, slabs: Int($0.node.slabCount),
                    state: "\($0)")
            }
    }
}
