import KernelMemory
import Testing

/// Temporary mappings, in the form of 6.1 and in that of 2.6.
@Suite struct KmapAtomicTests {
    var machine: Machine

    init() throws { machine = try ContextTests.machine(cpus: 2) }

    mutating func highPage() -> PagePointer {
        guard case .page(let page) = machine.apply(.allocPage([.atomic, .highmem])).returned
        else {
            return .init(0)
        }
        return page
    }

    mutating func map(_ page: PagePointer, _ type: KmapType? = nil) -> VirtualAddress {
        guard case .address(let address) = machine.apply(.kmapAtomic(page, type: type)).returned
        else { return .null }
        return address
    }

    mutating func unmap(_ address: VirtualAddress, _ type: KmapType? = nil) {
        _ = machine.apply(.kunmapAtomic(address, type: type, use: 0))
    }

    @Test mutating func nest_goesDownwardsAndEachCPUHasItsOwn() {
        let pages = [highPage(), highPage()]
        #expect(pages.map { map($0).rawValue } == [0xfffb_b000, 0xfffb_a000])
        _ = machine.apply(.runOn(cpu: 1))
        #expect(map(pages[0]).rawValue == 0xfffa_b000)
        #expect(machine.contexts.cpus[0].atomicMappings == 2)
        #expect(machine.misuses.isEmpty)
    }

    @Test mutating func unmapping_clearsTheEntryAndGivesTheCPUFree() {
        let address = map(highPage())
        _ = machine.apply(.store(address, [7]))
        unmap(address)
        #expect(machine.bytes(at: address, count: 1) == nil)
        #expect(machine.contexts.cpus[0].maySleep)
        _ = machine.apply(.load(address, width: 1))
        #expect(machine.isHalted)
    }

    @Test mutating func lowPage_hasItsAddressAndNoSlot() throws {
        guard case .page(let page) = machine.apply(.allocPage(.kernel)).returned else { return }
        let direct = try #require(machine.frame(of: page).flatMap { machine.address(of: $0) })
        #expect(map(page) == direct)
        #expect(map(highPage()).rawValue == 0xfffb_b000)
        unmap(VirtualAddress(0xfffb_b000))
        unmap(direct)
        #expect(machine.contexts.cpus[0].maySleep)
        #expect(machine.misuses.isEmpty)
    }

    @Test mutating func nest_of16_isTheKernelsBug() {
        for _ in 0..<15 { _ = map(highPage()) }
        #expect(!machine.isHalted)
        _ = map(highPage())
        #expect(machine.oops == "kernel BUG at mm/highmem.c:467!")
        #expect(machine.misuses.map(\.code) == [.kmapNestedTooDeep])
    }

    @Test mutating func unmapping_outOfTurn_clearsTheOthersEntry() {
        let first = map(highPage())
        let second = map(highPage())
        _ = machine.apply(.store(second, [1]))
        unmap(first)
        #expect(machine.misuses.map(\.code) == [.kunmapOutOfOrder])
        #expect(machine.log.contains { $0.text.contains("at mm/highmem.c:610") })
        #expect(machine.physicalAddress(of: second) == nil, "its entry is the one that is gone")
        #expect(machine.bytes(at: second, count: 1) == [1], "and the TLB does not know")
        unmap(second)
        #expect(machine.contexts.cpus[0].maySleep)
    }

    @Test mutating func unmapping_onAnotherCPU_saysWhoseItIs() {
        let address = map(highPage())
        _ = machine.apply(.runOn(cpu: 1))
        unmap(address)
        #expect(machine.misuses.map(\.code) == [.kunmapOutOfOrder])
        #expect(machine.misuses[0].explanation.contains("was made on CPU 0"))
    }

    @Test mutating func unmapping_withoutMapping_isAWarningAndTheKernelsBug() {
        unmap(VirtualAddress(0xfffb_b000))
        #expect(machine.oops == "kernel BUG at mm/highmem.c:479!")
        #expect(machine.log.contains { $0.text.contains("WARNING") })
        #expect(machine.misuses.map(\.code) == [.kunmapOfWrongAddress])
    }

