@testable import KernelMemory
import Testing

/// Requests worked out by hand on machines that have just booted.
@Suite struct PageAllocatorTests {
    @Test func getFreePages_returnsAnAlignedLogicalAddress() throws {
        var machine = Machine(try MachineConfiguration())
        let outcome = machine.apply(.getFreePages(.kernel, order: 2))
        guard case .address(let address) = outcome.returned else { return #expect(Bool(false)) }
        let frame = try #require(machine.frame(at: address))
        #expect(frame.rawValue % 4 == 0)
        #expect(address.rawValue == 0xc000_0000 + UInt64(frame.rawValue) << 12)
        #expect(machine.zoneName(of: frame) == "Normal")
    }

    @Test(arguments: [
        (GFPFlags.dma, "DMA"), (.kernel, "Normal"), (.highUser, "HighMem"),
        (.highUserMovable, "HighMem"), (.gfpAtomic, "Normal"),
    ])
    func allocPages_takesTheZoneThatTheMaskNames(_ gfp: GFPFlags, _ zone: String) throws {
        var machine = Machine(try MachineConfiguration())
        let outcome = machine.apply(.allocPages(gfp, order: 0))
        guard case .page(let page) = outcome.returned else { return #expect(Bool(false)) }
        #expect(machine.zoneName(of: try #require(machine.frame(of: page))) == zone)
    }

    @Test func pageAddress_ofHighMemory_isNull() throws {
        var machine = Machine(try MachineConfiguration())
        guard case .page(let page) = machine.apply(.allocPage(.highUser)).returned else {
            return #expect(Bool(false))
        }
        #expect(machine.apply(.pageAddress(page)).returned == .null)
    }

    @Test func getFreePages_dropsHighmem() throws {
        var machine = Machine(try MachineConfiguration())
        let outcome = machine.apply(.getFreePage(.highUser))
        guard case .address(let address) = outcome.returned else { return #expect(Bool(false)) }
        #expect(machine.frame(at: address) != nil)
    }

    @Test func exhaustedMachine_answersNullWithAReport() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        var count = 0
        while case .page = machine.apply(.allocPage(.kernel)).returned { count += 1 }
        #expect(count > 700)
        let report = machine.log(of: machine.step).map(\.text)
        let head = "init: page allocation failure: order:0, mode:0xcc0(GFP_KERNEL), "
        #expect(report.first == head + "nodemask=(null)")
        #expect(report.contains("Mem-Info:"))
        #expect(report.contains { $0.hasPrefix("Normal free:") })
        #expect(report.contains { $0.hasPrefix("DMA: ") && $0.hasSuffix("kB") })
        #expect(machine.apply(.allocPage([.kernel, .noWarn])).returned == .null)
        #expect(machine.log(of: machine.step).isEmpty)
        // Urgent requests may go below the watermark that stopped the others.
        #expect(machine.apply(.allocPage(.gfpAtomic)).returned != .null)
    }

    @Test func noFail_thatCannotBeMet_hangsTheMachine() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        for _ in 0..<3 { _ = machine.apply(.getFreePages([.kernel, .noFail], order: 8)) }
        #expect(machine.oops?.hasPrefix("watchdog: BUG: soft lockup") == true)
    }

    @Test func everyRefusal_leavesTheListsAsTheyWere() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        let before = machine.frameRuns(from: 0, to: 1024, limit: .max)
        #expect(machine.apply(.allocPages([.kernel, .noWarn], order: 10)).returned == .null)
        #expect(machine.apply(.allocPages(.kernel, order: 12)).returned == .null)
        #expect(machine.frameRuns(from: 0, to: 1024, limit: .max) == before)
    }

    @Test func freedPage_keepsItsBytesAndGetZeroedPageClearsThem() throws {
        var machine = Machine(try MachineConfiguration())
        func page(_ call: KernelCall) throws -> VirtualAddress {
            guard case .address(let address) = machine.apply(call).returned else {
                throw Failure.noPage
            }
            return address
        }
        let first = try page(.getFreePage(.kernel))
        _ = machine.apply(.store(first, Array("secret".utf8)))
        _ = machine.apply(.freePage(first))
        let second = try page(.getFreePage(.kernel))
        #expect(second == first)
        #expect(machine.bytes(at: second, count: 6) == Array("secret".utf8))
        _ = machine.apply(.freePage(second))
        let third = try page(.getZeroedPage(.kernel))
        #expect(third == first)
        #expect(machine.bytes(at: third, count: 6) == [0, 0, 0, 0, 0, 0])
    }

    private enum Failure: Error { case noPage }

