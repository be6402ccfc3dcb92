import KernelMemory
import KernelTestSupport
import Testing

/// `DEBUG_PAGEALLOC`: free pages are not mapped.
@Suite struct DebugPageAllocTests {
    private static let mapped: UInt64 = 0x63
    private static let unmapped: UInt64 = 0x60

    private func boot(
        _ kind: MachineConfiguration.Kind = .i386, memory: Int? = nil, cpus: Int = 1,
        debug: Bool = true
    ) throws -> Machine {
        Machine(
            try MachineConfiguration(
                kind: kind, memoryInMiB: memory, cpuCount: cpus, debug: debug))
    }

    private func getPage(_ machine: inout Machine, order: UInt32 = 0) throws -> VirtualAddress {
        try #require(machine.apply(.getFreePages(.kernel, order: order)).pointer)
    }

    private func pages(of block: VirtualAddress, _ count: UInt64) -> [VirtualAddress] {
        (0..<count).map { VirtualAddress(block.rawValue + $0 << 12) }
    }

    /// The bits of a page's entry beside the frame.
    private func bits(_ address: VirtualAddress, _ machine: Machine) throws -> UInt64 {
        let entry = try #require(machine.walk(address).steps.last).entry.rawValue
        #expect(entry & machine.paging.frameBits == address.rawValue - machine.layout.pageOffset)
        return entry & ~machine.paging.frameBits
    }

    @Test(arguments: MachineConfiguration.Kind.allCases)
    func page_isMappedWhileItIsAllocated(_ kind: MachineConfiguration.Kind) throws {
        var machine = try boot(kind, memory: kind == .classroom ? nil : 64)
        let noExecute: UInt64 = kind == .x86_64 ? 1 << 63 : 0
        let block = try getPage(&machine, order: 2)
        for page in pages(of: block, 4) {
            #expect(try bits(page, machine) == Self.mapped | noExecute)
        }
        _ = machine.apply(.store(block, [7]))
        _ = machine.apply(.freePages(block, order: 2))
        for page in pages(of: block, 4) {
            #expect(try bits(page, machine) == Self.unmapped | noExecute)
        }
        #expect(machine.bytes(at: block, count: 1) == nil)
        let again = try getPage(&machine, order: 2)
        #expect(again == block)
        #expect(machine.bytes(at: block, count: 1) == [7])
        #expect(machine.invariantViolation() == nil)
    }

    @Test(arguments: [true, false])
    func freedPage_faultsAndIsExplainedByTheStepThatFreedIt(isStore: Bool) throws {
        var machine = try boot()
        let block = try getPage(&machine, order: 3)
        let page = pages(of: block, 4)[3]
        _ = machine.apply(.freePages(block, order: 3))
        _ = machine.apply(isStore ? .store(page, [1]) : .load(page, width: 4))
        #expect(machine.isHalted)
        let misuse = try #require(machine.misuses.first)
        #expect(machine.misuses.count == 1)
        #expect(misuse.code == .usedAfterFree && misuse.noticedByKernel)
        #expect(misuse.freedAtStep == 2 && misuse.address == page)
        #expect(misuse.explanation.contains("was freed at step 2"))
    }

    @Test func pageThatNobodyHad_faultsToo() throws {
        var machine = try boot()
        let page = VirtualAddress(machine.layout.pageOffset + 64 << 20)
        _ = machine.apply(.load(page, width: 1))
        let misuse = try #require(machine.misuses.first)
        #expect(misuse.code == .usedAfterFree && misuse.freedAtStep == nil)
        #expect(misuse.explanation.contains("since boot"))
    }

    /// The initialisation code, 67 pages behind the kernel's text, is neither freed nor mapped.
    @Test func initialisationCode_isUnmapped() throws {
        var machine = try boot(memory: 512)
        let page = VirtualAddress(machine.layout.pageOffset + (4096 + 751) << 12)
        #expect(machine.frameRun(at: PageFrameNumber(4096 + 751)).state == .reserved)
        #expect(try bits(page, machine) == Self.unmapped | 2)
        _ = machine.apply(.load(page, width: 1))
        #expect(machine.misuses.map(\.code) == [.usedAfterFree])
    }

    @Test func plainKernel_leavesFreedPagesMapped() throws {
        var machine = try boot(debug: false)
        let page = try getPage(&machine)
        _ = machine.apply(.freePages(page, order: 0))
        #expect(machine.apply(.load(page, width: 1)).returned == .number(0))
        #expect(machine.misuseCount == 0)
    }

