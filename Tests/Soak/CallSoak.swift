import KernelMemory
import KernelTestSupport

/// Seeded calls, as many on each machine as on any other, every one followed by a check.
///
/// On small machines every frame is checked after every call. On others the counters and the
/// surroundings of the block that the call was about are, and every frame now and then.
struct CallSoak {
    let count: Int
    let seed: UInt64

    /// Machines up to this size are checked in full after every call.
    private static let smallFrameCount = 4096
    /// Frames that full checks look at for each call, on average, on larger machines.
    private static let framesPerCall = 256

    /// The machines that are tried if none are named.
    static let usual = [
        "classroom", "classroom:4:3", "i386:16", "i386:64:2", "i386:1024:2", "i386:2048",
        "x86_64:64", "x86_64:1024:2", "x86_64:6144:4",
    ]

    /// Tries all machines; returns whether nothing was wrong.
    func run(_ plans: [Plan]) -> Bool {
        var calls = 0
        for (index, plan) in plans.enumerated() {
            let share = count / plans.count + (index < count % plans.count ? 1 : 0)
            if let violation = run(plan, share, seed: seed &+ UInt64(index)) {
                print("\(plan.name), seed \(seed &+ UInt64(index)): \(violation)")
                return false
            }
            calls += share
        }
        print("\(calls) calls on \(plans.count) machines, seed \(seed): no violation")
        return true
    }

    private func run(_ plan: Plan, _ count: Int, seed: UInt64) -> String? {
        var machine = Machine(plan.configuration)
        let frames = Int(machine.frameEnd)
        let stride = frames <= Self.smallFrameCount ? 1 : frames / Self.framesPerCall
        // Long enough to fill the memory and to empty it again.
        let tide = UInt32(max(500, frames / 3))
        var calls = RandomCalls(seed: seed, cpus: plan.configuration.cpuCount, tide: tide)
        var full = 0
        for index in 0..<count {
            let before = machine.step
            let (call, pfn) = step(&machine, &calls)
            var violation = pfn.flatMap { machine.invariantViolation(around: $0) }
            if violation == nil, index % stride == 0 || index == count - 1 {
                violation = machine.invariantViolation()
                full += 1
            }
            if machine.step != before + 1 { violation = "the call was not counted" }
            if machine.misuseCount != 0 || machine.oops != nil { violation = "a rule was broken" }
            if let violation { return "call \(index), \(call): \(violation)" }
            if index % 100_000 == 99_999 { complain("\(plan.name): \(index + 1) calls") }
        }
        if machine.liveUse.pages != calls.livePages { return "pages owned at the end" }
        complain("\(plan.name): \(count) calls, \(full) full checks, peak \(machine.peak) pages")
        return nil
    }

    /// Makes one call; returns it, and a frame that it was about.
    private func step(
        _ machine: inout Machine, _ calls: inout RandomCalls
    ) -> (KernelCall, PageFrameNumber?) {
        let call = calls.step(&machine)
        switch call {
        case .freePagesOf(let page, _), .splitPage(let page, _):
            return (call, machine.frame(of: page))
        default:
            return (call, calls.newest.flatMap { machine.frame(of: $0) })
        }
    }
}

extension Machine {
    fileprivate var peak: Int { peakUse.total }
}
