import KernelMemory
import KernelTestSupport

/// Seeded calls of virtual memory that keep the rules: every byte that was stored is read back, whatever
/// maps it, and in the end all addresses and pages come back.
struct MappingSoak {
    let count: Int
    let seed: UInt64

    /// Calls between two checks of all invariants.
    private static let stride = 5_000

    /// The machines that are tried if none are named.
    static let usual = ["classroom:4:2", "i386:64:2", "i386:1024", "x86_64:64:2"]

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
        print("\(total) mapping calls on \(plans.count) machines, seed \(seed): no violation")
        return true
    }

    private func run(
        _ plan: Plan, _ slab: MachineConfiguration.SlabAllocator, _ count: Int
    ) -> String? {
        var configuration = plan.configuration
        configuration.slab = slab
        var machine = Machine(configuration)
        let free = machine.freeVmRanges
        let limit = machine.zones.reduce(0) { $0 + Int($1.freePages) } / 3
        var calls = RandomMappingCalls(
            seed: seed, machine: machine, pageLimit: min(limit, 2_000))
        for index in 0..<count {
            var violation = calls.step(&machine)
            if violation == nil, index % Self.stride == 0 {
                violation = machine.invariantViolation()
            }
            if machine.misuseCount != 0 || machine.oops != nil { violation = "a rule was broken" }
            if let violation { return "call \(index): \(violation)" }
        }
        if let violation = calls.finish(&machine) ?? machine.invariantViolation() {
            return violation
        }
        return machine.freeVmRanges == free && machine.vmallocPageCount == 0
            ? nil : "addresses or pages are missing"
    }
}
