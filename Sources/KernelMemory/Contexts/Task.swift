/// A thread of the kernel's: what its calls leave behind when another one gets the CPU.
///
/// The corresponding kernel type is `struct task_struct` (include/linux/sched.h, 6.1).
struct Task: Hashable {
    /// Its number. `pid`
    let pid: UInt32
    /// The entries of its temporary mappings, the oldest first; 0 where one was cleared out of turn.
    /// `kmap_ctrl`
    var localEntries: [UInt64] = []
    /// How often it has to enable preemption before others may run, as the caller counts; kept here
    /// while another task runs.
    var preemptDepth: Int32 = 0
}

/// A task that sleeps in the middle of a call.
struct WaitingTask: Hashable {
    var task: Task
    /// The CPU that it ran on.
    let cpu: UInt32
    /// The step of the call.
    let step: UInt32
    /// The page that it wants an address for.
    let page: PagePointer
    /// Whether it was woken, and has not got its CPU yet.
    var isAwake = false
}

/// A call that had begun in an earlier step and that came to its end.
public struct Resumption: Hashable, Sendable {
    /// The step in which it came to its end.
    public let step: UInt32
    /// The step in which it began.
    public let callStep: UInt32
    /// The task that made it.
    public let pid: UInt32
    /// The CPU that it ran on.
    public let cpu: Int
    /// What it returned.
    public let returned: Outcome.Returned
}
