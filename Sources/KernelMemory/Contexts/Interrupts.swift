/// Interrupts: what comes in between, and keeping it away.
extension Core {
    /// Whether interrupts are allowed, as the flags register has it. `X86_EFLAGS_IF`
    private static let interruptFlag: UInt32 = 0x200
    /// The bit of the flags register that is always set.
    private static let fixedFlag: UInt32 = 0x2

    /// The flags register of the current CPU.
    private var flags: UInt32 {
        Self.fixedFlag | (context.areIRQsOff ? 0 : Self.interruptFlag)
    }

    /// The corresponding kernel functions are `local_irq_disable` and `local_irq_enable`
    /// (include/linux/irqflags.h, 6.1).
    func setIRQs(off: Bool) { changeContext { $0.areIRQsOff = off } }

    /// Keeps interrupts away, and remembers for the caller how it was before.
    ///
    /// - Returns: the flags register.
    ///
    /// The corresponding kernel function is `local_irq_save` (include/linux/irqflags.h, 6.1).
    func saveIRQs() -> UInt32 {
        let saved = flags
        changeContext {
            $0.savedFlags.append(saved)
            $0.areIRQsOff = true
        }
        return saved
    }

    /// Makes it again what it was when the flags were saved; other flags than the last saved ones are
    /// recorded, and taken as they are.
    ///
    /// The corresponding kernel function is `local_irq_restore` (include/linux/irqflags.h, 6.1).
    func restoreIRQs(_ flags: UInt32) {
        let isOff = flags & Self.interruptFlag == 0
        let wasOff = context.savedFlags.last.map { $0 & Self.interruptFlag == 0 }
        if wasOff != isOff { noteMisuse(.interruptUnbalanced, at: nil) }
        changeContext {
            _ = $0.savedFlags.popLast()
            $0.areIRQsOff = isOff
        }
    }
}

// MARK: - Interrupts that come

extension Core {
    /// How deep interrupts of devices may lie within each other: the count has four bits.
    private static let hardirqLimit = 15

    /// A device's interrupt comes: the CPU leaves what it does, and runs the handler with interrupts off.
    ///
    /// - Returns: whether it came; it does not while interrupts are off.
    ///
    /// The corresponding kernel function is `irq_enter_rcu` (kernel/softirq.c, 6.1).
    func enterIRQ() -> Bool {
        let depth = context.interrupts.count { $0.kind == .hardirq }
        guard !context.areIRQsOff, depth < Self.hardirqLimit else { return false }
        enter(.hardirq, PreemptCount.hardirq)
        changeContext { $0.areIRQsOff = true }
        return true
    }

    /// The handler is done. `irq_exit_rcu` (kernel/softirq.c, 6.1).
    func exitIRQ() {
        if let interrupt = context.interrupts.last, interrupt.kind == .hardirq {
            noteUnbalanced(interrupt)
        }
        leave(.hardirq, PreemptCount.hardirq)
    }

    /// Work that an interrupt had put off begins, with interrupts on.
    ///
    /// - Returns: whether it did; it does not within an interrupt, with softirqs disabled, or with
    ///   interrupts off.
    ///
    /// The corresponding kernel function is `__do_softirq` (kernel/softirq.c, 6.1).
    func enterSoftirq() -> Bool {
        guard !context.areIRQsOff, !context.count.isInInterrupt else { return false }
        enter(.softirq, PreemptCount.softirq)
        return true
    }

    /// That work is done; the kernel looks whether it left the count as it was, and mends it.
    func exitSoftirq() {
        if let interrupt = context.interrupts.last, interrupt.kind == .softirq {
            var count = interrupt.count
            count.add(PreemptCount.softirq)
            noteUnbalanced(interrupt)
            if count != context.count { mend(to: count, interrupt) }
        }
        leave(.softirq, PreemptCount.softirq)
    }

    private func enter(_ kind: InterruptKind, _ amount: UInt32) {
        changeContext {
            $0.interrupts.append(
                .init(
                    kind: kind, irqsWereOff: $0.areIRQsOff, preemptDepth: $0.preemptDepth,
                    bottomHalfDepth: $0.bottomHalfDepth, count: $0.count))
            $0.count.add(amount)
        }
    }

    private func leave(_ kind: InterruptKind, _ amount: UInt32) {
        guard let interrupt = context.interrupts.last, interrupt.kind == kind else {
            return noteMisuse(.interruptUnbalanced, at: nil)
        }
        changeContext {
            $0.interrupts.removeLast()
            $0.areIRQsOff = interrupt.irqsWereOff
            $0.count.subtract(amount)
        }
    }

    /// Records that a handler leaves more or less switched off than it found.
    private func noteUnbalanced(_ interrupt: CPUContext.Interrupt) {
        let depths = [
            ("preemption", context.preemptDepth, interrupt.preemptDepth),
            ("softirqs", context.bottomHalfDepth, interrupt.bottomHalfDepth),
        ]
        for (what, now, before) in depths where now != before {
            let state = now > before ? "disabled more" : "enabled more"
            let opposite = now > before ? "enabled" : "disabled"
            noteMisuse(
                .preemptUnbalanced, at: nil,
                circumstance: "The handler \(state) often than it \(opposite) \(what)")
        }
    }

    /// Says that a softirq has changed the count, and makes it what it was.
    private func mend(to expected: PreemptCount, _ interrupt: CPUContext.Interrupt) {
        // The number and the name of the softirq are those of tasklets.
        printk(
            "softirq: huh, entered softirq 6 TASKLET \(pointerDigits(0)) with preempt_count "
                + "\(hexDigits(UInt64(expected.bits), width: 8)), exited with "
                + "\(hexDigits(UInt64(context.count.bits), width: 8))?")
        cold.markNoticed(step: control.pointee.step)
        changeContext {
            $0.count = expected
            $0.bottomHalfDepth = interrupt.bottomHalfDepth
            if countsPreemption { $0.preemptDepth = interrupt.preemptDepth }
        }
    }
}
