import KernelMemory

/// What CPUs are doing, and who waits.
extension JSONWriter {
    /// Writes the members of what a CPU is doing.
    mutating func context(_ contexts: ContextsSnapshot, cpu: Int) {
        let context = contexts.cpus[cpu]
        member("cpu", cpu)
        member("pid", context.pid)
        member("context", context.interrupts.last?.rawValue ?? "process")
        array("interrupts") { json in context.interrupts.forEach { json.text($0.rawValue) } }
        member("preempt_count", address: UInt64(context.count.bits))
        member("preempt_disabled", context.preemptDepth)
        member("softirqs_disabled", context.bottomHalfDepth)
        member("irqs_disabled", context.areIRQsOff)
        member("in_atomic", context.count.isAtomic)
        member("in_interrupt", context.count.isInInterrupt)
        locks("locks", context.locks)
        member("spins_for", orNull: context.spinsFor)
        member("may_sleep", context.maySleep)
        array("why_not") { json in context.reasonsNotToSleep.forEach { json.text($0) } }
        array("deferred_vfree") { json in
            context.deferredFrees.forEach { json.address($0.rawValue) }
        }
        array("runnable") { json in context.runnable.forEach { json.number($0) } }
    }

    /// Writes spin locks that are held.
    mutating func locks(_ name: StaticString, _ locks: [ContextsSnapshot.Lock]) {
        array(name) { json in
            for lock in locks {
                json.object { json in
                    json.member("name", lock.name)
                    json.member("cpu", lock.cpu)
                    json.member("pid", lock.pid)
                    json.member("step", lock.step)
                }
            }
        }
    }

    /// Writes `waiting`: the tasks that sleep in the middle of a call.
    mutating func waiting(_ contexts: ContextsSnapshot, _ view: SessionView) {
        array("waiting") { json in
            for task in contexts.waiting {
                json.object { json in
                    json.member("pid", task.pid)
                    json.member("cpu", task.cpu)
                    json.member("step", task.step)
                    json.memberCall(view.call(of: task.step))
                }
            }
        }
    }
}

// MARK: - In answers

extension JSONWriter {
    /// Users of slots that are named to one who waits for a slot.
    private static let holderLimit = 16

    /// Writes what a call changed of its CPU's context, that it has not ended, and which earlier calls
    /// ended with it.
    mutating func contextRemarks(
        _ call: KernelCall, _ returned: Outcome.Returned, _ machine: borrowing Machine
    ) {
        if call.changesContext {
            let contexts = machine.contexts
            let cpu = machine.currentCPU
            object("context") { json in json.context(contexts, cpu: cpu) }
        }
        if returned == .blocked { blocked(call, machine) }
        resumed(machine)
    }

    /// Writes `resumed`, if calls of earlier steps ended in the last one.
    private mutating func resumed(_ machine: borrowing Machine) {
        let resumed = machine.resumptions(of: machine.step)
        if resumed.isEmpty { return }
        array("resumed") { json in
            for each in resumed {
                json.object { json in
                    json.member("step", each.callStep)
                    json.member("pid", each.pid)
                    json.member("cpu", each.cpu)
                    json.key("returned")
                    json.returned(each.returned)
                }
            }
        }
    }

    private mutating func blocked(_ call: KernelCall, _ machine: borrowing Machine) {
        let contexts = machine.contexts
        object("blocked") { json in
            if case .spinLock(let lock, _) = call {
                let held = contexts.locks.filter { $0.name == lock.name }
                let isOwn = held.contains { $0.cpu == machine.currentCPU }
                let holder = isOwn ? "this CPU itself" : "another CPU"
                json.member("reason", "spins: \(holder) holds \(lock.name)")
                json.locks("held", held)
                return
            }
            let step = contexts.waiting.last?.step
            let pool = machine.kmapPool
            let holders = pool.uses.filter { $0.address.rawValue >= machine.layout.pkmapBase ?? 0 }
            json.member("reason", "would block: all \(pool.slots.count) slots of kmap are in use")
            json.member("pid", orNull: contexts.waiting.first { $0.step == step }?.pid)
            json.array("held") { json in
                for use in holders.prefix(Self.holderLimit) {
                    json.object { json in
                        json.member("id", use.step)
                        json.mapped(use.pfn, at: use.address, machine)
                    }
                }
            }
            json.member("held_truncated", holders.count > Self.holderLimit)
        }
    }
}
