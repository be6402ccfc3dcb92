import KernelMemory

/// Finds out when kswapd ran on another CPU of a recorded machine.
///
/// With several CPUs kswapd can wake up, or go back to sleep, on a CPU whose doings no record tells,
/// and change how far the counters may drift (`stat_threshold`). A trace only shows the effect: from
/// some call on the counters fold elsewhere. So where a dump or a result differs, the calls since
/// the last dump that agreed are run again with kswapd put before each of them in turn; if one place
/// makes everything exact, that is when it was.
struct KswapdSearch {
    /// A call and what it returned in the trace.
    struct Step {
        var call: KernelCall
        /// The frame that `alloc_pages` returned; not looked at for other calls.
        var pfn: UInt32?
    }

    private var start: Machine?
    private var steps: [Step] = []

    /// The machine agreed with a dump: only what follows can be in question.
    mutating func agreed(_ machine: Machine) {
        guard machine.cpuCount > 1 else { return }
        start = machine
        steps.removeAll(keepingCapacity: true)
    }

    /// One more call was made.
    mutating func add(_ call: KernelCall, pfn: UInt32?) {
        if start != nil { steps.append(Step(call: call, pfn: pfn)) }
    }

    /// The machine as it would be with kswapd at the right place, and that place as a number of
    /// calls before the present one; `nil` if no place explains what was recorded.
    func solve(_ agrees: (Machine) -> Bool) -> (machine: Machine, callsAgo: Int)? {
        guard let start else { return nil }
        var before = start
        for index in 0...steps.count {
            for isAwake in [true, false] {
                var machine = before
                _ = machine.apply(.kswapd(isAwake: isAwake))
                if run(&machine, from: index), agrees(machine) {
                    return (machine, steps.count - index)
                }
            }
            if index < steps.count { _ = before.apply(steps[index].call) }
        }
        return nil
    }

    private func run(_ machine: inout Machine, from index: Int) -> Bool {
        for step in steps[index...] {
            let outcome = machine.apply(step.call)
            guard case .allocPages = step.call else { continue }
            if machine.pfn(of: outcome) != step.pfn { return false }
        }
        return true
    }
}

extension Machine {
    /// The frame that an `alloc_pages` returned; `nil` for NULL.
    func pfn(of outcome: Outcome) -> UInt32? {
        guard case .page(let page) = outcome.returned else { return nil }
        return frame(of: page)?.rawValue
    }

    /// Whether the counters' thresholds are the recorded ones.
    func hasStatThresholds(of recording: MachineRecording) -> Bool {
        zones.flatMap { $0.perCPU.map(\.statThreshold) }
            == recording.zones.flatMap { $0.perCPU.map(\.statThreshold) }
    }
}
