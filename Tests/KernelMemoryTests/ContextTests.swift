import KernelMemory
import Testing

/// What CPUs may do, and what the kernel makes of those who do not care.
@Suite struct ContextTests {
    static func machine(debug: Bool = false, cpus: Int = 1) throws -> Machine {
        Machine(try MachineConfiguration(cpuCount: cpus, debug: debug))
    }

    /// Calls that may sleep, and the place that a checking kernel names for each.
    static let sleepers: [(KernelCall, String)] = [
        (.kmalloc(size: 64, .kernel), "include/linux/sched/mm.h:274"),
        (.allocPages(.kernel, order: 3), "include/linux/sched/mm.h:274"),
        (.vmalloc(size: 8192), "include/linux/sched/mm.h:274"),
        (.vfree(.null), "mm/vmalloc.c:2858"),
        (.vunmap(.null), "mm/vmalloc.c:2879"),
        (.vmap([]), "mm/vmalloc.c:2907"),
        (.vmUnmapAliases, "mm/vmalloc.c:2214"),
        (.kmemCacheCreate(CacheRequest(name: "late", size: 40)), "kernel/locking/mutex.c:283"),
        (.dropSlab, "mm/vmscan.c:1030"),
        (.cpu(.mightSleep), "kmemlab.c:2"),
    ]

    @Test(arguments: sleepers, [CPUEvent.preemptDisable, .localIRQDisable, .localBHDisable])
    func sleeper_inAtomicContext_isRecordedAndRunsAllTheSame(
        _ sleeper: (call: KernelCall, place: String), _ event: CPUEvent
    ) throws {
        if event == .localBHDisable, sleeper.call.isForbiddenInInterrupts { return }
        for debug in [false, true] {
            var machine = try Self.machine(debug: debug)
            var free = machine
            _ = machine.apply(.cpu(event))
            _ = free.apply(.cpu(.schedule))
            #expect(machine.apply(sleeper.call) == free.apply(sleeper.call))
            #expect(machine.misuses.map(\.code) == [.sleepInAtomic])
            #expect(free.misuses.isEmpty)
            let title = "BUG: sleeping function called from invalid context at \(sleeper.place)"
            #expect(machine.log.first?.text == (debug ? title : nil))
            #expect(machine.misuses[0].noticedByKernel == debug)
        }
    }

    /// The order is refused before anything that may sleep.
    @Test(
        arguments: [.allocPages(.kernel, order: 11), .kmalloc(size: 100_000_000, .kernel)]
            as [KernelCall], [false, true])
    func tooLargeAnOrder_inAtomicContext_isThatMistakeAlone(call: KernelCall, debug: Bool) throws {
        var machine = try Self.machine(debug: debug)
        _ = machine.apply(.cpu(.preemptDisable))
        #expect(machine.apply(call).returned == .null)
        #expect(machine.misuses.map(\.code) == [.orderTooLarge])
        #expect(!machine.log.contains { $0.text.hasPrefix("BUG") })
        #expect(machine.log.contains { $0.text.contains("at mm/page_alloc.c:5634") })
    }

