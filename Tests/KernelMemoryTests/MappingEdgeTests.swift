import KernelTestSupport
import Testing

@testable import KernelMemory

/// What a review of virtual memory found wrong once.
struct MappingEdgeTests {
    private func address(_ outcome: Outcome) -> UInt64 {
        if case .address(let address) = outcome.returned { address.rawValue } else { 0 }
    }

    private func codes(_ machine: Machine) -> [Misuse.Code] { machine.misuses.map(\.code) }

    @Test func zeroedPage_thatWasAPageTable_isZero() throws {
        var machine = Machine(try MachineConfiguration(memoryInMiB: 512))
        let area = address(machine.apply(.vmalloc(size: 8192)))
        let table = try #require(machine.walk(VirtualAddress(area)).steps.last).table
        let direct = try #require(machine.address(of: table))
        _ = machine.apply(.freePages(direct, order: 0))
        let page = address(machine.apply(.getZeroedPage(.kernel)))
        #expect(page == direct.rawValue)
        #expect(machine.bytes(at: direct, count: 4096) == Array(repeating: 0, count: 4096))
        _ = machine.apply(.load(VirtualAddress(area), width: 8))
        #expect(machine.isHalted)
    }

    @Test func storeIntoTheGuardPage_isNoSlack() throws {
        var machine = Machine(try MachineConfiguration())
        let area = address(machine.apply(.vmalloc(size: 8192)))
        _ = machine.apply(.store(VirtualAddress(area + 8190), [1, 2, 3, 4]))
        #expect(codes(machine) == [.writePastEnd])
        #expect(machine.isHalted)
    }

    @Test func storeToAModulesCode_isToAReadOnlyPage() throws {
        var machine = Machine(try MachineConfiguration())
        let module = ModuleRequest(name: "snd", textSize: 4096, dataSize: 4096)
        let start = address(machine.apply(.loadModule(module)))
        _ = machine.apply(.memset(VirtualAddress(start + 4096), byte: 1, length: 1))
        #expect(!machine.isHalted)
        _ = machine.apply(.memset(VirtualAddress(start), byte: 1, length: 1))
        #expect(codes(machine) == [.writeToReadOnly])
        #expect(machine.isHalted)
    }

    @Test func pageOfAnArea_freedBehindItsBack_remembersWhen() throws {
        var machine = Machine(try MachineConfiguration(memoryInMiB: 512))
        let area = VirtualAddress(address(machine.apply(.vmalloc(size: 8192))))
        _ = machine.apply(.vmalloc(size: 65_536))
        let pfn = try #require(machine.vmallocFrames(at: area).first)
        let direct = try #require(machine.address(of: pfn))
        _ = machine.apply(.freePages(direct, order: 0))
        _ = machine.apply(.vfree(area))
        #expect(codes(machine) == [.freeOfMapping, .doubleFree])
        #expect(machine.misuses.last?.freedAtStep == 3)
    }

    @Test func areaOfVmalloc_unmapped_losesItsPages() throws {
        var machine = Machine(try MachineConfiguration(memoryInMiB: 512))
        let kept = address(machine.apply(.vmalloc(size: 8192)))
        let area = VirtualAddress(address(machine.apply(.vmalloc(size: 6 * 4096))))
        _ = machine.apply(.vunmap(area))
        #expect(codes(machine) == [.vunmapOfVmalloc] && machine.vmallocPageCount == 8)
        #expect(machine.invariantViolation() == nil)
        _ = machine.apply(.vfree(VirtualAddress(kept)))
        #expect(machine.vmallocPageCount == 6 && machine.mappedFrame(area) == nil)
        #expect(machine.invariantViolation() == nil)
    }

    @Test func addressesWiderThan32Bits_areNowhereMapped() throws {
        var machine = Machine(try MachineConfiguration())
        let area = address(machine.apply(.vmalloc(size: 8192)))
        let wide = VirtualAddress(1 << 32 | area)
        for call: KernelCall in [
            .load(wide, width: 8), .memset(wide, byte: 0, length: 8),
            .access(AccessPattern(start: wide, length: 64, count: 8, order: .stride(8))),
        ] {
            var copy = machine
            _ = copy.apply(call)
            #expect(copy.isHalted, "\(call)")
            #expect(copy.log.contains { $0.text == "*pde = 00000000 " }, "\(call)")
        }
    }

    @Test func taintOfAWarning_standsInItsColumn() throws {
        var machine = Machine(try MachineConfiguration())
        for _ in 0..<2 { _ = machine.apply(.vfree(VirtualAddress(1))) }
        #expect(
            machine.log.contains { $0.text.hasSuffix("Tainted: G        W          6.1.192 #1 ") })
    }
}
