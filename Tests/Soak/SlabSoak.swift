import KernelMemory
import KernelTestSupport

/// Seeded calls of the slab interface on machines with either allocator: no two live objects overlap,
/// every byte written is read back, and in the end everything comes back.
struct SlabSoak {
    let count: Int
    let seed: UInt64

    /// Calls between two checks of all invariants.
    private static let stride = 5_000

    /// The machines that are tried if none are named.
    static let usual = ["classroom", "classroom:4:3", "i386:16", "i386:64:2", "x86_64:64:2"]

    /// Tries all machines; returns whether nothing was wrong.
    func run(_ plans: [Plan]) -> Bool {
        let allocators = MachineConfiguration.SlabAllocator.allCases
        let share = count / (plans.count * allocators.count)
        for plan in plans {
            for slab in allocators {
                if let violation = run(plan, slab, share) {
                    print("\(plan.name), \(slab.rawValue), seed \(seed): \(violation)")
                    return false
                }
                complain("\(plan.name), \(slab.rawValue): \(share) calls")
            }
        }
        let total = share * plans.count * allocators.count
        print("\(total) slab calls on \(plans.count) machines, seed \(seed): no violation")
        return true
    }

    private func run(
        _ plan: Plan, _ slab: MachineConfiguration.SlabAllocator, _ count: Int
    ) -> String? {
        var configuration = plan.configuration
        configuration.slab = slab
        var machine = Machine(configuration)
        var calls = RandomSlabCalls(
            seed: seed, cpus: configuration.cpuCount, machine: &machine)
        for index in 0..<count {
            var violation = calls.step(&machine)
            if violation == nil, index % Self.stride == 0 {
                violation = machine.invariantViolation()
            }
            if machine.misuseCount != 0 || machine.oops != nil { violation = "a rule was broken" }
            if let violation { return "call \(index): \(violation)" }
        }
        return calls.finish(&machine) ?? machine.invariantViolation()
    }
}
