import KernelTestSupport
import Testing

@testable import KernelMemory

/// A call that is explained does what it would have done: seeded calls on two machines, one of which
/// explains every call.
@Suite struct ExplainedMachineTests {
    struct Kernel: CustomTestStringConvertible, Sendable {
        var kind = MachineConfiguration.Kind.classroom
        var memory: Int?
        var cpus = 2
        var debug = false
        var slab = MachineConfiguration.SlabAllocator.slub
        var testDescription: String { "\(kind) \(slab) \(debug ? "debug" : "plain")" }

        func boot() throws -> Machine {
            Machine(
                try MachineConfiguration(
                    kind: kind, memoryInMiB: memory, cpuCount: cpus, debug: debug, slab: slab))
        }
    }

    static let kernels = [
        Kernel(), Kernel(slab: .slab), Kernel(debug: true), Kernel(kind: .x86_64, memory: 32),
        Kernel(kind: .i386, memory: 16, cpus: 1),
    ]

    @Test(arguments: kernels)
    func callsThatKeepTheRules_endAlike(_ kernel: Kernel) throws {
        var pages = RandomCalls(seed: 21, cpus: kernel.cpus)
        try compare(kernel.boot(), calls: 240) { pages.step(&$0) }
        let start = try kernel.boot()
        var contexts = RandomContextCalls(seed: 22, machine: start)
        try compare(start, calls: 240) { contexts.step(&$0) }
    }

    @Test(arguments: kernels)
    func callsThatBreakEveryRule_endAlike(_ kernel: Kernel) throws {
        let start = try kernel.boot()
        var mappings = WildMappingCalls(seed: 23, machine: start)
        try compare(start, calls: 210) { mappings.step(&$0) }
        var slabs = WildSlabCalls(
            seed: 24, cpus: kernel.cpus, caches: start.cacheAddresses)
        try compare(start, calls: 210) { slabs.step(&$0) }
    }

    /// Makes calls on two machines and compares them now and then; calls that end one are taken back.
    private func compare(
        _ start: Machine, calls: Int, _ step: (inout Machine) -> KernelCall
    ) throws {
        var (plain, explained) = (start, start)
        for index in 1...calls {
            let before = (plain, explained)
            let call = step(&plain)
            var again = before.0
            let returned = again.apply(call).returned
            let (outcome, why) = explained.explain(call)
            try #require(outcome.returned == returned, "call \(index), \(call)")
            #expect(why.decisions.count <= Explanation.limit)
            #expect(plain.oops == explained.oops, "call \(index), \(call)")
            if plain.oops != nil { (plain, explained) = before }
            if index % (calls / 3) == 0 { try compare(plain, explained, "call \(index), \(call)") }
        }
    }

    private func compare(_ plain: Machine, _ explained: Machine, _ place: String) throws {
        #expect(explained.core.control.pointee.state == plain.core.control.pointee.state)
        #expect(explained.core.cold.explanation == Explanation())
        let difference = plain.difference(from: explained)
        try #require(difference == nil, "\(difference ?? ""), \(place)")
        for pfn in 0..<min(plain.frameEnd, 4096) where !plain.core.contents.isZero(pfn) {
            let page = UInt64(pfn)
            try #require(
                plain.core.readPhysical(page, 0, 4096)
                    == explained.core.readPhysical(page, 0, 4096),
                "pfn \(pfn), \(place)")
        }
    }
}
