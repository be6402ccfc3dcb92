import KernelMemory
import MicroHTTPD

/// What each CPU is doing and may do; and bringing one into another context.
extension MemoryService {
    var contextEndpoints: [Endpoint] {
        [
            look("/context", ContextRoutes.show),
            change(.put, "/context", ContextRoutes.change),
        ]
    }
}

enum ContextRoutes {
    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        response.snapshot(view) { json in json.contexts(view) }
    }

    /// Makes the calls that lead to the wanted context, one step each, and answers with them.
    @Sendable
    static func change(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        var wanted = try WantedContext(request)
        try wanted.settle(session.machine)
        let calls = try plan(wanted, session)
        try response.json { (json) throws(Problem) in
            try json.object { (json) throws(Problem) in
                try json.array("calls") { (json) throws(Problem) in
                    for call in calls {
                        let outcome = try session.apply(call)
                        json.answer(to: call, outcome.returned, session.machine)
                    }
                }
                let view = try session.view()
                json.member("step", view.step)
                json.contexts(view)
            }
        }
    }

    /// Finds the calls on a copy of the machine, so that a way that leads nowhere leaves no trace, not
    /// even among the calls that can be redone.
    private static func plan(
        _ wanted: WantedContext, _ session: borrowing SessionState
    ) throws(Problem) -> [KernelCall] {
        var machine = session.machine
        var calls: [KernelCall] = []
        let limit = wanted.callLimit(machine)
        while calls.count < limit, let call = wanted.nextCall(machine) {
            try session.checkRunning(call, on: machine)
            calls.append(call)
            _ = machine.apply(call)
            if machine.isHalted || breaksBalance(machine) { throw unreachable(machine) }
        }
        if !wanted.isReached(machine) { throw unreachable(machine) }
        try session.checkRoom(for: calls.map { RequestedCall(call: $0, cpu: nil) })
        return calls
    }

    /// Whether the last call left an interrupt, or enabled something, in another state than it must.
    private static func breaksBalance(_ machine: borrowing Machine) -> Bool {
        machine.misuses(of: machine.step).contains {
            $0.code == .preemptUnbalanced || $0.code == .interruptUnbalanced
        }
    }

    private static func unreachable(_ machine: borrowing Machine) -> Problem {
        Problem(
            .contextUnreachable, "No calls lead there from here: \(obstacle(machine))")
    }

    /// What is in the way, on the machine as it is at the end of it.
    private static func obstacle(_ machine: borrowing Machine) -> String {
        if machine.isHalted { return "one of them halts the machine, \(machine.oops ?? "")" }
        let cpu = machine.contexts.cpus[machine.currentCPU]
        let count = String(cpu.count.bits, radix: 16)
        let held = cpu.locks.map(\.name) + (cpu.atomicMappings > 0 ? ["kmap_atomic"] : [])
        return held.isEmpty
            ? "CPU \(machine.currentCPU) has the preempt_count 0x\(count), which is out of balance. POST "
                + "/undo goes back to before it was."
            : "CPU \(machine.currentCPU) holds \(held.joined(separator: ", ")), and that keeps "
                + "preemption or softirqs disabled."
    }
}

extension JSONWriter {
    /// Writes the members of `GET /context`.
    fileprivate mutating func contexts(_ view: SessionView) {
        let contexts = view.machine.contexts
        member("cpu", view.machine.currentCPU)
        array("cpus") { json in
            for cpu in contexts.cpus.indices { json.object { $0.context(contexts, cpu: cpu) } }
        }
        locks("locks", contexts.locks)
        waiting(contexts, view)
    }
}
