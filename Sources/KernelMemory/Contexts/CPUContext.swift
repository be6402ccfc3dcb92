/// What a CPU is doing, and what it may not do now.
struct CPUContext: Hashable {
    /// The task that runs here, or that was interrupted. `current`
    var task: Task
    /// How often preemption was disabled and not enabled again, spin locks and atomic mappings
    /// included: as the callers count, whether this kernel does or not.
    var preemptDepth: Int32 = 0
    /// The same of softirqs. `local_bh_disable`
    var bottomHalfDepth: Int32 = 0
    /// Whether no interrupts come. `irqs_disabled`
    var areIRQsOff = false
    /// What `local_irq_save` and its like have returned and nobody has restored yet.
    var savedFlags: [UInt32] = []
    /// The interrupts that this CPU is in, the outermost first.
    var interrupts: [Interrupt] = []
    /// The word in which the kernel keeps all that, as this kernel counts.
    var count = PreemptCount()
    /// The lock that it spins for, and since which step; `nil` if it runs.
    var spin: Spin?
    /// What `vfree` was asked to free in an interrupt last; the others follow by the first word of
    /// each. 0 if there is none. `vfree_deferred.list`
    var lastDeferredFree: UInt64 = 0

    /// An interrupt, and what comes back when it ends.
    struct Interrupt: Hashable {
        let kind: InterruptKind
        let irqsWereOff: Bool
        let preemptDepth: Int32
        let bottomHalfDepth: Int32
        let count: PreemptCount
    }

    /// Waiting for a lock that somebody else holds.
    struct Spin: Hashable {
        let lock: SpinLock
        let variant: LockVariant
        let step: UInt32
    }

    /// Whether the rules forbid to sleep here.
    var isAtomic: Bool {
        preemptDepth > 0 || bottomHalfDepth > 0 || areIRQsOff || !interrupts.isEmpty
    }

    /// Whether the scheduler may give the CPU to a worker of the kernel's between two calls.
    var mayGiveWay: Bool { !isAtomic && spin == nil && !count.isInInterrupt }
}

/// The two kinds of interrupt.
public enum InterruptKind: String, Sendable {
    /// What a device's interrupt put off. `in_serving_softirq`
    case softirq
    /// A device's. `in_hardirq`
    case hardirq
}
