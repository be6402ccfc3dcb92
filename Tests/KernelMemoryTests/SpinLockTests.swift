import KernelMemory
import Testing

/// Spin locks, tasks that sleep with one, and CPUs that wait for one.
@Suite struct SpinLockTests {
    private let lock = SpinLock(name: "lock")

    @Test func lock_keepsTheCPUAndIsGivenBack() throws {
        var machine = try ContextTests.machine()
        _ = machine.apply(.spinLock(lock, .plain))
        #expect(machine.contexts.cpus[0].reasonsNotToSleep == ["it holds the spin lock lock"])
        _ = machine.apply(.spinUnlock(lock, .plain, flags: 0))
        #expect(machine.contexts.cpus[0].maySleep)
        #expect(machine.misuses.isEmpty)
    }

    @Test(arguments: LockVariant.allCases)
    func variants_undoWhatTheyDid(_ variant: LockVariant) throws {
        var machine = try ContextTests.machine(debug: true)
        let outcome = machine.apply(.spinLock(lock, variant))
        #expect(outcome.returned == (variant == .irqsave ? .number(0x202) : .void))
        #expect(machine.contexts.cpus[0].areIRQsOff == [.irq, .irqsave].contains(variant))
        #expect(machine.contexts.cpus[0].count.isInInterrupt == (variant == .bh))
        _ = machine.apply(.spinUnlock(lock, variant, flags: 0x202))
        #expect(machine.contexts.cpus[0].maySleep)
        #expect(machine.contexts.cpus[0].count.bits == 0)
        #expect(machine.misuses.isEmpty)
    }

    @Test func lock_heldByAnotherCPU_isSpunForAndHandedOver() throws {
        var machine = try ContextTests.machine(cpus: 3)
        _ = machine.apply(.spinLock(lock, .plain))
        for cpu: UInt32 in [2, 1] {
            _ = machine.apply(.runOn(cpu: cpu))
            #expect(machine.apply(.spinLock(lock, .irqsave)).returned == .blocked)
        }
        #expect(machine.isSpinning)
        let step = machine.step
        #expect(machine.apply(.allocPage(.atomic)).returned == .halted)
        #expect(machine.step == step)
        _ = machine.apply(.runOn(cpu: 0))
        _ = machine.apply(.spinUnlock(lock, .plain, flags: 0))
        let resumed = machine.resumptions(of: machine.step)
        #expect(resumed.map(\.cpu) == [2], "who spun the longest")
        #expect(resumed.map(\.returned) == [.number(0x202)])
        #expect(machine.contexts.locks.map(\.cpu) == [2])
        #expect(machine.contexts.cpus[1].spinsFor == "lock")
        #expect(machine.misuses.isEmpty)
    }

    @Test func lock_takenTwiceByOneCPU_hangs() throws {
        var machine = try ContextTests.machine(cpus: 2)
        _ = machine.apply(.spinLock(lock, .plain))
        _ = machine.apply(.cpu(.enterIRQ))
        _ = machine.apply(.spinLock(lock, .plain))
        #expect(machine.log.isEmpty, "no timer comes")
        #expect(machine.oops?.hasSuffix("with interrupts off") == true)
        #expect(machine.misuses.map(\.code) == [.lockRecursion])
        #expect(machine.misuses.map(\.noticedByKernel) == [false])
    }

    @Test func lock_takenTwiceWithInterruptsOn_isASoftLockup() throws {
        var machine = try ContextTests.machine(cpus: 2)
        for _ in 0..<2 { _ = machine.apply(.spinLock(lock, .plain)) }
        #expect(machine.oops?.hasPrefix("watchdog: BUG: soft lockup - CPU#0") == true)
        #expect(machine.misuses.map(\.noticedByKernel) == [true])
    }

    @Test(arguments: [2, 4])
    func locks_takenInOppositeOrder_hang(cpus: Int) throws {
        var machine = try ContextTests.machine(cpus: cpus)
        let other = SpinLock(name: "other")
        _ = machine.apply(.spinLock(lock, .plain))
        _ = machine.apply(.runOn(cpu: 1))
        _ = machine.apply(.spinLock(other, .plain))
        #expect(machine.apply(.spinLock(lock, .plain)).returned == .blocked)
        _ = machine.apply(.runOn(cpu: 0))
        _ = machine.apply(.spinLock(other, .plain))
        #expect(machine.isHalted)
        #expect(machine.misuses.map(\.code) == [.deadlock])
    }

    /// A circle of three is one only when it is closed; who merely waits at its end is no part of it.
    @Test func locks_takenInACircle_hang() throws {
        var machine = try ContextTests.machine(cpus: 4)
        let locks = (0..<3).map { SpinLock(name: "lock\($0)") }
        for cpu in 0..<3 {
            _ = machine.apply(.runOn(cpu: UInt32(cpu)))
            _ = machine.apply(.spinLock(locks[cpu], .plain))
        }
        for (cpu, wanted) in [(3, 0), (0, 1), (1, 2)] {
            _ = machine.apply(.runOn(cpu: UInt32(cpu)))
            #expect(machine.apply(.spinLock(locks[wanted], .plain)).returned == .blocked)
            #expect(!machine.isHalted)
        }
        _ = machine.apply(.runOn(cpu: 2))
        _ = machine.apply(.spinLock(locks[0], .plain))
        #expect(machine.isHalted)
        #expect(machine.misuses.map(\.code) == [.deadlock])
    }

    @Test func unlock_ofALockThatIsNotHeld_isRecordedAndFreesIt() throws {
        var machine = try ContextTests.machine(cpus: 2)
        _ = machine.apply(.spinLock(lock, .plain))
        _ = machine.apply(.runOn(cpu: 1))
        _ = machine.apply(.spinUnlock(lock, .plain, flags: 0))
        #expect(machine.misuses.map(\.code) == [.lockNotHeld, .preemptUnbalanced])
        #expect(machine.contexts.locks.isEmpty, "the kernel asks nobody")
    }

    @Test func schedule_withALock_isRecordedAndACountingKernelNotices() throws {
        for debug in [false, true] {
            var machine = try ContextTests.machine(debug: debug)
            _ = machine.apply(.spinLock(lock, .plain))
            _ = machine.apply(.cpu(.schedule))
            #expect(machine.misuses.map(\.code) == [.schedulingWhileAtomic, .heldAtSleep])
            let title = "BUG: scheduling while atomic: init/1/0x00000002"
            #expect(machine.log.first?.text == (debug ? title : nil))
            #expect(machine.contexts.locks.count == 1)
        }
    }

    @Test func schedule_inInterrupt_isNoticedByEveryKernel() throws {
        var machine = try ContextTests.machine()
        _ = machine.apply(.cpu(.enterIRQ))
        _ = machine.apply(.cpu(.schedule))
        #expect(machine.log.first?.text == "BUG: scheduling while atomic: init/1/0x00010000")
        #expect(machine.contexts.cpus[0].interrupts.isEmpty)
        #expect(machine.contexts.cpus[0].maySleep)
    }
}
