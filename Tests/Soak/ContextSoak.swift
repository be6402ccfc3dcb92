import KernelMemory
import KernelTestSupport

/// Seeded calls of mappings and contexts, right and wrong, on plain and on debugging machines: whatever
/// callers do, the simulator's accounting stays right, and nothing traps.
struct ContextSoak {
    let count: Int
    let seed: UInt64

    /// Calls on one machine.
    private static let round = 1_500
    /// Calls between two states to go back to when the machine halts.
    private static let stride = 4

    /// The machines that are tried if none are named.
    static let usual = [
        "classroom", "classroom:4:2", "classroom:4:3", "classroom:4:4", "i386:1024:2",
        "i386:64", "x86_64:64:3",
    ]

    /// What came of it.
    private struct Tally {
        var calls = 0
        var kindCalls = 0
        var halts = 0
        var misuses = 0
        var blocked = 0
        var resumed = 0
    }

    /// Makes as many calls in each mode; returns whether nothing was wrong.
    func run(_ plans: [Plan]) -> Bool {
        for debug in [false, true] {
            var tally = Tally()
            var seed = seed
            let images = plans.map { plan in
                MachineConfiguration.SlabAllocator.allCases.map { slab in
                    var configuration = plan.configuration
                    (configuration.debug, configuration.slab) = (debug, slab)
                    return BootImage(configuration)
                }
            }
            while tally.calls < count {
                for (plan, images) in zip(plans, images) {
                    let machine = Machine(booting: images[Int(seed % UInt64(images.count))])
                    let violation = run(machine, seed, &tally) ?? runKind(machine, seed, &tally)
                    if let violation {
                        print("seed \(seed), \(plan.name), debug \(debug): \(violation)")
                        return false
                    }
                }
                if seed % 50 == 0 { complain("seed \(seed), debug \(debug): \(tally.calls) calls") }
                seed += 1
            }
            print(
                "\(tally.calls) wild and \(tally.kindCalls) kind context calls, debug \(debug), from seed \(self.seed): "
                    + "\(tally.misuses) misuses, \(tally.halts) halts, \(tally.blocked) slept or "
                    + "spun, \(tally.resumed) went on, no violation")
        }
        return true
    }

    /// As many calls of tasks that keep the rules.
    private func runKind(_ fresh: Machine, _ seed: UInt64, _ tally: inout Tally) -> String? {
        var machine = fresh
        var calls = RandomContextCalls(seed: seed, machine: machine)
        for index in 0..<Self.round {
            let call = calls.step(&machine)
            tally.kindCalls += 1
            var violation = machine.contextViolation()
            if machine.contexts.cpus.contains(where: { $0.preemptDepth < $0.locks.count }) {
                violation = "a lock is held with preemption on"
            }
            if let misuse = machine.misuses.last { violation = "it is \(misuse.code.rawValue)" }
            if let oops = machine.oops { violation = "it ends in \(oops)" }
            if let violation { return "kind call \(index), \(call): \(violation)" }
        }
        return nil
    }

    private func run(_ fresh: Machine, _ seed: UInt64, _ tally: inout Tally) -> String? {
        var machine = fresh
        var calls = WildContextCalls(seed: seed, machine: machine)
        var before = (machine, calls)
        let isSmall = machine.frameEnd <= 4_096
        for index in 0..<Self.round {
            if index % Self.stride == 0 { before = (machine, calls) }
            let step = machine.step
            let isSpinning = machine.isSpinning
            let call = calls.step(&machine)
            tally.calls += 1
            if machine.oops != nil {
                tally.halts += 1
                machine = before.0
                calls.goBack(to: before.1)
                continue
            }
            // The larger pool takes as long to look at as many calls.
            var violation = isSmall || index % 16 == 0 ? machine.contextViolation() : nil
            let isFull = isSmall && index % 250 == 249
            if violation == nil, isFull { violation = machine.invariantViolation() }
            let isCounted = machine.step == step + 1 || isSpinning && machine.step == step
            if !isCounted { violation = "the call was not counted" }
            if let violation { return "call \(index), \(call): \(violation)" }
            if isSmall && index % 500 == 250 { machine.lookEverywhere() }
        }
        tally.misuses += machine.misuseCount
        tally.blocked += calls.blockedCount
        tally.resumed += calls.resumedCount
        return machine.invariantViolation()
    }
}
