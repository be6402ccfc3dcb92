import Testing

@testable import KernelMemory

/// What the checks of mappings and contexts are for: each change would go unnoticed without them.
@Suite struct KmapInvariantTests {
    /// A machine with a use of a slot, a slot that waits for a flush, a temporary mapping, a lock.
    private func machine() throws -> Machine {
        var machine = Machine(
            try MachineConfiguration(kind: .classroom, cpuCount: 2, debug: true))
        var pages: [PagePointer] = []
        for order in [UInt32(0), 0, 2] {
            let returned = machine.apply(.allocPages(.highUser, order: order)).returned
            guard case .page(let page) = returned else { throw Refused() }
            pages.append(page)
        }
        _ = machine.apply(.kmap(pages[0]))
        _ = machine.apply(.kmap(pages[1]))
        _ = machine.apply(.kunmap(pages[1], use: 0))
        _ = machine.apply(.kmapAtomic(pages[2], type: nil))
        _ = machine.apply(.kmapAtomic(pages[2], type: .user0))
        _ = machine.apply(.spinLock(SpinLock(name: "a"), .bh))
        try #require(machine.misuses.isEmpty && machine.oops == nil)
        return machine
    }

    private struct Refused: Error {}

    @Test func invariants_noticeAnyCorruptedFieldOfMappings() throws {
        let spoil: [(Core) -> Void] = [
            { $0.cold.kmaps.last = 16 },
            { $0.cold.kmaps.setCount(1, 3, slotCount: 16) },
            { $0.cold.kmaps.setCount(2, 0, slotCount: 16) },
            { $0.cold.kmaps.setCount(3, 1, slotCount: 16) },
            { $0.setKmapEntry(1, 0) },
            { $0.setKmapEntry(1, $0.kmapEntry(2).rawValue) },
            { $0.setKmapEntry(5, $0.kmapEntry(2).rawValue) },
            { $0.cold.kmaps.hash.remove($0.cold.kmaps.hash.pages[1]) },
            { $0.cold.kmaps.hash.add(0xdead_0000, slot: 7, slotCount: 16) },
            { $0.cold.kmaps.uses.removeLast() },
            { $0.cold.kmaps.temporary.removeFirst() },
            { $0.cold.contexts.cpus[0].task.localEntries.removeLast() },
            { $0.cold.contexts.cpus[1].task.localEntries = [0x10_0163] },
            { $0.setFixedEntry($0.localAddress(0, ofCPU: 0), 0) },
            { $0.setFixedEntry($0.localAddress(3, ofCPU: 1), 0x10_0163) },
            { $0.setFixedEntry($0.typedAddress(.user0, ofCPU: 0), 0x10_0163) },
        ]
        try expectNotice(spoil) { $0.contextViolation() }
    }

    @Test func invariants_noticeAnyCorruptedFieldOfContexts() throws {
        let spoil: [(Core) -> Void] = [
            { $0.control.pointee.state ^= Control.constrained },
            { $0.control.pointee.state ^= Control.spinning },
            { $0.cold.contexts.cpus[0].preemptDepth = 0 },
            { $0.cold.contexts.cpus[0].preemptDepth += 1 },
            { $0.cold.contexts.cpus[0].bottomHalfDepth = -1 },
            { $0.cold.contexts.cpus[1].count.add(PreemptCount.hardirq) },
            { $0.cold.contexts.cpus[1].lastDeferredFree = 0xc000_0000 },
            { $0.cold.contexts.nextPid = 1 },
            { $0.cold.contexts.runnable = [(cpu: 7, task: Task(pid: 0))] },
            { $0.cold.contexts.runnable = [(cpu: 0, task: Task(pid: 1))] },
            { core in
                let held = core.cold.contexts.heldLocks.values.first
                core.cold.contexts.heldLocks[SpinLock(name: "b")] = held
            },
            { core in
                let lock = SpinLock(name: "nobody's")
                core.cold.contexts.cpus[1].spin = .init(lock: lock, variant: .plain, step: 1)
            },
            { core in
                core.cold.contexts.waitingForSlot = [
                    WaitingTask(
                        task: Task(pid: 0), cpu: 1, step: 1, page: PagePointer(0), isAwake: true)
                ]
            },
        ]
        try expectNotice(spoil) { $0.contextViolation() }
    }

    @Test func invariants_noticeWrongMarks() throws {
        let spoil: [(Core) -> Void] = [
            { core in
                let pfn = core.cold.kmaps.uses[0].pfn
                core.frames.writable(pfn).pointee.flags &= ~Frame.kmapped
            },
            { core in
                let pfn = UInt32(core.frameNumber(core.kmapEntry(2)))
                core.frames.writable(pfn).pointee.flags |= Frame.kmapped
            },
        ]
        try expectNotice(spoil) { $0.invariantViolation() }
    }

    private func expectNotice(
        _ spoil: [(Core) -> Void], _ violation: (Machine) -> String?
    ) throws {
        for (index, change) in spoil.enumerated() {
            let machine = try machine()
            #expect(machine.invariantViolation() == nil)
            change(machine.core)
            #expect(violation(machine) != nil, "change \(index)")
        }
    }

    @Test func split_ofMappedBlock_keepsTheMarkOfThePageAlone() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        guard case .page(let block) = machine.apply(.allocPages(.highUser, order: 2)).returned
        else { throw Refused() }
        let third = PagePointer(block.rawValue + 2 * 32)
        _ = machine.apply(.kmap(third))
        _ = machine.apply(.splitPage(block, order: 2))
        #expect(machine.invariantViolation() == nil)
        _ = machine.apply(.freePageOf(block))
        #expect(machine.misuses.isEmpty)
        _ = machine.apply(.freePageOf(third))
        #expect(machine.misuses.map(\.code) == [.freeOfKmappedPage])
    }
}
