import KernelMemory
import Testing

/// Wrong frees, as `kernel-misuse` recorded them on a plain 6.1 kernel and on a debugging one.
@Suite struct MisuseTests {
    var machine: Machine

    init() throws { machine = Machine(try MachineConfiguration()) }

    private mutating func alloc(_ order: UInt32, _ gfp: GFPFlags = .kernel) throws -> UInt32 {
        guard case .page(let page) = machine.apply(.allocPages(gfp, order: order)).returned else {
            throw Failure.noPage
        }
        return try #require(machine.frame(of: page)).rawValue
    }

    private mutating func free(_ pfn: UInt32, _ order: UInt32) {
        let page = machine.pagePointer(of: PageFrameNumber(pfn))
        _ = machine.apply(.freePagesOf(page, order: order))
    }

    private enum Failure: Error { case noPage }

    private var logText: [String] { machine.log.map(\.text) }

    @Test mutating func freePages_withLargerOrder_isSilentAndHandsAFrameOutTwice() throws {
        let pfn = try alloc(2)
        free(pfn, 3)
        #expect(logText.isEmpty)
        #expect(machine.misuses.map(\.code) == [.wrongOrderFree])
        #expect(machine.misuses[0].expectedOrder == 2)
        #expect(machine.misuses[0].allocatedAtStep == 1)
        #expect(!machine.misuses[0].noticedByKernel)
        #expect(try alloc(3) == pfn)
        #expect(try alloc(2) == pfn + 4)
        #expect(machine.misuses.last?.code == .handedOutTwice)
        #expect(machine.frameRun(at: PageFrameNumber(pfn)).isShared)
    }

    @Test mutating func freePages_withLargerOrderAndBusyNeighbour_isReportedAndLeaksTheBlock()
        throws
    {
        let pfn = try alloc(3)
        _ = machine.apply(
            .splitPage(machine.pagePointer(of: PageFrameNumber(pfn)), order: 3))
        free(pfn, 3)
        let bad = logText.filter { $0.hasPrefix("BUG: Bad page state") }
        #expect(bad.count == 7)
        #expect(logText.contains("page dumped because: nonzero _refcount"))
        #expect(machine.misuses[0].noticedByKernel)
        #expect(try alloc(3) != pfn)
    }

    @Test mutating func freePages_overAFreeBlock_unmarksItAndItsListHandsItOut() throws {
        let pfn = try alloc(4)
        let neighbour = PageFrameNumber(pfn + 16)
        #expect(machine.frameRun(at: neighbour).state == .free)
        free(pfn, 5)
        #expect(logText.contains { $0.hasPrefix("BUG: Bad page state") })
        let runs = machine.frameRuns(from: pfn, to: pfn + 32, limit: 2)
        #expect(runs.map(\.state) == [.lost, .unmarked])
        #expect(runs.map(\.start.rawValue) == [pfn, pfn + 16])
        #expect(runs.map(\.count) == [16, 16])
        #expect(runs[1].order == 4)
        #expect(runs[1].migrateType == .unmovable)
        #expect(machine.block(covering: PageFrameNumber(pfn + 20)) == runs[1])
        let lists = machine.freeLists(zone: machine.zoneIndex(of: neighbour), limit: .max)
        #expect(lists.contains { $0.order == 4 && $0.pfns.contains(neighbour) })
        #expect(try alloc(4) == neighbour.rawValue)
        #expect(machine.frameRun(at: neighbour).state == .allocated)
    }

    @Test mutating func freePages_withSmallerOrder_leaksTheRest() throws {
        let pfn = try alloc(3)
        free(pfn, 1)
        #expect(logText.isEmpty)
        #expect(try alloc(1) == pfn)
        #expect(machine.frameRun(at: PageFrameNumber(pfn + 2)).state == .lost)
        #expect(machine.frameRun(at: PageFrameNumber(pfn + 2)).count == 6)
    }

    @Test mutating func freePages_twice_ofOnePage_isSilentAndHandsItOutOnce() throws {
        let pfn = try alloc(0)
        free(pfn, 0)
        free(pfn, 0)
        #expect(machine.frameRun(at: PageFrameNumber(pfn)).referenceCount == -1)
        #expect(logText.isEmpty)
        #expect(machine.misuses.map(\.code) == [.doubleFree])
        #expect(machine.misuses[0].freedAtStep == 2)
        #expect(try alloc(0) == pfn)
        #expect(try alloc(0) != pfn)
    }

    @Test mutating func freePages_twice_ofOrder4_isReportedAtTheNextAllocation() throws {
        let pfn = try alloc(4)
        free(pfn, 4)
        free(pfn, 4)
        #expect(machine.frameRun(at: PageFrameNumber(pfn)).referenceCount == -1)
        #expect(logText.isEmpty)
        #expect(try alloc(4) != pfn)
        let digits = String(pfn, radix: 16)
        let padded = String(repeating: "0", count: 5 - digits.count) + digits
        #expect(logText[0] == "BUG: Bad page state in process init  pfn:" + padded)
        #expect(logText[1].contains("refcount:-1 mapcount:0"))
        #expect(logText.contains("page dumped because: nonzero _refcount"))
    }

    @Test func doubleFree_withDebugging_endsTheMachine() throws {
        var machine = Machine(try MachineConfiguration(debug: true))
        let outcome = machine.apply(.allocPages(.kernel, order: 0))
        guard case .page(let page) = outcome.returned else { return #expect(Bool(false)) }
        _ = machine.apply(.freePageOf(page))
        _ = machine.apply(.freePageOf(page))
        #expect(machine.oops == "kernel BUG at include/linux/mm.h:780!")
        let step = machine.step
        #expect(machine.apply(.allocPages(.kernel, order: 0)).returned == .halted)
        #expect(machine.step == step)
        let reason = "page dumped because: VM_BUG_ON_PAGE(page_ref_count(page) == 0)"
        #expect(machine.log.contains { $0.text == reason })
    }

    @Test mutating func freePages_ofAddressZero_doesNothing() {
        _ = machine.apply(.freePages(.null, order: 3))
        #expect(machine.misuseCount == 0 && machine.oops == nil)
    }

    @Test mutating func freePages_ofWildAddress_faults() {
        _ = machine.apply(.freePages(VirtualAddress(0x1000), order: 0))
        #expect(machine.misuses.map(\.code) == [.wildPointer])
        #expect(machine.oops?.hasPrefix("BUG: unable to handle page fault") == true)
    }

    @Test mutating func freePages_ofReservedFrame_letsTheKernelBeOverwritten() throws {
        free(4096, 0)
        #expect(machine.misuses.map(\.code) == [.freeOfReserved])
        #expect(try alloc(0, [.kernel, .movable]) == 4096)
    }

    @Test mutating func freePages_insideABlock_isRecordedWithItsOwner() throws {
        let pfn = try alloc(4)
        free(pfn + 3, 0)
        #expect(machine.misuses[0].code == .freeInsideBlock)
        #expect(machine.misuses[0].allocatedAtStep == 1)
    }

    @Test mutating func allocPages_ofOrder11_warnsOnceAndReturnsNull() {
        #expect(machine.apply(.allocPages(.kernel, order: 11)).returned == .null)
        #expect(logText[1].hasPrefix("WARNING: CPU: 0 PID: 1 at mm/page_alloc.c:5634"))
        let lines = logText.count
        #expect(machine.apply(.allocPages(.kernel, order: 11)).returned == .null)
        #expect(logText.count == lines)
        #expect(machine.misuseCount == 2)
    }
}
