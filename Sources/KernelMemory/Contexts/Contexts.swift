/// What all CPUs are doing, and the tasks that wait for one.
struct Contexts: Hashable {
    var cpus: [CPUContext]
    /// Tasks that could run, with the CPU that they ran on, the next one first.
    var runnable: [(cpu: UInt32, task: Task)] = []
    /// Tasks that wait for a slot of `kmap`, the first one first. `pkmap_map_wait`
    var waitingForSlot: [WaitingTask] = []
    /// Spin locks that are held, by their names.
    var heldLocks: [SpinLock: HeldLock] = [:]
    /// The number of the next new task.
    var nextPid: UInt32
    /// When the last complaint about sleeping was printed, in steps; there is one a second at most.
    var lastSleepReport: UInt32?
    /// The calls of earlier steps that ended in the step that they name.
    var resumed: [Resumption] = []

    /// Tasks that may sleep in a call at a time.
    static let waitingLimit = 1_000

    /// A spin lock that is held.
    struct HeldLock: Hashable {
        let lock: SpinLock
        let variant: LockVariant
        let cpu: UInt32
        let pid: UInt32
        let step: UInt32
    }

    /// Spin locks that are held, the oldest first.
    var locks: [HeldLock] {
        heldLocks.values.sorted { ($0.step, $0.lock.name) < ($1.step, $1.lock.name) }
    }

    /// Every CPU runs a task of its own, numbered from 1.
    init(cpuCount: Int) {
        cpus = (1...max(cpuCount, 1)).map { CPUContext(task: Task(pid: UInt32($0))) }
        nextPid = UInt32(cpus.count) + 1
    }

    static func == (left: Contexts, right: Contexts) -> Bool {
        left.cpus == right.cpus && left.waitingForSlot == right.waitingForSlot
            && left.heldLocks == right.heldLocks && left.nextPid == right.nextPid
            && left.lastSleepReport == right.lastSleepReport && left.resumed == right.resumed
            && left.runnable.elementsEqual(right.runnable) { $0 == $1 }
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(cpus)
        hasher.combine(heldLocks.count)
    }
}

extension Core {
    /// What the current CPU is doing.
    var context: CPUContext {
        get { cold.contexts.cpus[Int(control.pointee.cpu)] }
        set { cold.contexts.cpus[Int(control.pointee.cpu)] = newValue }
    }

    /// Changes what the current CPU is doing, and what that means for the calls to come.
    func changeContext(_ body: (inout CPUContext) -> Void) {
        body(&cold.contexts.cpus[Int(control.pointee.cpu)])
        noteConstraints()
    }

    /// Whether this kernel counts how often preemption is disabled. `CONFIG_PREEMPT_COUNT`
    ///
    /// A kernel that never preempts itself needs no such count; checking for wrong sleeps brings it in.
    var countsPreemption: Bool { shape.debug }

    /// Tells the fast paths whether the current CPU is under constraints, or spins.
    func noteConstraints() {
        let context = context
        control.pointee.state &= ~(Control.constrained | Control.spinning)
        if context.isAtomic || context.count.isAtomic {
            control.pointee.state |= Control.constrained
        }
        if context.spin != nil { control.pointee.state |= Control.spinning }
    }

    /// Whether the kernel takes the current CPU for interrupted, or has its softirqs disabled.
    var isInInterrupt: Bool {
        control.pointee.state & Control.constrained != 0 && context.count.isInInterrupt
    }

    /// The number of the task that runs on the current CPU.
    var currentPid: UInt32 { context.task.pid }
}
