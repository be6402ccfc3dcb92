import KernelMemory
import Testing

/// Wrong calls around the slab allocator that no recording tells of: what the kernel's source says
/// that it does, and whether the simulator's words fit.
@Suite struct SlabMisuseEdgeTests {
    typealias Kernel = ReclaimTests.Kernel

    @Test func oops_ofThe64BitKernel_hasItsLines() throws {
        func lines(_ address: UInt64) throws -> [String] {
            var machine = try Kernel(kind: .x86_64).boot()
            _ = machine.apply(.store(VirtualAddress(address), [1]))
            #expect(machine.isHalted)
            return machine.log.map(\.text)
        }
        #expect(try lines(8).dropFirst(3).prefix(2) == ["PGD 0 P4D 0 ", "Oops: 0002 [#1] SMP"])
        let fault = "general protection fault, probably for non-canonical address 0x"
        #expect(try lines(1 << 47)[0] == fault + "800000000000: 0000 [#1] SMP")
        #expect(try lines(0xffff_7fff_ffff_ffff)[0] == fault + "ffff7fffffffffff: 0000 [#1] SMP")
        for mappedNowhere in [1 << 47 - 1, 0xffff_8000_0000_0000] as [UInt64] {
            #expect(try lines(mappedNowhere)[0].hasPrefix("BUG: unable to handle page fault"))
        }
    }
}
