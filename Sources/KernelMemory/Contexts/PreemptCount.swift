/// The word in which a CPU counts why it may not be taken away from its task.
///
///     30      24 23    20 19     16 15     8 7         0
///     |   -     |  NMI   | hardirq | softirq | preempt |
///
/// A softirq that runs counts as one in its byte, disabling softirqs as two. A count that is lowered too
/// often borrows from above, and goes round at bit 30: the highest bit is not part of it.
///
/// The corresponding kernel word is `__preempt_count` (include/linux/preempt.h, 6.1).
public struct PreemptCount: Hashable, Sendable {
    /// The word, as `preempt_count()` returns it.
    public private(set) var bits: UInt32 = 0

    static let preempt: UInt32 = 1 << 0
    static let softirq: UInt32 = 1 << 8
    /// `SOFTIRQ_DISABLE_OFFSET`
    static let softirqDisable: UInt32 = 2 << 8
    static let hardirq: UInt32 = 1 << 16
    private static let mask: UInt32 = 0x7fff_ffff
    private static let interruptMask: UInt32 = 0x00ff_ff00
    private static let hardirqMask: UInt32 = 0x000f_0000

    mutating func add(_ amount: UInt32) { bits = (bits &+ amount) & Self.mask }
    mutating func subtract(_ amount: UInt32) { bits = (bits &- amount) & Self.mask }

    /// Whether the kernel would not sleep. `in_atomic`
    public var isAtomic: Bool { bits != 0 }
    /// Whether it takes itself for interrupted, or has softirqs disabled. `in_interrupt`
    public var isInInterrupt: Bool { bits & Self.interruptMask != 0 }
    /// Whether an interrupt is served, of a device or a softirq; not where softirqs are only disabled.
    /// `!in_task`
    public var isServingInterrupt: Bool { bits & (Self.hardirqMask | Self.softirq) != 0 }
    /// Whether a device's interrupt is served. `in_hardirq`
    public var isInHardirq: Bool { bits & Self.hardirqMask != 0 }
}
