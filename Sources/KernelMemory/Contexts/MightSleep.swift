/// Where in the kernel a function says that it may sleep.
///
/// The text is what the kernel prints: the file and line of `might_sleep`, and the functions around it.
struct SleepPoint {
    let place: String
    let functions: [String]

    /// Any request for memory that may wait for some. `might_alloc`
    static let allocation = SleepPoint(
        place: "include/linux/sched/mm.h:274", functions: ["__kmem_cache_alloc_node"])
    static let allocationOfPages = SleepPoint(
        place: "include/linux/sched/mm.h:274", functions: ["__alloc_pages"])
    static let areaAllocation = SleepPoint(
        place: "mm/vmalloc.c:1673", functions: ["alloc_vmap_area"])
    static let vfree = SleepPoint(place: "mm/vmalloc.c:2858", functions: ["vfree"])
    static let vmap = SleepPoint(place: "mm/vmalloc.c:2907", functions: ["vmap"])
    static let vunmap = SleepPoint(place: "mm/vmalloc.c:2879", functions: ["vunmap"])
    static let purge = SleepPoint(place: "mm/vmalloc.c:2214", functions: ["_vm_unmap_aliases"])
    static let kmap = SleepPoint(
        place: "include/linux/highmem-internal.h:44", functions: ["kmap"])
    static let kunmap = SleepPoint(
        place: "include/linux/highmem-internal.h:55", functions: ["kunmap"])
    /// `kmap` of a kernel without high memory.
    static let kmapOfLowMemory = SleepPoint(
        place: "include/linux/highmem-internal.h:166", functions: ["kmap"])
    static let mutex = SleepPoint(
        place: "kernel/locking/mutex.c:283", functions: ["mutex_lock"])
    static let cpusReadLock = SleepPoint(
        place: "include/linux/percpu-rwsem.h:49", functions: ["cpus_read_lock"])
    static let shrinkSlab = SleepPoint(
        place: "mm/vmscan.c:1030", functions: ["shrink_slab", "drop_slab"])
    static let writeSemaphore = SleepPoint(
        place: "kernel/locking/rwsem.c:1572", functions: ["down_write"])
}

extension Core {
    /// What a function does first that may sleep. Nothing, where that is allowed.
    ///
    /// - Complexity: O(1).
    ///
    /// The corresponding kernel macro is `might_sleep` (include/linux/kernel.h, 6.1).
    @inline(__always)
    func mightSleep(_ point: @autoclosure () -> SleepPoint) {
        if _slowPath(looksAtSleep) { checkSleep(point()) }
    }

    /// The same for a request for memory, by its mask.
    ///
    /// The corresponding kernel function is `might_alloc` (include/linux/sched/mm.h, 6.1).
    @inline(__always)
    func mightAllocate(_ gfp: GFPFlags, _ point: @autoclosure () -> SleepPoint) {
        if _slowPath(looksAtSleep) {
            if gfp.contains(.directReclaim) {
                checkSleep(point())
            } else {
                explain(.willNotSleep, ["gfp": gfp.description])
            }
        }
    }

    /// Whether what may sleep has to be looked at.
    @inline(__always)
    private var looksAtSleep: Bool {
        control.pointee.state & (Control.constrained | Control.explained) != 0
    }

    @inline(never)
    private func checkSleep(_ point: SleepPoint) {
        if isHalted { return }
        explain(
            context.isAtomic ? .mustNotSleep : .maySleep,
            ["function": point.functions[0], "place": point.place])
        if control.pointee.state & Control.constrained == 0 { return }
        let step = control.pointee.step
        if context.isAtomic,
            cold.misuses.last.map({ $0.step != step || $0.code != .sleepInAtomic }) ?? true
        {
            noteMisuse(.sleepInAtomic, at: nil, circumstance: reasonNotToSleep)
        }
        let count = context.count
        guard shape.debug, count.isAtomic || context.areIRQsOff else { return }
        if let last = cold.contexts.lastSleepReport, step < last + Self.ticksPerSecond { return }
        cold.contexts.lastSleepReport = step
        reportSleep(point)
    }

    /// Steps in a second: one step counts as a tick, and the kernel has 250 of them. `HZ`
    private static let ticksPerSecond: UInt32 = 250

    /// The corresponding kernel function is `__might_resched` (kernel/sched/core.c, 6.1).
    private func reportSleep(_ point: SleepPoint) {
        let count = context.count
        cold.markNoticed(step: control.pointee.step)
        printk("BUG: sleeping function called from invalid context at \(point.place)")
        printk(
            "in_atomic(): \(count.isAtomic ? 1 : 0), irqs_disabled(): "
                + "\(context.areIRQsOff ? 1 : 0), non_block: 0, pid: \(currentPid), name: init")
        printk("preempt_count: \(String(count.bits, radix: 16)), expected: 0")
        printRunning(nil)
        printk("Call Trace:")
        for function in ["dump_stack", "__might_resched", "__might_sleep"] + point.functions {
            printk(" \(function)")
        }
        cold.taint.warned = true
    }
}
