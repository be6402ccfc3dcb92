import KernelMemory
import KernelTestSupport

/// Seeded calls that break every rule of the slab allocators and of virtual memory, on plain and
/// debugging machines with either allocator: the simulated kernel may break, the simulator may not.
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
        var calls = WildCalls(seed, machine)
        var halts = 0
        for index in 0..<Self.round {
            let before = machine
            calls.step(&machine)
            // A call that ends the machine is taken back, so that worse can be tried.
            if machine.oops != nil { (machine, halts) = (before, halts + 1) }
            calls.look(at: machine)
            if index % 100 == 99 { machine.lookEverywhere() }
        }
        return halts
    }
}

/// Half of the seeds are about slabs alone, the others about virtual memory, too.
private enum WildCalls {
    case slabs(WildSlabCalls)
    case mappings(WildMappingCalls)

    init(_ seed: UInt64, _ machine: Machine) {
        self =
            seed.isMultiple(of: 2)
            ? .mappings(WildMappingCalls(seed: seed, machine: machine))
            : .slabs(
                WildSlabCalls(
                    seed: seed, cpus: machine.cpuCount, caches: machine.cacheAddresses))
    }

    mutating func step(_ machine: inout Machine) {
        switch self {
        case .slabs(var calls):
            _ = calls.step(&machine)
            self = .slabs(calls)
        case .mappings(var calls):
            _ = calls.step(&machine)
            self = .mappings(calls)
        }
    }

    mutating func look(at machine: Machine) {
        guard case .mappings(var calls) = self else { return }
        calls.look(at: machine)
        self = .mappings(calls)
    }
}
