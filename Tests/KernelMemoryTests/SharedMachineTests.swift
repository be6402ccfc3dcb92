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
            for seed in UInt64(1)...2 { try compare(image, seed) }
        }
    }

    /// A page of an area became a slab, and then went back to the page allocator with the area.
    @Test func slabWithoutItsPage_isTheSame_whoeverHoldsACopy() throws {
        let calls = [
            "alloc_pages(GFP_HIGHUSER, 2)", "alloc_pages(GFP_KERNEL, 1)",
            "kmalloc(3183, GFP_ATOMIC)", "alloc_pages(GFP_KERNEL, 3)",
            "alloc_pages(GFP_HIGHUSER, 2)", "kfree(0xffff88800203a000)",
            "alloc_pages(GFP_HIGHUSER, 1)", "kmalloc(5545, GFP_ATOMIC)",
            "__free_pages(0xffffea0000080700, 1)", "vmalloc(6100)", "vmalloc(13296)",
        ]
        let image = BootImage(try MachineConfiguration(kind: .x86_64, memoryInMiB: 64))
        var alone = Machine(booting: image)
        var watched = Machine(booting: image)
        for text in calls {
            let call = try ParsedCall(parsing: text).call
            let copy = watched
            let outcomes = (alone.apply(call), watched.apply(call))
            #expect(copy.step + 1 == watched.step, "\(outcomes)")
            #expect(alone.misuses == watched.misuses)
            #expect(alone.liveUse == watched.liveUse)
        }
        #expect(alone.misuseCount > 0)
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