    @Test mutating func unmapping_twice_isTheKernelsBugAndRecorded() {
        let address = map(highPage())
        unmap(address)
        unmap(address)
        #expect(machine.oops == "kernel BUG at mm/highmem.c:479!")
        #expect(machine.misuses.map(\.code) == [.kunmapOfWrongAddress])
        #expect(machine.misuses.first?.noticedByKernel == true)
    }

    @Test mutating func typed_isOverwrittenByTheNextOfItsType() {
        let address = map(highPage(), .user0)
        #expect(map(highPage(), .user1) != address)
        #expect(machine.misuses.isEmpty)
        #expect(map(highPage(), .user0) == address)
        #expect(machine.misuses.map(\.code) == [.kmapOverwritten])
    }

    @Test mutating func typed_staleLoad_readsTheNewPageAndIsRecorded() {
        let pages = [highPage(), highPage()]
        for (index, page) in pages.enumerated() {
            let address = map(page, .user0)
            _ = machine.apply(.store(address, [UInt8(index + 1)]))
            unmap(address, .user0)
        }
        let stale = machine.temporarySlots(ofCPU: 0).first { $0.type == .user0 }!
        #expect(stale.pfn == machine.frame(of: pages[1]).map { UInt64($0.rawValue) })
        #expect(stale.mapping == nil)
        #expect(machine.apply(.load(stale.address, width: 1)).returned == .number(2))
        #expect(machine.misuses.map(\.code) == [.usedAfterKunmap])
    }

    @Test func typed_onACheckingKernel_isClearedSoThatStalePointersFault() throws {
        var suite = self
        suite.machine = try ContextTests.machine(debug: true)
        let address = suite.map(suite.highPage(), .user0)
        suite.unmap(address, .user0)
        _ = suite.machine.apply(.load(address, width: 4))
        #expect(suite.machine.isHalted)
    }

    @Test mutating func typed_inAnotherContext_isRecorded() {
        let page = highPage()
        _ = map(page, .irq0)
        #expect(machine.misuses.map(\.code) == [.wrongKmapType], "interrupts are on")
        _ = machine.apply(.cpu(.enterIRQ))
        _ = map(page, .irq1)
        #expect(machine.misuses.count == 1)
        _ = map(page, .user1)
        #expect(machine.misuses.count == 2)
    }

    @Test mutating func local_survivesASleepOfItsTask() {
        let page = highPage()
        guard case .address(let address) = machine.apply(.kmapLocalPage(page)).returned else {
            return
        }
        _ = machine.apply(.store(address, [5]))
        // A task that waits for a slot gives the CPU to another one.
        for _ in 0..<1024 { _ = machine.apply(.kmap(highPage())) }
        #expect(machine.apply(.kmap(highPage())).returned == .blocked)
        #expect(machine.physicalAddress(of: address) == nil)
        _ = machine.apply(.kunmap(machine.pagePointer(of: machine.kmapUses[3].pfn), use: 0))
        #expect(machine.contexts.cpus[0].runnable == [1])
        _ = machine.apply(.cpu(.schedule))
        #expect(machine.contexts.cpus[0].pid == 1)
        #expect(machine.bytes(at: address, count: 1) == [5])
    }

    @Test func withoutHighMemory_addressesAreDirect() throws {
        var machine = Machine(try MachineConfiguration(kind: .x86_64))
        guard case .page(let page) = machine.apply(.allocPage(.highUser)).returned else { return }
        let direct = machine.apply(.pageAddress(page)).returned
        #expect(machine.apply(.kmap(page)).returned == direct)
        #expect(machine.apply(.kmapAtomic(page, type: nil)).returned == direct)
        #expect(machine.apply(.kmapAtomic(page, type: .user0)).returned == direct)
        #expect(machine.kmapPool.slots.isEmpty)
    }
}
