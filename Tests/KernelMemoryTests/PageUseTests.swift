import KernelMemory
import KernelTestSupport
import Testing

/// How many pages calls took, and for what: now and when it was most.
@Suite struct PageUseTests {
    private func boot(_ slab: MachineConfiguration.SlabAllocator = .slub) throws -> Machine {
        Machine(try MachineConfiguration(kind: .i386, memoryInMiB: 64, slab: slab))
    }

    @Test func freshMachine_usesNothing() throws {
        for kind in MachineConfiguration.Kind.allCases {
            let machine = Machine(try MachineConfiguration(kind: kind))
            #expect(machine.pageUse == PageUse())
            #expect(machine.peakUse == PageUse())
        }
    }

    @Test func areas_countUntilTheyAreFreed() throws {
        var machine = try boot()
        let area = try #require(machine.apply(.vmalloc(size: 65_536)).pointer)
        #expect(machine.pageUse.areas == 16)
        #expect(machine.pageUse.tables == 1)
        #expect(machine.pageUse.slabs > 0)
        #expect(machine.pageUse.blocks == 0)
        let most = machine.pageUse
        #expect(machine.peakUse == most)
        _ = machine.apply(.vfree(area))
        #expect(machine.pageUse.areas == 0)
        #expect(machine.pageUse.tables == 1)
        #expect(machine.peakUse == most)
        #expect(machine.invariantViolation() == nil)
    }

    /// The most is of all uses together, and is divided as it was then.
    @Test func peak_isDividedAsItWasThen() throws {
        var machine = try boot()
        let area = try #require(machine.apply(.vmalloc(size: 8 * 4096)).pointer)
        let block = try #require(machine.apply(.getFreePages(.kernel, order: 3)).pointer)
        let first = machine.pageUse
        #expect(first.areas == 8 && first.blocks == 8)
        _ = machine.apply(.vfree(area))
        #expect(machine.peakUse == first)
        // Blocks alone go beyond it: the area is no part of this peak.
        let larger = try #require(machine.apply(.getFreePages(.kernel, order: 4)).pointer)
        #expect(machine.peakUse.blocks == 24)
        #expect(machine.peakUse.areas == 0)
        #expect(machine.peakUse == machine.pageUse)
        let second = machine.peakUse
        _ = machine.apply(.freePages(larger, order: 4))
        _ = machine.apply(.freePages(block, order: 3))
        // A smaller wave of areas leaves it alone.
        _ = machine.apply(.vmalloc(size: 12 * 4096))
        #expect(machine.peakUse == second)
        #expect(machine.pageUse.total < second.total)
        #expect(machine.invariantViolation() == nil)
    }

    @Test(arguments: [MachineConfiguration.SlabAllocator.slub, .slab])
    func slabs_countUntilTheirPagesAreGivenBack(_ slab: MachineConfiguration.SlabAllocator) throws {
        var machine = try boot(slab)
        var objects: [VirtualAddress] = []
        for _ in 0..<1_000 {
            objects.append(try #require(machine.apply(.kmalloc(size: 1024, .kernel)).pointer))
        }
        let most = machine.pageUse
        #expect(most.slabs >= 250)
        #expect(most.blocks == 0 && most.areas == 0 && most.tables == 0)
        for object in objects { _ = machine.apply(.kfree(object)) }
        #expect(machine.pageUse.slabs < most.slabs)
        #expect(machine.peakUse == most)
        #expect(machine.invariantViolation() == nil)
    }

    /// Large objects of kmalloc are blocks.
    @Test func largeKMalloc_isABlock() throws {
        var machine = try boot()
        _ = machine.apply(.kmalloc(size: 65_536, .kernel))
        #expect(machine.pageUse == PageUse(blocks: 16))
    }

    /// Whoever frees an area's page behind its back has freed it: it counts no more.
    @Test func pageOfAnArea_freedByOthers_countsNoMore() throws {
        var machine = try boot()
        let area = try #require(machine.apply(.vmalloc(size: 4 * 4096)).pointer)
        let byte = try #require(machine.physicalAddress(of: area))
        let pfn = PageFrameNumber(UInt32(byte.rawValue >> 12))
        _ = machine.apply(.freePagesOf(machine.pagePointer(of: pfn), order: 0))
        #expect(machine.pageUse.areas == 3)
        _ = machine.apply(.vfree(area))
        #expect(machine.pageUse.areas == 0)
        #expect(machine.peakUse.areas == 4)
    }
}
