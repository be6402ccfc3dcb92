@testable import KernelMemory
import Testing

/// Page blocks by mobility, on machines that are large enough for it and on one that is not.
@Suite struct MobilityGroupingTests {
    /// i386 has 4 MiB page blocks: it takes four of them, memory map and firmware's hole not counted.
    @Test(arguments: [(16, false), (17, true), (64, true), (1024, true)])
    func i386_groupsByMobilityFromFourPageBlocksOn(_ memory: Int, _ groups: Bool) throws {
        let machine = Machine(try MachineConfiguration(memoryInMiB: memory))
        #expect(machine.core.shape.groupsByMobility == groups)
    }

    @Test(arguments: [(MachineConfiguration.Kind.x86_64, 32), (.classroom, 4)])
    func otherMachines_alwaysGroupByMobility(
        _ kind: MachineConfiguration.Kind, _ memory: Int
    ) throws {
        let machine = Machine(try MachineConfiguration(kind: kind, memoryInMiB: memory))
        #expect(machine.core.shape.groupsByMobility)
    }

    /// The kernel's sum on either side of 4,096 pages of 4 KiB: 32 bytes of each are the memory map's.
    @Test func groupsByMobility_countsPagesWithoutTheirMemoryMap() {
        let lines: [(UInt32, Bool)] = [(4096, false), (4128, false), (4129, true)]
        for (pages, groups) in lines {
            #expect(
                Architecture.i386.groupsByMobility(
                    pageBlockOrder: 10, [(index: 0, spanned: pages, present: pages)]) == groups)
        }
        // High memory counts in full.
        #expect(
            Architecture.i386.groupsByMobility(
                pageBlockOrder: 10, [(index: 2, spanned: 4096, present: 4096)]))
        // Page blocks of x86_64 are half as large.
        #expect(
            Architecture.x86_64.groupsByMobility(
                pageBlockOrder: 9, [(index: 0, spanned: 2081, present: 2081)]))
        #expect(
            !Architecture.x86_64.groupsByMobility(
                pageBlockOrder: 9, [(index: 0, spanned: 2080, present: 2080)]))
    }

    /// As in every recorded dump: frame 0 is in no zone, and HighMem begins 2 frames before the end
    /// of a page block.
    @Test func pageBlocks_thatBeginBeforeTheirZone_startAsUnmovable() throws {
        let machine = Machine(try MachineConfiguration())
        let types = machine.zones.map { machine.pageBlocks(zone: $0.index).map(\.type) }
        #expect(types.map(\.first) == [.unmovable, .movable, .unmovable])
        #expect(types.allSatisfy { $0.dropFirst().allSatisfy { $0 == .movable } })
        let lists = machine.freeLists(zone: 2, limit: 1).filter { $0.migrateType == .unmovable }
        #expect(lists.reduce(0) { $0 + $1.count << $1.order } == 2)
    }

    /// They are marked before the kernel knows how small the machine is.
    @Test func smallMachine_bootsWithTheSamePageBlocksAsOthers() throws {
        let machine = Machine(try MachineConfiguration(memoryInMiB: 16))
        #expect(
            machine.pageBlocks(zone: 0).map(\.type) == [.unmovable, .movable, .movable, .movable])
        #expect(freePages(of: machine, .movable) > 0)
        #expect(freePages(of: machine, .unmovable) == 0)
    }

    @Test func smallMachine_treatsEveryRequestAsUnmovable() throws {
        var machine = Machine(try MachineConfiguration(memoryInMiB: 16))
        let free = freePages(of: machine, .movable)
        // Order 4 is too large for the lists of the CPU.
        guard case .page(let page) = machine.apply(.allocPages(.highUserMovable, order: 4)).returned
        else { return #expect(Bool(false)) }
        let line = "Node 0, zone      DMA            2            2            0            0 "
        #expect(blockLine(machine) == line)
        #expect(machine.invariantViolation() == nil)
        #expect(freePages(of: machine, .unmovable) > 0)
        #expect(freePages(of: machine, .unmovable) + freePages(of: machine, .movable) == free - 16)
        // It goes back to the page block's new type, and serves every other kind of request.
        _ = machine.apply(.freePagesOf(page, order: 4))
        let again = machine.apply(.allocPages([.kernel, .reclaimable], order: 4)).returned
        #expect(again == .page(page))
        #expect(machine.pageBlocks(zone: 0).allSatisfy { $0.type != .reclaimable })
    }

    @Test func largerMachine_takesMovablePagesFromMovableBlocks() throws {
        var machine = Machine(try MachineConfiguration(memoryInMiB: 17))
        let before = blockLine(machine)
        _ = machine.apply(.allocPages(.highUserMovable, order: 4))
        #expect(blockLine(machine) == before)
        #expect(freePages(of: machine, .unmovable) == 0)
    }

    /// The zone ends within the last page block, and such a block is never claimed as a whole.
    @Test func smallMachine_whenAllIsTaken_hasClaimedEveryWholePageBlock() throws {
        var machine = Machine(try MachineConfiguration(memoryInMiB: 16))
        let request: GFPFlags = [.highUserMovable, .noWarn]
        while case .page = machine.apply(.allocPages(request, order: 0)).returned {}
        let types = machine.pageBlocks(zone: 0).map(\.type)
        #expect(types == [.unmovable, .unmovable, .unmovable, .movable])
        #expect(machine.invariantViolation() == nil)
    }

    @Test func smallMachine_stillNotesConflictingMobility() throws {
        var machine = Machine(try MachineConfiguration(memoryInMiB: 16))
        _ = machine.apply(.allocPage([.kernel, .movable, .reclaimable]))
        #expect(machine.misuses.map(\.code) == [.conflictingMobility])
    }

    private func blockLine(_ machine: Machine) -> String? {
        let lines = machine.pageTypeInfoText.split(separator: "\n")
        return lines.last { $0.hasPrefix("Node 0, zone      DMA ") }.map(String.init)
    }

    private func freePages(of machine: Machine, _ type: MigrateType) -> Int {
        machine.freeLists(zone: 0, limit: 0).filter { $0.migrateType == type }
            .reduce(0) { $0 + $1.count << $1.order }
    }
}
