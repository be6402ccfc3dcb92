import CSimdJSON
import KernelMemory
import MicroHTTPD

/// The body of `PUT /context`: what the CPU is to be, where it is said.
struct WantedContext {
    private static let fields = FieldNames([
        "cpu", "context", "irqs_disabled", "softirqs_disabled", "preempt_disabled",
    ])
    private static let kinds = FieldNames(["process", "softirq", "hardirq"])

    private var cpu: UInt32?
    /// 0 for process context, 1 for a softirq, 2 for a device's interrupt.
    private var kind: Int?
    private var irqsOff: Bool?
    private var softirqsOff: Bool?
    private var preemptionOff: Bool?

    /// Reads the body.
    init(_ request: borrowing Request) throws(Problem) {
        var reader = try JSONObjectReader(request, Self.fields)
        while let field = try reader.next() {
            switch field {
            case 0: cpu = try reader.cpu()
            case 1: kind = try reader.choice(Self.kinds)
            case 2: irqsOff = try reader.boolean()
            case 3: softirqsOff = try reader.boolean()
            default: preemptionOff = try reader.boolean()
            }
        }
    }

    /// Refuses a CPU that the machine does not have, and keeps the kind of context that is not to change.
    mutating func settle(_ machine: borrowing Machine) throws(Problem) {
        if let cpu {
            try RequestedCall(call: .runOn(cpu: cpu), cpu: nil).checkCPU(machine.cpuCount, at: "")
        }
        if kind == nil {
            kind = machine.contexts.cpus[cpu.map { Int($0) } ?? machine.currentCPU].kind
        }
    }

    /// Calls that suffice to get anywhere from a CPU's context.
    func callLimit(_ machine: borrowing Machine) -> Int {
        let context = machine.contexts.cpus[cpu.map { Int($0) } ?? machine.currentCPU]
        return 64 + context.preemptDepth + context.bottomHalfDepth
    }

    /// The next call on the way; `nil` when the CPU is as wanted, or cannot get any nearer.
    func nextCall(_ machine: borrowing Machine) -> KernelCall? {
        if let cpu, cpu != UInt32(machine.currentCPU) { return .runOn(cpu: cpu) }
        let context = machine.contexts.cpus[machine.currentCPU]
        return (changeOfKind(context) ?? changeOfFlags(context)).map { .cpu($0) }
    }

    /// Whether the current CPU is as wanted.
    func isReached(_ machine: borrowing Machine) -> Bool {
        let context = machine.contexts.cpus[machine.currentCPU]
        return nextCall(machine) == nil && (kind ?? context.kind) == context.kind
            && (preemptionOff ?? (context.preemptDepth > 0)) == (context.preemptDepth > 0)
            && (softirqsOff ?? (context.bottomHalfDepth > 0)) == (context.bottomHalfDepth > 0)
    }

    private func changeOfKind(_ context: ContextsSnapshot.CPU) -> CPUEvent? {
        guard let kind else { return nil }
        let first = changeBefore(kind, context)
        let isToLeave = first.map { !context.isPossible($0) } ?? false
        if context.kind > kind || isToLeave { return exit(context) }
        if context.kind == kind { return nil }
        if let first { return first }
        if context.areIRQsOff { return .localIRQEnable }
        if kind == 2 { return .enterIRQ }
        if context.bottomHalfDepth > 0 { return .localBHEnable }
        // A count that is out of balance lets no softirq begin.
        return context.count.isInInterrupt ? nil : .enterSoftirq
    }

    /// What is to be switched before an interrupt comes, since its handler may not.
    private func changeBefore(_ kind: Int, _ context: ContextsSnapshot.CPU) -> CPUEvent? {
        let softirqs = kind == 2 ? changeOfSoftirqs(context) : nil
        return softirqs ?? (preemptionOff == false ? changeOfPreemption(context) : nil)
    }

    /// The way out of an interrupt, which is to leave everything as it found it.
    private func exit(_ context: ContextsSnapshot.CPU) -> CPUEvent {
        if context.ownPreemptDepth > 0, context.isPossible(.preemptEnable) { return .preemptEnable }
        if context.kind == 2 { return .exitIRQ }
        return context.isPossible(.localBHEnable) ? .localBHEnable : .exitSoftirq
    }

    private func changeOfSoftirqs(_ context: ContextsSnapshot.CPU) -> CPUEvent? {
        if softirqsOff == true, context.bottomHalfDepth == 0 { return .localBHDisable }
        if softirqsOff == false, context.ownBottomHalfDepth > 0 { return .localBHEnable }
        return nil
    }

    private func changeOfFlags(_ context: ContextsSnapshot.CPU) -> CPUEvent? {
        if let irqsOff, irqsOff != context.areIRQsOff {
            return irqsOff ? .localIRQDisable : .localIRQEnable
        }
        if let softirqs = changeOfSoftirqs(context) { return softirqs }
        return changeOfPreemption(context)
    }

    private func changeOfPreemption(_ context: ContextsSnapshot.CPU) -> CPUEvent? {
        if preemptionOff == true, context.preemptDepth == 0 { return .preemptDisable }
        if preemptionOff == false, context.ownPreemptDepth > 0 { return .preemptEnable }
        return nil
    }
}

extension ContextsSnapshot.CPU {
    /// 0 for process context, 1 for a softirq, 2 for a device's interrupt.
    fileprivate var kind: Int { interrupts.last.map { $0 == .softirq ? 1 : 2 } ?? 0 }

    /// Whether something can be switched here so that what an interrupt found stays as it was, and
    /// that the kernel does not warn.
    fileprivate func isPossible(_ event: CPUEvent) -> Bool {
        switch event {
        case .preemptEnable: preemptDepth > depthsBefore?.preemption ?? 0
        case .localBHEnable: kind != 2 && bottomHalfDepth > depthsBefore?.bottomHalves ?? 0
        default: kind != 2
        }
    }
}
