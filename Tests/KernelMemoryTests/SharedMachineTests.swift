import KernelMemory
import KernelTestSupport
import Testing

/// Whether somebody holds a copy of a machine decides what a call has to copy, and nothing else: a replay
/// must lead where the calls led that it replays, also when they broke every rule.
@Suite struct SharedMachineTests {
    @Test(
        arguments: MachineConfiguration.Kind.allCases,
        MachineConfiguration.SlabAllocator.allCases)
    func calls_leadToTheSame_whoeverHoldsACopy(
        _ kind: MachineConfiguration.Kind, _ slab: MachineConfiguration.SlabAllocator
    ) throws {
        for debug in [false, true] {
            let image = BootImage(
                try MachineConfiguration(
                    kind: kind, memoryInMiB: kind == .classroom ? nil : 64, cpuCount: 2,
                    debug: debug, slab: slab))
            for seed in UInt64(1)...6 { try compare(image, seed) }
        }
    }

    /// Makes calls on a machine, and the same ones on another one of which there are copies.
    private func compare(_ image: BootImage, _ seed: UInt64) throws {
        var alone = Machine(booting: image)
        var watched = Machine(booting: image)
        var calls = WildMappingCalls(seed: seed, machine: alone)
        var random = SeededRandom(seed: seed)
        var copies: [Machine] = []
        for _ in 0..<600 where alone.oops == nil {
            if Int.random(in: 0..<3, using: &random) == 0 { copies = [watched] }
            let call = calls.step(&alone)
            let outcome = watched.apply(call)
            let place = "seed \(seed), step \(alone.step), \(call)"
            try #require(alone.misuses.suffix(3) == watched.misuses.suffix(3), "\(place)")
            try #require(alone.liveUse == watched.liveUse, "\(place): \(outcome)")
        }
        let end = alone.frameEnd
        #expect(
            alone.frameRuns(from: 0, to: end, limit: .max)
                == watched.frameRuns(from: 0, to: end, limit: .max))
        #expect(alone.log(of: alone.step) == watched.log(of: watched.step))
        #expect(alone.oops == watched.oops)
        #expect(copies.count <= 1)
    }
}
