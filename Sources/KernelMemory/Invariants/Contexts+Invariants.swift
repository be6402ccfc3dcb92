/// What must hold of what CPUs do.
extension Core {
    /// The first thing that does not hold, in words; `nil` if all is well, or if the machine is halted
    /// in the middle of something.
    ///
    /// The bits that the fast paths look at say what the current CPU's context is; no task is in two
    /// places; who was woken and could run has run; and, as long as callers keep the rules, the kernel's
    /// count is what they did.
    ///
    /// - Complexity: O(CPUs + tasks + locks).
    func checkContexts() -> String? {
        if isHalted { return nil }
        return checkStateBits() ?? checkTasks() ?? checkLocks()
            ?? cold.contexts.cpus.indices.lazy.compactMap { cpu in
                self.check(self.cold.contexts.cpus[cpu]).map { "cpu \(cpu): " + $0 }
            }.first
    }

    private func checkStateBits() -> String? {
        let state = control.pointee.state
        let isConstrained = context.isAtomic || context.count.isAtomic
        if (state & Control.constrained != 0) != isConstrained {
            return "constrained is \(!isConstrained)"
        }
        return (state & Control.spinning != 0) == (context.spin != nil)
            ? nil : "spinning is \(context.spin == nil)"
    }

    private func checkTasks() -> String? {
        let contexts = cold.contexts
        if contexts.cpus.count != shape.cpuCount { return "\(contexts.cpus.count) cpus" }
        let pids = contexts.tasks.map(\.pid)
        if Set(pids).count != pids.count { return "a task is in two places" }
        if pids.contains(where: { $0 >= contexts.nextPid }) { return "the next pid is taken" }
        let cpus = contexts.runnable.map(\.cpu) + contexts.waitingForSlot.map(\.cpu)
        if cpus.contains(where: { $0 >= UInt32(shape.cpuCount) }) { return "a task has no cpu" }
        for waiter in contexts.waitingForSlot
        where waiter.isAwake && contexts.cpus[Int(waiter.cpu)].mayGiveWay {
            return "task \(waiter.task.pid) was woken and has not run"
        }
        return nil
    }

    private func checkLocks() -> String? {
        let contexts = cold.contexts
        for (lock, held) in contexts.heldLocks {
            if held.lock != lock { return "a lock is held by another name" }
            if held.cpu >= UInt32(shape.cpuCount) { return "a lock's holder has no cpu" }
        }
        for (cpu, context) in contexts.cpus.enumerated() {
            if let lock = context.spin?.lock, contexts.heldLocks[lock] == nil {
                return "cpu \(cpu) spins for \(lock.name), which nobody holds"
            }
        }
        return nil
    }

    private func check(_ context: CPUContext) -> String? {
        if context.preemptDepth < 0 || context.bottomHalfDepth < 0 { return "a depth below zero" }
        if context.lastDeferredFree != 0, context.mayGiveWay { return "vfrees are still put off" }
        guard hasKeptRules else { return nil }
        var count = PreemptCount()
        for _ in 0..<(countsPreemption ? context.preemptDepth : 0) {
            count.add(PreemptCount.preempt)
        }
        for _ in 0..<context.bottomHalfDepth { count.add(PreemptCount.softirqDisable) }
        for interrupt in context.interrupts {
            count.add(
                interrupt.kind == .hardirq ? PreemptCount.hardirq : PreemptCount.softirq)
        }
        return count == context.count
            ? nil : "preempt_count \(context.count.bits), but \(count.bits) was done"
    }
}

extension Contexts {
    /// All tasks: those on CPUs, those that could be, and those that sleep.
    var tasks: [Task] { cpus.map(\.task) + runnable.map(\.task) + waitingForSlot.map(\.task) }
}
