import KernelMemory
import KernelTestSupport
import Testing

/// Seeded calls under the invariant check and a shadow model of who owns what.
@Suite struct PageAllocatorRandomTests {
    struct Plan: CustomTestStringConvertible, Sendable {
        var kind: MachineConfiguration.Kind
        var memory: Int?
        var cpus = 1
        var debug = false
        var seed: UInt64
        var calls: Int
        /// Calls between two checks of the invariants.
        var stride: Int
        var testDescription: String {
            "\(kind) \(memory ?? 0) MiB, \(cpus) cpus\(debug ? ", debug" : ""), seed \(seed)"
        }
    }

    static let plans: [Plan] = [
        Plan(kind: .classroom, seed: 1, calls: 20_000, stride: 1),
        Plan(kind: .classroom, cpus: 3, seed: 2, calls: 20_000, stride: 1),
        Plan(kind: .i386, memory: 16, seed: 3, calls: 20_000, stride: 100),
        Plan(kind: .i386, memory: 1024, cpus: 2, seed: 4, calls: 30_000, stride: 3_000),
        Plan(kind: .x86_64, memory: 64, seed: 5, calls: 20_000, stride: 500),
        Plan(kind: .x86_64, memory: 4096, cpus: 2, seed: 6, calls: 20_000, stride: 10_000),
        Plan(kind: .classroom, cpus: 2, debug: true, seed: 7, calls: 4_000, stride: 1),
        Plan(kind: .i386, memory: 64, debug: true, seed: 8, calls: 4_000, stride: 200),
        Plan(kind: .x86_64, memory: 64, cpus: 2, debug: true, seed: 9, calls: 4_000, stride: 200),
    ]

    @Test(arguments: plans)
    func everyCall_keepsTheInvariants(_ plan: Plan) throws {
        var machine = Machine(try configuration(plan))
        #expect(machine.invariantViolation() == nil)
        var calls = RandomCalls(seed: plan.seed, cpus: plan.cpus)
        for index in 1...plan.calls {
            let call = calls.step(&machine)
            guard index % plan.stride == 0 else { continue }
            let violation = machine.invariantViolation()
            try #require(violation == nil, "seed \(plan.seed), call \(index), \(call)")
            try #require(machine.liveUse.pages == calls.livePages)
        }
        #expect(machine.misuseCount == 0)
    }

    @Test func sameCalls_giveTheSameMachineOnEveryRun() throws {
        let outcomes = try (0..<2).map { _ in
            var machine = Machine(try MachineConfiguration(kind: .classroom))
            var calls = RandomCalls(seed: 7, cpus: 1)
            for _ in 0..<5_000 { _ = calls.step(&machine) }
            return machine.frameRuns(from: 0, to: 1024, limit: .max)
        }
        #expect(outcomes[0] == outcomes[1])
    }

    private func configuration(_ plan: Plan) throws -> MachineConfiguration {
        try MachineConfiguration(
            kind: plan.kind, memoryInMiB: plan.memory, cpuCount: plan.cpus, debug: plan.debug)
    }
}
