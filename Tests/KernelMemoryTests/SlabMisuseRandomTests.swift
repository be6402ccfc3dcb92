import Foundation
import KernelMemory
import KernelTestSupport
import Testing

/// Callers of the slab allocators who break every rule: the simulated kernel may break, the simulator
/// may not.
@Suite struct SlabMisuseRandomTests {
    /// More with `KMEMLAB_MISUSE_SEEDS` in the environment; `make soak KIND=wild` is faster.
    private let seedCount =
        UInt64(ProcessInfo.processInfo.environment["KMEMLAB_MISUSE_SEEDS"] ?? "") ?? 2

    @Test(
        arguments: MachineConfiguration.Kind.allCases,
        MachineConfiguration.SlabAllocator.allCases)
    func anySlabCalls_neverTrap(
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
        var calls = WildSlabCalls(seed: seed, cpus: 2, caches: machine.cacheAddresses)
        for index in 0..<2_000 {
            let before = machine
            let call = calls.step(&machine)
            try #require(machine.step == before.step + 1, "\(call)")
            // A call that ends the machine is taken back, so that worse can be tried.
            if machine.oops != nil { machine = before }
            if index % 500 == 499 { machine.lookEverywhere() }
        }
        #expect(machine.misuseCount > 0)
    }

    /// Pages of a slab that were given to the page allocator behind its back still bear its mark; the
    /// seed is one that came upon them.
    @Test func staleMarksOfSlabs_canBeLookedAt() throws {
        let start = Machine(
            try MachineConfiguration(
                kind: .x86_64, memoryInMiB: 64, cpuCount: 2, slab: .slab))
        try breakRules(start, 5_000)
    }

    /// A free to a wrong cache takes objects out of counts that they were never in.
    @Test func classicCache_withCountsThatWentRound_growsOn() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom, slab: .slab))
        let small = try #require(machine.cacheAddress(named: "kmalloc-64"))
        let other = try #require(machine.cacheAddress(named: "pid"))
        for _ in 0..<600 {
            guard
                case .address(let object) = machine.apply(.kmemCacheAlloc(small, .kernel)).returned
            else { break }
            _ = machine.apply(.kmemCacheFree(other, object: object))
        }
        let shrunk = machine.apply(.kmemCacheShrink(other)).returned
        #expect(machine.oops != nil || shrunk != .halted)
        for _ in 0..<2_000 where machine.oops == nil {
            _ = machine.apply(.kmemCacheAlloc(other, .kernel))
        }
        #expect(machine.misuses.contains { $0.code == .wrongCache })
        machine.lookEverywhere()
    }
}
