/// Rules of contexts: where a call may sleep, and that what is switched off is switched on again.
extension MisuseGuide {
    static let sleepInAtomic = MisuseGuide(
        title: "A function that may sleep, where nothing may sleep",
        cause: """
            A function that may wait (an allocation with GFP_KERNEL, vmalloc, vfree, kmap, a mutex) \
            was called with preemption or interrupts off, with a spin lock held, or in a softirq or \
            hardirq. (vfree in an interrupt is put off and allowed.)
            """,
        consequence: """
            It goes well as long as there is no reason to wait. On a machine short of memory it \
            sleeps: with a lock that others spin for, or in an interrupt, which is no task and \
            cannot be resumed.
            """,
        cure: """
            Pass GFP_ATOMIC and be ready for NULL, map with kmap_atomic or kmap_local_page, or do \
            the call before the lock is taken.
            """,
        plain: "Says nothing: it has no check for what might have happened.",
        checking: """
            "BUG: sleeping function called from invalid context at ...", then "in_atomic(): 1, \
            irqs_disabled(): 0, ..." (CONFIG_DEBUG_ATOMIC_SLEEP), not more than once a second. The \
            call goes on.
            """,
        example: ["preempt_disable()", "kmalloc(64, GFP_KERNEL)"],
        see: [
            .misuse(.schedulingWhileAtomic), .misuse(.vmallocInInterrupt), .misuse(.heldAtSleep),
        ])

    static let schedulingWhileAtomic = MisuseGuide(
        title: "Sleep where nothing may sleep",
        cause: """
            A call had to wait, and gave the CPU away, with preemption off, a spin lock held, or in \
            an interrupt: schedule(), or kmap with every slot in use.
            """,
        consequence: """
            What preemption was switched off for is interrupted by another task. Whoever wants a \
            lock that is held spins; if he does so on this CPU, the holder never runs again.
            """,
        cure: "Leave the atomic section before waiting, or use a call that does not wait.",
        plain: """
            Prints "BUG: scheduling while atomic: ..." in an interrupt and with softirqs off. Of \
            preempt_disable and spin locks it knows nothing, because without CONFIG_PREEMPT_COUNT \
            nobody counts them.
            """,
        checking: """
            "BUG: scheduling while atomic: init/1/0x00000002", the last being the count; then it \
            switches to another task all the same.
            """,
        example: ["preempt_disable()", "schedule()"],
        see: [.misuse(.sleepInAtomic), .misuse(.heldAtSleep)])

    static let vmallocInInterrupt = MisuseGuide(
        title: "vmalloc in an interrupt",
        cause: """
            vmalloc, vmap or vunmap was called in a hardirq or softirq, or with softirqs switched off.
            """,
        consequence: """
            The kernel stops. The locks around the address space are taken without switching \
            interrupts off, so that the interrupted code may hold them.
            """,
        cure: "Allocate before, in a task, or ask kmalloc with GFP_ATOMIC.",
        plain: """
            "kernel BUG at mm/vmalloc.c:2554!", for vunmap 2878 (BUG_ON(in_interrupt())); in an interrupt \
            the machine panics, "Fatal exception in interrupt".
            """,
        checking: "The same.",
        example: ["enter_irq()", "vmalloc(8192)"],
        see: [.misuse(.sleepInAtomic), .request(.machineHalted)])

    static let preemptUnbalanced = MisuseGuide(
        title: "Preemption or softirqs not switched in pairs",
        cause: """
            preempt_enable or local_bh_enable was called without the disable that belongs to it, \
            as on an error path that leaves twice; or an interrupt handler ended with another \
            number of disables than it began with. Both only count.
            """,
        consequence: """
            Within a caller's atomic section it ends that section too early. Outside of any a count \
            that is kept wraps around below 0, and the CPU takes itself for atomic from then on.
            """,
        cure: "Write the two as a pair in one function, and leave it at one place.",
        plain: """
            Says nothing: without CONFIG_PREEMPT_COUNT preempt_enable does nothing. local_bh_enable \
            always counts; after a softirq the kernel looks, prints "huh, entered softirq ...", and \
            mends the count.
            """,
        checking: """
            Says nothing, and counts. A kernel with CONFIG_DEBUG_PREEMPT would warn in \
            preempt_count_sub.
            """,
        example: ["preempt_disable()", "preempt_enable()", "preempt_enable()"],
        see: [.misuse(.interruptUnbalanced), .misuse(.lockNotHeld)])

