import KernelMemory
import Testing

/// Use of pages of high memory that were freed, through their mappings.
@Suite struct FreeMappedPageTests {
    private var machine: Machine
    private let page: PagePointer

    init() throws {
        machine = Machine(try MachineConfiguration(kind: .classroom))
        guard case .page(let page) = machine.apply(.allocPage(.highUser)).returned else {
            throw Refused()
        }
        self.page = page
    }

    private struct Refused: Error {}

    private enum Way: CaseIterable {
        case kmap, local, atomic, typed

        func call(_ page: PagePointer) -> KernelCall {
            switch self {
            case .kmap: .kmap(page)
            case .local: .kmapLocalPage(page)
            case .atomic: .kmapAtomic(page, type: nil)
            case .typed: .kmapAtomic(page, type: .user0)
            }
        }
    }

    /// Stores, then loads, and says what was recorded of the two.
    private func codes(_ machine: inout Machine, at address: VirtualAddress) -> [Misuse.Code] {
        let before = machine.misuseCount
        _ = machine.apply(.memset(address, byte: 1, length: 4))
        #expect(machine.apply(.load(address, width: 4)).returned == .number(0x0101_0101))
        return machine.misuses[before...].map(\.code)
    }

    @Test(arguments: Way.allCases)
    private func access_toAPageFreedBefore_isRecorded(way: Way) {
        var machine = machine
        _ = machine.apply(.freePageOf(page))
        guard case .address(let address) = machine.apply(way.call(page)).returned else {
            return #expect(Bool(false))
        }
        #expect(codes(&machine, at: address) == [.writeAfterFree, .usedAfterFree])
        #expect(machine.misuses.map(\.freedAtStep) == [2, 2])
        #expect(machine.misuses.map(\.pfn) == [machine.frame(of: page), machine.frame(of: page)])
        #expect(machine.oops == nil)
    }

    @Test(arguments: Way.allCases)
    private func access_toAPageFreedWhileMapped_isRecorded(way: Way) {
        var machine = machine
        guard case .address(let address) = machine.apply(way.call(page)).returned else {
            return #expect(Bool(false))
        }
        #expect(codes(&machine, at: address) == [])
        _ = machine.apply(.freePageOf(page))
        #expect(codes(&machine, at: address) == [.writeAfterFree, .usedAfterFree])
    }

    @Test(arguments: Way.allCases)
    private func access_toAPageWithANewOwner_isNobodysMistake(way: Way) {
        var machine = machine
        guard case .address(let address) = machine.apply(way.call(page)).returned else {
            return #expect(Bool(false))
        }
        _ = machine.apply(.freePageOf(page))
        #expect(machine.apply(.allocPage([.atomic, .highmem])).returned == .page(page))
        #expect(codes(&machine, at: address) == [])
    }
}