    @Test func report_saysWhatTheKernelCounts() throws {
        var machine = try Self.machine(debug: true)
        for event in [CPUEvent.preemptDisable, .preemptDisable] { _ = machine.apply(.cpu(event)) }
        _ = machine.apply(.spinLock(SpinLock(name: "lock"), .irqsave))
        _ = machine.apply(.kmalloc(size: 8, .kernel))
        #expect(
            machine.log.prefix(3).map(\.text).dropFirst() == [
                "in_atomic(): 1, irqs_disabled(): 1, non_block: 0, pid: 1, name: init",
                "preempt_count: 3, expected: 0",
            ])
        #expect(machine.contexts.cpus[0].count.bits == 3)
    }

    @Test func softirq_thatLeavesSoftirqsOff_isMendedAndRecorded() throws {
        var machine = try Self.machine()
        for event in [CPUEvent.enterSoftirq, .localBHDisable, .exitSoftirq] {
            _ = machine.apply(.cpu(event))
        }
        #expect(machine.log.first?.text.hasPrefix("softirq: huh, entered softirq 6") == true)
        #expect(machine.misuses.map(\.code) == [.preemptUnbalanced])
        #expect(machine.misuses[0].noticedByKernel)
        #expect(
            machine.misuses[0].explanation.contains("disabled more often than it enabled softirqs"))
        #expect(machine.contexts.cpus[0].bottomHalfDepth == 0)
        #expect(machine.contexts.cpus[0].count.bits == 0)
        _ = machine.apply(.cpu(.localBHEnable))
        #expect(machine.misuses.count == 2, "the second one has nothing to enable")
    }

    @Test func report_comesOnceASecond() throws {
        var machine = try Self.machine(debug: true)
        _ = machine.apply(.cpu(.preemptDisable))
        for _ in 0..<260 { _ = machine.apply(.kmalloc(size: 8, .kernel)) }
        #expect(machine.log.count { $0.text.hasPrefix("BUG: sleeping") } == 2)
        #expect(machine.misuseCount == 260)
    }

    @Test func atomicRequests_mayBeMadeAnywhere() throws {
        var machine = try Self.machine(debug: true)
        _ = machine.apply(.cpu(.enterIRQ))
        _ = machine.apply(.kmalloc(size: 64, .atomic))
        _ = machine.apply(.allocPages(.atomic, order: 2))
        _ = machine.apply(.kfree(.null))
        #expect(machine.misuses.isEmpty)
        #expect(machine.log.isEmpty)
    }

    /// Constraints decide which calls are wrong, never what the allocators give.
    @Test func constraints_changeNoResult() throws {
        var free = try Self.machine()
        var bound = free
        _ = free.apply(.cpu(.schedule))
        _ = bound.apply(.cpu(.localIRQDisable))
        var pages: [PagePointer] = []
        for index in 0..<4_000 {
            let gfp: GFPFlags = index % 3 == 0 ? [.atomic, .highmem] : .atomic
            let call: KernelCall =
                index % 5 == 4 && !pages.isEmpty
                ? .freePagesOf(pages.remove(at: index % pages.count), order: 0)
                : index % 7 == 0
                    ? .kmalloc(size: UInt64(index % 3000), .atomic)
                    : .allocPages(gfp, order: 0)
            let outcome = free.apply(call)
            #expect(outcome == bound.apply(call), "call \(index): \(call)")
            if case .page(let page) = outcome.returned { pages.append(page) }
        }
        #expect(free.buddyInfoText == bound.buddyInfoText)
    }

    @Test func vmalloc_inInterrupt_endsTheMachine() throws {
        for event in [CPUEvent.enterIRQ, .enterSoftirq, .localBHDisable] {
            var machine = try Self.machine()
            _ = machine.apply(.cpu(event))
            _ = machine.apply(.vmalloc(size: 4096))
            #expect(machine.oops == "kernel BUG at mm/vmalloc.c:2554!")
            #expect(machine.misuses.map(\.code) == [.vmallocInInterrupt])
        }
    }

    @Test func vfree_inInterrupt_waitsForTheTask() throws {
        var machine = try Self.machine(debug: true)
        let areas = try (0..<2).map { _ in
            guard case .address(let area) = machine.apply(.vmalloc(size: 4096)).returned else {
                throw MissingResult()
            }
            return area
        }
        let count = machine.vmAreas.count
        _ = machine.apply(.cpu(.enterIRQ))
        for area in areas { _ = machine.apply(.vfree(area)) }
        #expect(machine.vmAreas.count == count)
        #expect(machine.contexts.cpus[0].deferredFrees == areas.reversed())
        let link = (0..<4).map { UInt8(truncatingIfNeeded: areas[0].rawValue >> ($0 * 8)) }
        #expect(machine.bytes(at: areas[1], count: 4) == link, "the list goes through the areas")
        _ = machine.apply(.cpu(.exitIRQ))
        #expect(machine.vmAreas.count == count - 2)
        #expect(machine.misuses.isEmpty)
        #expect(machine.log.isEmpty)
    }

    @Test func vfree_inInterrupt_followsTheWordsInTheAreas() throws {
        var machine = try Self.machine()
        let areas = try Self.areas(2, of: &machine)
        _ = machine.apply(.cpu(.enterIRQ))
        for area in areas { _ = machine.apply(.vfree(area)) }
        _ = machine.apply(.memset(areas[1], byte: 0x55, length: 4))
        #expect(machine.misuses.map(\.code) == [.usedAfterVfree])
        #expect(
            machine.contexts.cpus[0].deferredFrees == [areas[1], VirtualAddress(0x5555_5555)])
        _ = machine.apply(.cpu(.exitIRQ))
        #expect(machine.oops == "BUG: unable to handle page fault for address: 55555555")
        #expect(machine.log.contains { $0.text == "EIP: free_work" })
        #expect(machine.vmArea(covering: areas[0]) != nil)
        #expect(machine.vmArea(covering: areas[1]) == nil, "it was freed before the next was read")
    }

    @Test func vfree_twiceWithSoftirqsOff_faultsInTheWorker() throws {
        var machine = try Self.machine()
        let area = try Self.areas(1, of: &machine)[0]
        _ = machine.apply(.cpu(.localBHDisable))
        for _ in 0..<2 { _ = machine.apply(.vfree(area)) }
        #expect(machine.contexts.cpus[0].deferredFrees == [area], "a circle")
        #expect(machine.misuses.map(\.code) == [.vfreeOfNoArea])
        #expect(machine.misuses.last?.freedAtStep == 3)
        _ = machine.apply(.cpu(.localBHEnable))
        #expect(machine.oops?.hasPrefix("BUG: unable to handle page fault for address: ") == true)
    }

    @Test func vfree_ofAnObjectTwiceInAnInterrupt_neverEnds() throws {
        var machine = try Self.machine()
        guard case .address(let page) = machine.apply(.getZeroedPage(.kernel)).returned else {
            throw MissingResult()
        }
        _ = machine.apply(.cpu(.enterIRQ))
        for _ in 0..<2 { _ = machine.apply(.vfree(page)) }
        _ = machine.apply(.cpu(.exitIRQ))
        #expect(machine.oops?.contains("soft lockup") == true)
    }

    /// A list of thousands of addresses that are no areas' costs a bounded time, and so does a look.
    @Test func vfree_ofAListThatLeadsThroughMemory_neverEnds() throws {
        var machine = try Self.machine()
        guard case .address(let block) = machine.apply(.getFreePages(.kernel, order: 3)).returned
        else { throw MissingResult() }
        let links = stride(from: block.rawValue + 4, through: block.rawValue + 32_764, by: 4)
            .flatMap { link in (0..<4).map { UInt8(truncatingIfNeeded: link >> ($0 * 8)) } }
        _ = machine.apply(.store(block, links))
        let area = try Self.areas(1, of: &machine)[0]
        _ = machine.apply(.cpu(.enterIRQ))
        _ = machine.apply(.vfree(area))
        let first = (0..<4).map { UInt8(truncatingIfNeeded: block.rawValue >> ($0 * 8)) }
        _ = machine.apply(.store(area, first))
        #expect(machine.contexts.cpus[0].deferredFrees.count == 1_000)
        _ = machine.apply(.cpu(.exitIRQ))
        #expect(machine.oops?.contains("soft lockup") == true)
    }

    private static func areas(_ count: Int, of machine: inout Machine) throws -> [VirtualAddress] {
        try (0..<count).map { _ in
            guard case .address(let area) = machine.apply(.vmalloc(size: 4096)).returned else {
                throw MissingResult()
            }
            return area
        }
    }

    @Test func interrupts_comeOnlyWhereTheyMay() throws {
        var machine = try Self.machine()
        #expect(machine.apply(.cpu(.enterSoftirq)).returned == .number(1))
        #expect(machine.apply(.cpu(.enterSoftirq)).returned == .number(0), "one at a time")
        #expect(machine.apply(.cpu(.enterIRQ)).returned == .number(1), "in between")
        #expect(machine.apply(.cpu(.enterIRQ)).returned == .number(0), "interrupts are off")
        #expect(machine.contexts.cpus[0].count.bits == 0x10100)
        _ = machine.apply(.cpu(.exitIRQ))
        _ = machine.apply(.cpu(.exitSoftirq))
        #expect(machine.contexts.cpus[0].maySleep)
        #expect(machine.misuses.isEmpty)
        _ = machine.apply(.cpu(.exitIRQ))
        #expect(machine.misuses.map(\.code) == [.interruptUnbalanced])
    }

    @Test func flags_areRestoredAsTheyWere() throws {
        var machine = try Self.machine()
        let first = machine.apply(.cpu(.localIRQSave)).returned
        let second = machine.apply(.cpu(.localIRQSave)).returned
        #expect(first == .number(0x202))
        #expect(second == .number(0x2))
        _ = machine.apply(.localIRQRestore(flags: 0x2))
        #expect(machine.contexts.cpus[0].areIRQsOff)
        _ = machine.apply(.localIRQRestore(flags: 0x202))
        #expect(machine.contexts.cpus[0].maySleep)
        #expect(machine.misuses.isEmpty)
        _ = machine.apply(.localIRQRestore(flags: 0x202))
        #expect(machine.misuses.map(\.code) == [.interruptUnbalanced])
    }

    @Test func preemptEnable_onceTooOften_leavesACountingKernelAtomic() throws {
        var plain = try Self.machine()
        var debug = try Self.machine(debug: true)
        _ = plain.apply(.cpu(.preemptEnable))
        _ = debug.apply(.cpu(.preemptEnable))
        #expect(plain.contexts.cpus[0].count.bits == 0)
        #expect(debug.contexts.cpus[0].count.bits == 0x7fff_ffff)
        #expect(plain.misuses.map(\.code) == [.preemptUnbalanced])
        _ = debug.apply(.kmalloc(size: 8, .kernel))
        #expect(debug.log.first?.text.hasPrefix("BUG: sleeping function") == true)
        #expect(debug.misuses.map(\.code) == [.preemptUnbalanced], "the caller may sleep here")
    }

    @Test(arguments: [
        (VirtualAddress(0x10), Misuse.Code.vfreeOfBadAddress),
        (VirtualAddress(0xff40_1000), .vfreeOfNoArea),
    ])
    func vfree_ofNothing_inAnInterrupt_faultsAndIsRecorded(
        _ address: VirtualAddress, _ code: Misuse.Code
    ) throws {
        var machine = try Self.machine()
        _ = machine.apply(.cpu(.enterIRQ))
        _ = machine.apply(.vfree(address))
        #expect(machine.isHalted)
        #expect(machine.misuses.map(\.code) == [code])
        #expect(machine.misuses.first?.noticedByKernel == true)
    }
}

struct MissingResult: Error {}

extension KernelCall {
    /// Whether a kernel stops where this is called in an interrupt.
    fileprivate var isForbiddenInInterrupts: Bool {
        switch self {
        case .vmalloc, .vmap, .vunmap, .vfree, .kmemCacheCreate: true
        default: false
        }
    }
}