    /// Only the CPU that frees a page flushes its TLB.
    @Test func otherCPU_mayKnowTheFreedPageForLonger() throws {
        var machine = try boot(cpus: 2)
        let page = try getPage(&machine)
        _ = machine.apply(.runOn(cpu: 1))
        _ = machine.apply(.load(page, width: 1))
        _ = machine.apply(.runOn(cpu: 0))
        _ = machine.apply(.load(page, width: 1))
        _ = machine.apply(.freePages(page, order: 0))
        #expect(machine.tlb(ofCPU: 0).entries.isEmpty)
        #expect(machine.tlb(ofCPU: 1).entries.map(\.isStale) == [true])
        _ = machine.apply(.runOn(cpu: 1))
        #expect(machine.apply(.load(page, width: 1)).returned == .number(0))
        _ = machine.apply(.runOn(cpu: 0))
        _ = machine.apply(.load(page, width: 1))
        #expect(machine.isHalted)
    }

    @Test func highMemory_isLeftAlone() throws {
        var machine = try boot()
        let flushes = machine.tlb(ofCPU: 0).counters.fullFlushes
        let page = machine.apply(.allocPages(.highUser, order: 0)).returned
        guard case .page(let page) = page else { return #expect(Bool(false)) }
        _ = machine.apply(.freePagesOf(page, order: 0))
        #expect(machine.tlb(ofCPU: 0).counters.fullFlushes == flushes)
        _ = try getPage(&machine)
        #expect(machine.tlb(ofCPU: 0).counters.fullFlushes == flushes + 1)
    }

    @Test func copy_hasEntriesOfItsOwn() throws {
        var machine = try boot()
        let page = try getPage(&machine)
        var copy = machine
        _ = copy.apply(.freePages(page, order: 0))
        #expect(try bits(page, copy) == Self.unmapped)
        #expect(try bits(page, machine) == Self.mapped)
        #expect(machine.apply(.load(page, width: 1)).returned == .number(0))
        #expect(copy.apply(.load(page, width: 1)).returned == .void)
    }

    @Test(arguments: [(MachineConfiguration.Kind.i386, 1024), (.x86_64, 4096)])
    func directMap_isAllInSmallPages(_ kind: MachineConfiguration.Kind, memory: Int) throws {
        var machine = try boot(kind, memory: memory)
        func lines() -> [Substring] {
            machine.memInfoText.split(separator: "\n").filter { $0.hasPrefix("DirectMap") }
        }
        let before = lines()
        #expect(before[1].hasSuffix(" 0 kB"))
        if kind == .i386 { #expect(before[0].hasSuffix(" 905208 kB")) }
        for _ in 0..<10 { _ = try getPage(&machine) }
        #expect(lines() == before)
        #expect(machine.invariantViolation() == nil)
    }

    /// The tables of a fresh machine are its boot image's.
    @Test func freshMachine_ownsNoPages() throws {
        let configuration = try MachineConfiguration(
            kind: .x86_64, memoryInMiB: 4096, debug: true)
        var machine = Machine(booting: BootImage(configuration))
        #expect(machine.storedByteCount == 0)
        _ = try getPage(&machine)
        #expect(machine.storedByteCount == 4096)
    }

    /// The classroom machine has the same frames with debugging and without: the long way of its calls
    /// leads to the same pages.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func calls_returnTheSamePagesAsOnAPlainKernel(seed: UInt64) throws {
        var machines = try [false, true].map { try boot(.classroom, cpus: 2, debug: $0) }
        var streams = (0..<2).map { _ in RandomCalls(seed: seed, cpus: 2) }
        for index in 0..<5_000 {
            let calls = (0..<2).map { streams[$0].step(&machines[$0]) }
            try #require(calls[0] == calls[1], "seed \(seed), call \(index)")
        }
        let runs = machines.map { $0.frameRuns(from: 0, to: 1024, limit: .max).map(\.start) }
        #expect(runs[0] == runs[1])
        #expect(machines[1].invariantViolation() == nil)
    }

    /// What a kernel keeps for itself, as its reports of failed allocations had it.
    @Test(arguments: [
        (128, false, 15_360, 109_980), (512, false, 15_360, 499_740),
        (128, true, 15_360, 109_492), (512, true, 15_360, 498_868),
    ])
    func managedPages_areTheRecordedOnes(
        memory: Int, debug: Bool, dmaInKiB: UInt32, normalInKiB: UInt32
    ) throws {
        let configuration = try MachineConfiguration(
            memoryInMiB: memory, debug: debug, checksObjects: true)
        let managed = Machine(configuration).zones.map { $0.managed * 4 }
        #expect(managed == [dmaInKiB, normalInKiB])
    }
}
