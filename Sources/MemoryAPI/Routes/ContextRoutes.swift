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
        let last = session.step + wanted.callLimit(session.machine)
        let first = session.step
        do throws(Problem) {
            try response.json { (json) throws(Problem) in
                try json.object { (json) throws(Problem) in
                    try json.array("calls") { (json) throws(Problem) in
                        while session.step < last, let call = wanted.nextCall(session.machine) {
                            let outcome = try session.apply(call)
                            json.answer(to: call, outcome.returned, session.machine)
                        }
                    }
                    if !wanted.isReached(session.machine) { throw unreachable(session.machine) }
                    let view = try session.view()
                    json.member("step", view.step)
                    json.contexts(view)
                }
            }
        } catch {
            session.move(to: first)
            throw error
        }
    }

    private static func unreachable(_ machine: borrowing Machine) -> Problem {
        let count = machine.contexts.cpus[machine.currentCPU].count.bits
        return Problem(
            .contextUnreachable,
            "No calls lead there from here: CPU \(machine.currentCPU) has the preempt_count "
                + "0x\(String(count, radix: 16)), which is out of balance. POST /undo goes back to "
                + "before it was.")
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
