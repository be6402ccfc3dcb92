/// Giving the CPU to another task.
extension Core {
    /// The task gives up the CPU and can go on at any time: the next one that can run gets it.
    ///
    /// Where it must not, a kernel that notices says so, forgets all that it counted, and switches anyway.
    ///
    /// The corresponding kernel function is `schedule` (kernel/sched/core.c, 6.1).
    func schedule() {
        noteSleep()
        let cpu = control.pointee.cpu
        guard let next = cold.contexts.runnable.firstIndex(where: { $0.cpu == cpu }) else { return }
        let task = cold.contexts.runnable.remove(at: next).task
        cold.contexts.runnable.append((cpu: cpu, task: suspendTask()))
        resume(task)
    }

    /// Records a sleep where none is allowed, and prints what the kernel notices of it.
    private func noteSleep() {
        let pid = currentPid
        if context.isAtomic {
            noteMisuse(.schedulingWhileAtomic, at: nil, circumstance: reasonNotToSleep)
        }
        for lock in cold.contexts.locks where lock.pid == pid {
            noteMisuse(.heldAtSleep, at: nil, allocatedAtStep: lock.step)
        }
        if context.count.isAtomic { reportAtomicSchedule() }
        changeContext { $0.endInterrupts(countsPreemption) }
    }

    /// The corresponding kernel function is `__schedule_bug` (kernel/sched/core.c, 6.1).
    private func reportAtomicSchedule() {
        var count = context.count
        if countsPreemption { count.add(PreemptCount.preempt) }
        cold.markNoticed(step: control.pointee.step)
        printk(
            "BUG: scheduling while atomic: init/\(currentPid)/0x"
                + hexDigits(UInt64(count.bits), width: 8))
        printk("Modules linked in:")
        printRunning(nil)
        printk("Call Trace:")
        for function in ["dump_stack", "__schedule_bug", "__schedule", "schedule"] {
            printk(" \(function)")
        }
        cold.taint.warned = true
    }

    /// The current task waits for something; another one gets the CPU.
    ///
    /// - Returns: the task as it was left.
    func sleep() -> Task {
        noteSleep()
        let sleeper = suspendTask()
        let cpu = control.pointee.cpu
        if let next = cold.contexts.runnable.firstIndex(where: { $0.cpu == cpu }) {
            resume(cold.contexts.runnable.remove(at: next).task)
        } else {
            resume(Task(pid: cold.contexts.nextPid))
            cold.contexts.nextPid += 1
        }
        return sleeper
    }

    private func suspendTask() -> Task {
        clearLocalMappings(of: context.task)
        var task = context.task
        task.preemptDepth = context.preemptDepth
        return task
    }

    private func resume(_ task: Task) {
        changeContext {
            $0.task = task
            $0.preemptDepth = task.preemptDepth
        }
        restoreLocalMappings(of: task)
    }
}

extension CPUContext {
    /// What is left when the scheduler ran: process context with interrupts on, and a count that says
    /// so. Callers whose count the kernel keeps have lost it.
    fileprivate mutating func endInterrupts(_ countsPreemption: Bool) {
        let wasAtomic = count.isAtomic
        interrupts = []
        bottomHalfDepth = 0
        areIRQsOff = false
        savedFlags = []
        count = PreemptCount()
        if wasAtomic, countsPreemption { preemptDepth = 0 }
    }
}
