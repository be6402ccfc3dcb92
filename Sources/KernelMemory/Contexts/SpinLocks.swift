/// Locks for which a CPU waits without giving way: who holds one must not sleep.
extension Core {
    /// Takes a lock.
    ///
    /// - Returns: the saved flags for ``LockVariant/irqsave``; that the call goes on spinning while
    ///   another CPU holds the lock. One that this CPU holds already can never be had: it hangs.
    ///
    /// The corresponding kernel function is `spin_lock` (include/linux/spinlock.h, 6.1).
    func takeLock(_ lock: SpinLock, _ variant: LockVariant) -> Outcome {
        var flags: UInt32?
        switch variant {
        case .plain: break
        case .bh: disableBottomHalves()
        case .irq: setIRQs(off: true)
        case .irqsave: flags = saveIRQs()
        }
        disablePreemption()
        if let holder = cold.contexts.heldLocks[lock] {
            return spin(for: lock, variant, holder)
        }
        hold(lock, variant, on: control.pointee.cpu)
        return Outcome(flags.map { .number(UInt64($0)) } ?? .void)
    }

    private func hold(_ lock: SpinLock, _ variant: LockVariant, on cpu: UInt32) {
        cold.contexts.heldLocks[lock] = .init(
            lock: lock, variant: variant, cpu: cpu, pid: cold.contexts.cpus[Int(cpu)].task.pid,
            step: control.pointee.step)
    }

    private func spin(
        for lock: SpinLock, _ variant: LockVariant, _ holder: Contexts.HeldLock
    ) -> Outcome {
        let step = control.pointee.step
        changeContext { $0.spin = .init(lock: lock, variant: variant, step: step) }
        explain(
            .lockSpins,
            [
                "lock": lock.name, "cpu": control.pointee.cpu, "holder_cpu": holder.cpu,
                "held_since_step": holder.step,
            ])
        if let code = reasonForHang(holder) {
            explain(
                .lockDeadlock,
                [
                    "lock": lock.name, "cpu": control.pointee.cpu, "holder_cpu": holder.cpu,
                ])
            noteMisuse(code, at: nil, allocatedAtStep: holder.step)
            hang(in: "native_queued_spin_lock_slowpath")
        }
        return Outcome(.blocked)
    }

    /// What makes the current CPU spin for ever; `nil` if the holder can end it.
    private func reasonForHang(_ holder: Contexts.HeldLock) -> Misuse.Code? {
        if holder.cpu == control.pointee.cpu { return .lockRecursion }
        return isCircle(from: holder) ? .deadlock : nil
    }

    /// Whether a lock's holder spins for a lock whose holder spins, and so on, until it is the current
    /// CPU's turn. All circles halt the machine, so that there is no other one on the way.
    private func isCircle(from holder: Contexts.HeldLock) -> Bool {
        var holder = holder
        while holder.cpu != control.pointee.cpu {
            guard let spin = cold.contexts.cpus[Int(holder.cpu)].spin,
                let next = cold.contexts.heldLocks[spin.lock]
            else { return false }
            holder = next
        }
        return true
    }

    /// Gives a lock back, whoever holds it: the kernel asks nobody.
    ///
    /// The corresponding kernel function is `spin_unlock` (include/linux/spinlock.h, 6.1).
    func releaseLock(_ lock: SpinLock, _ variant: LockVariant, flags: UInt32) {
        let held = cold.contexts.heldLocks.removeValue(forKey: lock)
        if held?.cpu != control.pointee.cpu {
            noteMisuse(.lockNotHeld, at: nil, allocatedAtStep: held?.step)
        }
        giveToSpinner(lock)
        switch variant {
        case .plain: break
        case .bh: enableBottomHalves()
        case .irq: setIRQs(off: false)
        case .irqsave: restoreIRQs(flags)
        }
        enablePreemption()
    }

    /// The CPU that has spun for a lock the longest gets it.
    private func giveToSpinner(_ lock: SpinLock) {
        let spinners = cold.contexts.cpus.indices.filter {
            cold.contexts.cpus[$0].spin?.lock == lock
        }
        let next = spinners.min {
            (cold.contexts.cpus[$0].spin?.step ?? 0) < (cold.contexts.cpus[$1].spin?.step ?? 0)
        }
        guard let next, let spin = cold.contexts.cpus[next].spin else { return }
        cold.contexts.cpus[next].spin = nil
        hold(lock, spin.variant, on: UInt32(next))
        let saved = spin.variant == .irqsave ? cold.contexts.cpus[next].savedFlags.last : nil
        noteResumption(
            of: spin.step, pid: cold.contexts.cpus[next].task.pid, on: UInt32(next),
            saved.map { .number(UInt64($0)) } ?? .void)
    }
}
