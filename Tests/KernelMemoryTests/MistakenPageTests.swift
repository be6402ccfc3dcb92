import KernelMemory
import Testing

/// Functions of high memory that take something else for a `struct page`.
@Suite struct MistakenPageTests {
    private var machine: Machine
    private let mapping = PagePointer(0xff40_1000)

    init() throws {
        machine = Machine(try MachineConfiguration(kind: .classroom))
        guard case .page(let page) = machine.apply(.allocPage(.highUser)).returned else { return }
        _ = machine.apply(.kmap(page))
    }

    private mutating func fillMapping(_ byte: UInt8) {
        _ = machine.apply(.memset(VirtualAddress(mapping.rawValue), byte: byte, length: 4096))
    }

    private var codes: [Misuse.Code] { machine.misuses.map(\.code) }

    @Test mutating func kunmap_ofTheAddress_leavesTheMapping() {
        _ = machine.apply(.kunmap(mapping, use: 0))
        #expect(machine.oops == nil)
        #expect(codes == [.kunmapOfWrongAddress])
        #expect(machine.kmapPool.slots[1].count == 2)
        #expect(machine.invariantViolation() == nil)
    }

    /// The two highest bits of the flags are the zone: 2 is HighMem, and 3 counts as it.
    @Test(arguments: [(0x3f, false), (0x7f, false), (0xbf, true), (0xff, true)] as [(UInt8, Bool)])
    func kunmap_ofTheAddress_goesByTheBytesThere(byte: UInt8, isBug: Bool) {
        var suite = self
        suite.fillMapping(byte)
        _ = suite.machine.apply(.kunmap(mapping, use: 0))
        #expect(suite.machine.oops == (isBug ? "kernel BUG at mm/highmem.c:358!" : nil))
        #expect(suite.codes == [.kunmapOfWrongAddress])
    }

    @Test mutating func kunmap_ofAnUnmappedAddress_faults() {
        _ = machine.apply(.kunmap(PagePointer(0xff40_2000), use: 0))
        #expect(machine.oops == "BUG: unable to handle page fault for address: ff402000")
        #expect(codes == [.wildPointer])
        #expect(machine.log.contains { $0.text.hasSuffix("not-present page") })
    }

    /// The distance from `mem_map`, divided by 32, is taken for the frame.
    @Test(arguments: [0xc010_0000, 0xc000_0000, 0xc037_f008] as [UInt64])
    func mapping_ofMappedMemory_returnsWhatTheKernelComputes(pointer: UInt64) {
        let page = PagePointer(pointer)
        let calls: [KernelCall] = [
            .kmap(page), .pageAddress(page), .kmapLocalPage(page), .kmapAtomic(page, type: nil),
            .kmapAtomic(page, type: .user0),
        ]
        let base = machine.layout.memMap
        let distance = Int32(truncatingIfNeeded: pointer &- base) >> 5
        let address = UInt64(UInt32(bitPattern: distance) << 12 &+ 0xc000_0000)
        for call in calls {
            var machine = machine
            #expect(machine.apply(call).returned == .address(VirtualAddress(address)), "\(call)")
            #expect(machine.oops == nil)
            #expect(machine.misuses.map(\.code) == [.wildPointer])
            #expect(machine.invariantViolation() == nil)
        }
    }

    @Test mutating func kmap_ofWhatPassesForHighMemory_mapsNothing() {
        fillMapping(0xaa)
        #expect(machine.apply(.kmap(mapping)).returned == .null)
        #expect(codes == [.wildPointer])
        #expect(machine.kmapPool.usedCount == 1)
        #expect(machine.invariantViolation() == nil)
    }

    @Test func withoutHighMemory_nothingIsLookedAt() throws {
        var machine = Machine(try MachineConfiguration(kind: .x86_64))
        let page = PagePointer(machine.layout.memMap &- 64)
        let address = VirtualAddress(machine.layout.pageOffset &- 4096)
        #expect(machine.apply(.kmap(page)).returned == .address(address))
        _ = machine.apply(.kunmap(page, use: 0))
        #expect(machine.oops == nil)
        #expect(machine.misuses.map(\.code) == [.wildPointer, .kunmapOfWrongAddress])
    }
}