    @Test func store_acrossFrames_isReadBack() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        let address = VirtualAddress(0xc010_0ffe)
        _ = machine.apply(.store(address, [1, 2, 3, 4]))
        #expect(machine.bytes(at: address, count: 4) == [1, 2, 3, 4])
    }

    @Test func store_outsideTheDirectMap_faults() throws {
        var machine = Machine(try MachineConfiguration(kind: .classroom))
        _ = machine.apply(.memset(VirtualAddress(0xc037_fff0), byte: 1, length: 100))
        #expect(
            machine.oops == "BUG: unable to handle page fault for address: c0380000")
        #expect(machine.bytes(at: VirtualAddress(0xc037_fff0), count: 1) == [1])
    }

    @Test func zoneStructure_hasTheReserveWhereItIsLookedFor() {
        #expect(MemoryLayout<Zone>.offset(of: \.lowmemReserve) == Zone.lowmemReserveOffset)
        #expect(MemoryLayout<Frame>.size == 16)
        #expect(MemoryLayout<FreeArea>.stride == 64)
        let lists = 12 * MemoryLayout<BlockList>.stride
        #expect(MemoryLayout<PerCPUPages>.stride == PerCPUPages.listOffset + lists)
    }

    @Test(arguments: 0..<4)
    func frameWord_namesTheListOfItsType(_ type: Int) throws {
        let core = Machine(try MachineConfiguration(kind: .classroom)).core
        let area = core.freeArea(1, 3)
        #expect(area.list(of: Frame.buddyMark(3, type)) == area.list(type))
        #expect(area.list(of: .max) == area.list(3))
    }

    @Test func pageBlockTypes_areTheSameByEitherWay() throws {
        let core = Machine(try MachineConfiguration(kind: .classroom, cpuCount: 2)).core
        for pfn in UInt32(1)..<1024 {
            let zone = core.zoneIndex(of: pfn)
            core.setPageBlockType(zone, pfn, Int(pfn >> core.pageBlockOrder) % 4)
            for cpu in 0..<2 {
                let local = core.perCPU + (cpu * MachineShape.zoneCount + zone)
                let type = local.pageBlockType(pfn >> core.pageBlockOrder)
                #expect(type == core.pageBlockType(zone, pfn))
            }
        }
    }

    @Test func invariants_noticeAnyCorruptedField() throws {
        let spoil: [(Core) -> Void] = [
            { $0.freeArea(1, 10).pointee.count += 1 },
            { $0.zones[1].freePages -= 1 },
            { $0.perCPU[1].count += 1 },
            { $0.control.pointee.takenPages += 1 },
            { $0.control.pointee.kernelPages.areas -= 1 },
            { $0.control.pointee.kernelPages.slabs += 1 },
            { $0.control.pointee.kernelPages.tables += 1 },
            { $0.frames.writable($0.freeList(1, 10, 1).pointee.first).pointee.flags ^= 1 },
            { $0.frames.writable($0.freeList(1, 10, 1).pointee.first).pointee.referenceCount = 1 },
            { core in core.freeList(1, 10, 1).pointee.count -= 1 },
        ]
        for change in spoil {
            var machine = Machine(try MachineConfiguration())
            _ = machine.apply(.allocPage(.kernel))
            #expect(machine.invariantViolation() == nil)
            change(machine.core)
            #expect(machine.invariantViolation() != nil)
        }
    }

    @Test func localInvariants_noticeAnyCorruptedFieldNearby() throws {
        let spoil: [(Core, UnsafeMutablePointer<Frame>) -> Void] = [
            { core, _ in core.freeArea(1, 10).pointee.count += 1 },
            { core, _ in core.zones[1].freePages -= 1 },
            { core, _ in core.perCPU[1].count += 1 },
            { core, _ in core.freeList(1, 10, 1).pointee.count -= 1 },
            { _, frame in frame.pointee.flags ^= 1 },
            { _, frame in frame.pointee.flags |= Frame.live },
            { _, frame in frame.pointee.flags &= ~Frame.buddy },
            { _, frame in frame.pointee.referenceCount = 1 },
            { _, frame in frame.pointee.next += 1 },
            { _, frame in frame[3].referenceCount = 1 },
            { _, frame in frame[3].flags |= Frame.perCPU },
        ]
        for change in spoil {
            var machine = Machine(try MachineConfiguration())
            _ = machine.apply(.allocPage(.kernel))
            let pfn = machine.core.freeList(1, 10, 1).pointee.first
            #expect(machine.invariantViolation(around: PageFrameNumber(pfn)) == nil)
            change(machine.core, machine.core.frames.writable(pfn))
            #expect(machine.invariantViolation(around: PageFrameNumber(pfn)) != nil)
        }
    }
}
