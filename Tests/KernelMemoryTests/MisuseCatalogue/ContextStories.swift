import KernelMemory

/// Calls where their caller must not sleep.
extension MisuseStory {
    static let contexts = [
        kmallocInIRQ, vmallocInIRQ, vfreeInIRQ, kmallocWithoutIRQs, kmallocWithoutPreemption,
        atomicKmalloc, allocWithoutPreemption, vmallocWithoutPreemption, vfreeWithoutPreemption,
    ]

    /// A checking kernel says so; a plain one does not.
    static let noticedWhenChecking: @Sendable (Misuse, Variant) -> Bool = { $1 == .debug }

    private static let kmallocInIRQ = MisuseStory(
        name: "irq_kmalloc", misuses: { _ in [.sleepInAtomic] }, isNoticed: noticedWhenChecking
    ) { teller in
        tellInterrupt(&teller, "kmalloc") { $0.kmalloc(64) != 0 }
    }

    private static let vmallocInIRQ = MisuseStory(
        name: "irq_vmalloc", misuses: { _ in [.vmallocInInterrupt] }
    ) { teller in
        tellInterrupt(&teller, "vmalloc") { $0.vmalloc(8192) != 0 }
    }

    private static let vfreeInIRQ = MisuseStory(name: "irq_vfree") { teller in
        let area = teller.vmalloc(8192)
        tellInterrupt(&teller, "vfree") {
            $0.vfree(area)
            return area != 0
        }
    }

    /// The driver's interrupt comes as soon as it is asked for, where `irq_work_queue` keeps the CPU.
    private static func tellInterrupt(
        _ teller: inout Storyteller, _ what: String, _ body: (inout Storyteller) -> Bool
    ) {
        for event in [CPUEvent.preemptDisable, .enterIRQ] { teller.call(.cpu(event)) }
        let isInHardirq = teller.machine.contexts.cpus[0].count.isInHardirq ? 1 : 0
        teller.say("in irq context (in_hardirq=\(isInHardirq))")
        let result = body(&teller) ? "non-NULL" : "NULL"
        teller.say("\(what) in irq returned \(result)")
        for event in [CPUEvent.exitIRQ, .preemptEnable] { teller.call(.cpu(event)) }
    }

    private static let kmallocWithoutIRQs = MisuseStory(
        name: "irqoff_kmalloc", misuses: { _ in [.sleepInAtomic] }, isNoticed: noticedWhenChecking
    ) { teller in
        teller.call(.cpu(.localIRQSave))
        let result = teller.kmalloc(64) != 0 ? "non-NULL" : "NULL"
        teller.call(.localIRQRestore(flags: 0x202))
        teller.say("kmalloc(GFP_KERNEL) with irqs off -> \(result)")
    }

    private static let kmallocWithoutPreemption = story(
        "preempt_kmalloc", "kmalloc(GFP_KERNEL)"
    ) { $0.kmalloc(64) }

    private static let allocWithoutPreemption = story(
        "preempt_alloc_pages", "alloc_pages(GFP_KERNEL)"
    ) { $0.call(.allocPages(.kernel, order: 0)) }

    private static let vmallocWithoutPreemption = story("preempt_vmalloc", "vmalloc", areas: 1) {
        $0.vmalloc(8192)
    }

    private static let atomicKmalloc = story(
        "preempt_kmalloc_atomic", "kmalloc(GFP_ATOMIC)", isMisuse: false
    ) { $0.kmalloc(64, .atomic) }

    private static func story(
        _ name: String, _ what: String, isMisuse: Bool = true, areas: Int = 0,
        _ body: @escaping @Sendable (inout Storyteller) -> UInt64
    ) -> MisuseStory {
        MisuseStory(
            name: name, misuses: { _ in isMisuse ? [.sleepInAtomic] : [] },
            isNoticed: noticedWhenChecking, areasLeft: areas
        ) { teller in
            teller.call(.cpu(.preemptDisable))
            let result = body(&teller) != 0 ? "non-NULL" : "NULL"
            teller.call(.cpu(.preemptEnable))
            teller.say("\(what) under preempt_disable -> \(result)")
        }
    }

    private static let vfreeWithoutPreemption = MisuseStory(
        name: "preempt_vfree", misuses: { _ in [.sleepInAtomic] }, isNoticed: noticedWhenChecking
    ) { teller in
        let area = teller.vmalloc(8192)
        teller.call(.cpu(.preemptDisable))
        teller.vfree(area)
        teller.call(.cpu(.preemptEnable))
        teller.say("vfree under preempt_disable returned")
    }
}
