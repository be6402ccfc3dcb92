/// Explanations of calls in a context that forbids them, and of contexts that were left wrongly.
extension Misuse {
    var contextExplanation: String {
        switch code {
        case .sleepInAtomic:
            "A function that may sleep was called where this CPU must not sleep: \(reason). It did "
                + "not sleep this time; on a machine short of memory, or with others in its way, it "
                + "would."
        case .schedulingWhileAtomic:
            "The call had to sleep where this CPU must not: \(reason). No other task can run here before "
                + "preemption and interrupts are back on, and whoever waits for a lock that is "
                + "held waits as long."
        case .vmallocInInterrupt:
            "An area was \(address == nil ? "asked for" : "to be unmapped") in an interrupt or with "
                + "softirqs off. That takes locks that the interrupted code may hold, so that the "
                + "kernel stops: a BUG in mm/vmalloc.c."
        case .preemptUnbalanced:
            circumstance.map {
                "\($0): whoever was interrupted goes on in another state than the one he was in."
            }
                ?? "Preemption or softirqs were enabled more often than they were disabled: the count "
                + "drops below what its owners believe, and a part that relies on it is no "
                + "longer protected."
        case .interruptUnbalanced:
            "An interrupt was left that this CPU is not in, or a state of the interrupt flag was "
                + "restored that was not the saved one."
        case .lockNotHeld:
            "A spin lock was released that this CPU does not hold."
                + (allocatedAtStep.map {
                    " Another one has held it since step \($0): two CPUs may now be in the part that "
                        + "it protects."
                } ?? " Nobody holds it.")
        case .lockRecursion:
            "A spin lock was taken that this CPU holds already, since step \(allocatedAtStep ?? 0): it "
                + "waits for itself, for ever."
        case .deadlock:
            "This CPU now spins for a lock that has been held since step \(allocatedAtStep ?? 0), and its "
                + "holder spins for another, in a circle: none can release what the others wait for. "
                + "Locks that are taken together must be taken in one order everywhere."
        case .heldAtSleep:
            "A task went to sleep with a spin lock that it took at step \(allocatedAtStep ?? 0). Whoever wants the lock spins until that "
                + "task runs again; if he spins on its CPU, that is never."
        default: ""
        }
    }

    private var reason: String { circumstance ?? "its context forbids it" }
}
