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

    /// Refuses a CPU that the machine does not have.
    func check(_ machine: borrowing Machine) throws(Problem) {
        if let cpu {
            try RequestedCall(call: .runOn(cpu: cpu), cpu: nil).checkCPU(machine.cpuCount, at: "")
        }
    }

    /// The next call on the way; `nil` when the CPU is as wanted, or cannot get any nearer.
    func nextCall(_ machine: borrowing Machine) -> KernelCall? {
        if let cpu, cpu != UInt32(machine.currentCPU) { return .runOn(cpu: cpu) }
        if machine.isHalted || machine.isSpinning { return nil }
        let context = machine.contexts.cpus[machine.currentCPU]
        return changeOfKind(context) ?? changeOfFlags(context)
    }

    private func changeOfKind(_ context: ContextsSnapshot.CPU) -> KernelCall? {
        guard let kind else { return nil }
        let current = context.interrupts.last.map { $0 == .softirq ? 1 : 2 } ?? 0
        if current == kind { return nil }
        if current > kind { return .cpu(current == 2 ? .exitIRQ : .exitSoftirq) }
        if context.areIRQsOff { return .cpu(.localIRQEnable) }
        if kind == 1, context.bottomHalfDepth > 0 { return .cpu(.localBHEnable) }
        // A count that is out of balance lets no softirq begin.
        if kind == 1, context.count.isInInterrupt { return nil }
        return .cpu(kind == 1 ? .enterSoftirq : .enterIRQ)
    }

    private func changeOfFlags(_ context: ContextsSnapshot.CPU) -> KernelCall? {
        if let irqsOff, irqsOff != context.areIRQsOff {
            return .cpu(irqsOff ? .localIRQDisable : .localIRQEnable)
        }
        if let softirqsOff, softirqsOff != (context.bottomHalfDepth > 0) {
            return .cpu(softirqsOff ? .localBHDisable : .localBHEnable)
        }
        // Locks and atomic mappings keep the CPU for themselves.
        let own = context.preemptDepth - context.locks.count - context.atomicMappings
        if preemptionOff == true, context.preemptDepth == 0 { return .cpu(.preemptDisable) }
        if preemptionOff == false, own > 0 { return .cpu(.preemptEnable) }
        return nil
    }
}
