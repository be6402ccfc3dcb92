import KernelMemory
import KernelTestSupport
import Testing

/// Seeded calls that mind no context, under the invariants.
@Suite struct ContextRandomTests {
    @Test(arguments: [1, 2, 4], [false, true])
    func anyCalls_leaveTheAccountingRight(_ cpus: Int, _ debug: Bool) throws {
        for kind in [MachineConfiguration.Kind.classroom, .x86_64] {
            let memory = kind == .classroom ? nil : 64
            var machine = Machine(
                try MachineConfiguration(
                    kind: kind, memoryInMiB: memory, cpuCount: cpus, debug: debug))
            var calls = WildContextCalls(seed: UInt64(cpus), machine: machine)
            for index in 0..<2_000 {
                let before = (machine, calls)
                let call = calls.step(&machine)
                if machine.oops != nil {
                    machine = before.0
                    calls.goBack(to: before.1)
                }
                let violation = machine.contextViolation()
                try #require(violation == nil, "call \(index), \(call): \(violation ?? "")")
            }
            #expect(machine.invariantViolation() == nil)
            machine.lookEverywhere()
        }
    }

    @Test(arguments: [1, 2, 4], [false, true])
    func callsThatKeepTheRules_areNoMisuse(_ cpus: Int, _ debug: Bool) throws {
        for kind in [MachineConfiguration.Kind.classroom, .x86_64] {
            let memory = kind == .classroom ? nil : 64
            var machine = Machine(
                try MachineConfiguration(
                    kind: kind, memoryInMiB: memory, cpuCount: cpus, debug: debug))
            var calls = RandomContextCalls(seed: UInt64(cpus), machine: machine)
            for index in 0..<2_000 {
                let call = calls.step(&machine)
                let violation =
                    machine.contextViolation() ?? machine.oops
                    ?? machine.misuses.last?.code.rawValue
                try #require(violation == nil, "call \(index), \(call): \(violation ?? "")")
            }
            #expect(machine.invariantViolation() == nil)
        }
    }

    @Test func sameSeed_givesTheSameMachine() throws {
        let configuration = try MachineConfiguration(kind: .classroom, cpuCount: 3)
        let logs = (0..<2).map { _ in
            var machine = Machine(configuration)
            var calls = WildContextCalls(seed: 7, machine: machine)
            var made: [String] = []
            for _ in 0..<500 where machine.oops == nil { made.append("\(calls.step(&machine))") }
            return made + machine.log.map(\.text)
        }
        #expect(logs[0] == logs[1])
    }
}
