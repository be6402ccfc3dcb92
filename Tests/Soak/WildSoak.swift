import KernelMemory
import KernelTestSupport

/// Seeded slab calls that break every rule, on plain and debugging machines with either allocator:
/// the simulated kernel may break, the simulator may not.
struct WildSoak {
    let count: Int
    let seed: UInt64

    /// Calls on one machine: long enough to break everything that can be.
    private static let round = 3_000

    /// The machines that are tried if none are named.
    static let usual = ["classroom", "classroom:4:3", "i386:16:2", "i386:64", "x86_64:64:2"]

    /// Tries all machines; returns only if nothing trapped.
    func run(_ plans: [Plan]) -> Bool {
        var halts = 0
        var calls = 0
        var seed = seed
        while calls < count {
            for plan in plans {
                for slab in MachineConfiguration.SlabAllocator.allCases {
                    for debug in [false, true] {
                        complain("seed \(seed), \(plan.name), \(slab.rawValue), debug \(debug)")
                        halts += run(plan, slab, debug, seed)
                        calls += Self.round
                    }
                }
            }
            seed += 1
        }
        print("\(calls) wild calls from seed \(self.seed): \(halts) halts, no trap")
        return true
    }

    private func run(
        _ plan: Plan, _ slab: MachineConfiguration.SlabAllocator, _ debug: Bool, _ seed: UInt64
    ) -> Int {
        var configuration = plan.configuration
        configuration.slab = slab
        configuration.debug = debug
        var machine = Machine(configuration)
        var calls = WildSlabCalls(
            seed: seed, cpus: configuration.cpuCount, caches: machine.cacheAddresses)
        var halts = 0
        for index in 0..<Self.round {
            let before = machine
            _ = calls.step(&machine)
            // A call that ends the machine is taken back, so that worse can be tried.
            if machine.oops != nil { (machine, halts) = (before, halts + 1) }
            if index % 100 == 99 { machine.lookEverywhere() }
        }
        return halts
    }
}
