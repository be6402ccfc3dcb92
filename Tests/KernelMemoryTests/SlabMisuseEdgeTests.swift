import KernelMemory
import Testing

/// Wrong calls around the slab allocator that no recording tells of: what the kernel's source says
/// that it does, and whether the simulator's words fit.
@Suite struct SlabMisuseEdgeTests {
    typealias Kernel = ReclaimTests.Kernel

    static let plain = [Kernel(kind: .i386), Kernel(kind: .i386, slab: .slab)]

    private func pointer(_ machine: inout Machine, _ call: KernelCall) throws -> VirtualAddress {
        try #require(machine.apply(call).pointer)
    }

    @Test(arguments: plain) func ksize_ofPages_warnsAndIsZero(_ kernel: Kernel) throws {
        var machine = try kernel.boot()
        let page = try pointer(&machine, .getFreePages(.kernel, order: 0))
        let large = try pointer(&machine, .kmalloc(size: 20_000, .kernel))
        #expect(machine.apply(.ksize(large)).returned == .number(32_768))
        #expect(machine.log.isEmpty)
        for (address, line) in [(page, 1014), (large.advanced(4096), 1016)] {
            #expect(machine.apply(.ksize(address)).returned == .number(0))
            let said = machine.log.filter { $0.step == machine.step }.map(\.text)
            let place = "mm/slab_common.c:\(line) __ksize"
            #expect(said.dropFirst().first == "WARNING: CPU: 0 PID: 1 at " + place)
        }
        let moved = machine.apply(.krealloc(page, size: 100, .kernel)).pointer
        #expect(moved != nil && moved != page)
        #expect(machine.misuses.map(\.code) == [.kfreeOfPages])
    }

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

    @Test func product_thatNo32BitSizeHolds_isNullWithoutAWord() throws {
        for (kind, warns) in [(MachineConfiguration.Kind.i386, false), (.x86_64, true)] {
            var machine = try Kernel(kind: kind).boot()
            let call = try KernelCall(parsing: "kmalloc_array(65536, 65536, GFP_KERNEL)")
            #expect(machine.apply(call).returned == .null)
            #expect(machine.log.isEmpty != warns)
            #expect(machine.misuses.map(\.code) == (warns ? [.orderTooLarge] : []))
        }
    }

    @Test(arguments: plain) func krealloc_ofLargeMemoryThatStays_isAskedForAnew(
        _ kernel: Kernel
    ) throws {
        var machine = try kernel.boot()
        let large = try pointer(&machine, .kmalloc(size: 20_000, .kernel))
        #expect(machine.apply(.krealloc(large, size: 30_000, .kernel)).pointer == large)
        #expect(machine.object(at: large)?.requestedBytes == 30_000)
        _ = machine.apply(.store(large.advanced(25_000), [1]))
        #expect(machine.misuseCount == 0)
    }
}

extension VirtualAddress {
    fileprivate func advanced(_ bytes: Int64) -> VirtualAddress {
        VirtualAddress(rawValue &+ UInt64(bitPattern: bytes))
    }
}