    static let interruptUnbalanced = MisuseGuide(
        title: "Interrupt state restored wrongly",
        cause: """
            An interrupt was left that this CPU is not in, or local_irq_restore got other flags than \
            the matching local_irq_save returned.
            """,
        consequence: """
            Interrupts are on where a caller relies on their being off, or stay off for good; then \
            this CPU gets no timer ticks and no device is heard.
            """,
        cure: """
            Keep the flags in a variable of their own, and restore them in the reverse order of \
            saving.
            """,
        plain: "Says nothing.",
        checking: """
            Says nothing. A kernel with CONFIG_DEBUG_IRQFLAGS would warn once, \
            "raw_local_irq_restore() called with IRQs enabled".
            """,
        example: ["enter_irq()", "exit_irq()", "exit_irq()"],
        see: [.misuse(.preemptUnbalanced), .misuse(.sleepInAtomic)])

    static let lockNotHeld = MisuseGuide(
        title: "spin_unlock of a lock that is not held",
        cause: """
            A spin lock was released that this CPU does not hold: released twice, the wrong lock, or \
            one that another CPU has.
            """,
        consequence: """
            The lock is open whoever holds it, so that two CPUs can be in the part that it protects. \
            Where preemption is counted, the count is one too low.
            """,
        cure: "Release a lock where it was taken, once on every path.",
        plain: "Says nothing: releasing is a store.",
        checking: """
            Says nothing. A kernel with CONFIG_DEBUG_SPINLOCK would print "BUG: spinlock already \
            unlocked on CPU#0", or "wrong CPU", "wrong owner".
            """,
        example: ["spin_lock(list)", "spin_unlock(list)", "spin_unlock(list)"],
        see: [.misuse(.lockRecursion), .misuse(.preemptUnbalanced)])

    static let lockRecursion = MisuseGuide(
        title: "spin_lock of a lock that this CPU holds",
        cause: """
            A spin lock was taken a second time by its holder: a function calls another that takes \
            it too, or an interrupt handler takes what the interrupted code holds.
            """,
        consequence: """
            The CPU spins for ever: it waits for itself. This machine halts.
            """,
        cure: """
            Call a variant that expects the lock to be held. For a lock that interrupts take as \
            well, switch them off first (spin_lock_irqsave).
            """,
        plain: """
            Hangs without a word; some 20 seconds later the watchdog, if there is one, reports \
            "watchdog: BUG: soft lockup - CPU#0 stuck for 22s!". With interrupts off its timer does \
            not come, and nothing is reported.
            """,
        checking: """
            The same. A kernel with CONFIG_DEBUG_SPINLOCK would print "BUG: spinlock recursion on \
            CPU#0" before it hangs, and lockdep "possible recursive locking detected".
            """,
        example: ["spin_lock(list)", "spin_lock(list)"],
        see: [.misuse(.lockNotHeld), .misuse(.heldAtSleep), .request(.machineHalted)])

    static let deadlock = MisuseGuide(
        title: "Locks taken in opposite orders",
        cause: """
            Each CPU holds a spin lock that another one wants: one path takes a and then b, another \
            one b and then a.
            """,
        consequence: "They spin for ever. This machine halts, also if it has other CPUs.",
        cure: """
            Give the locks an order, write it down, and take them in it everywhere; or use one lock.
            """,
        plain: """
            Hangs without a word; some 20 seconds later the watchdog, if there is one, reports \
            "watchdog: BUG: soft lockup - CPU#0 stuck for 22s!" for each CPU.
            """,
        checking: """
            The same. A kernel with lockdep would report "possible circular locking dependency \
            detected" the first time that both orders are seen, before anything hangs.
            """,
        example: Example(
            [
                "spin_lock(a)", "run_on_cpu(1)", "spin_lock(b)", "spin_lock(a)", "run_on_cpu(0)",
                "spin_lock(b)",
            ], cpus: 2),
        see: [.misuse(.lockRecursion), .misuse(.lockNotHeld), .request(.machineHalted)])

    static let heldAtSleep = MisuseGuide(
        title: "Sleep with a spin lock held",
        cause: "A task gave the CPU away while it held a spin lock.",
        consequence: """
            Whoever wants the lock spins until that task runs again. If he spins on its CPU, that is \
            never.
            """,
        cure: "Release the lock before waiting, or protect the data with a mutex.",
        plain: "Says nothing: without CONFIG_PREEMPT_COUNT nobody counts spin locks.",
        checking: """
            "BUG: scheduling while atomic: init/1/0x00000002". Lockdep would also list the locks that \
            are held.
            """,
        example: ["spin_lock(list)", "schedule()"],
        see: [.misuse(.schedulingWhileAtomic), .misuse(.sleepInAtomic)])
}
