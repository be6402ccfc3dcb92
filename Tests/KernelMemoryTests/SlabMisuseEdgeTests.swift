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

    // MARK: - What the kernel says

    @Test(arguments: plain) func kfree_ofPagesThatNobodyOwns_isNoticedWhenTheKernelWarns(
        _ kernel: Kernel
    ) throws {
        var machine = try kernel.boot()
        let page = try pointer(&machine, .getFreePages(.kernel, order: 0))
        _ = machine.apply(.freePages(page, order: 0))
        _ = machine.apply(.kfree(page))
        _ = machine.apply(.kfree(page))
        #expect(machine.misuses.map(\.code) == [.doubleFree, .doubleFree])
        #expect(machine.misuses.map(\.noticedByKernel) == [true, false])
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

    // MARK: - What the simulator says

    @Test(arguments: plain) func freePages_ofASlabsPage_namesTheCache(_ kernel: Kernel) throws {
        var machine = try kernel.boot()
        let object = try pointer(&machine, .kmalloc(size: 64, .kernel))
        _ = machine.apply(.freePages(object, order: 0))
        let misuse = try #require(machine.misuses.first)
        #expect(misuse.code == .freeOfUnallocated)
        #expect(misuse.explanation.contains("belongs to a slab of kmalloc-64"))
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

    @Test(arguments: plain) func krealloc_ofAFreeObjectThatStays_isRecorded(
        _ kernel: Kernel
    ) throws {
        var machine = try kernel.boot()
        let object = try pointer(&machine, .kmalloc(size: 64, .kernel))
        _ = machine.apply(.kfree(object))
        #expect(machine.apply(.krealloc(object, size: 30, .kernel)).pointer == object)
        let misuse = try #require(machine.misuses.first)
        #expect(misuse.code == .resizedAfterFree)
        #expect(misuse.allocatedAtStep == 1)
        #expect(misuse.freedAtStep == 2)
        #expect(misuse.explanation.contains("allocated at step 1 for 64 bytes, freed at step 2"))
    }

    @Test(arguments: plain) func wrongCache_ofPages_namesWhoAllocatedThem(
        _ kernel: Kernel
    ) throws {
        var machine = try kernel.boot()
        let cache = try pointer(&machine, .kmemCacheCreate(.init(name: "mine", size: 300)))
        let large = try pointer(&machine, .kmalloc(size: 20_000, .kernel))
        _ = machine.apply(.kmemCacheFree(cache, object: large))
        #expect(machine.misuses.map(\.code) == [.wrongCache])
        #expect(machine.misuses[0].allocatedAtStep == 2)
        #expect(machine.misuses[0].explanation.hasSuffix("in the block that step 2 allocated."))
    }

    @Test func explanations_speakOfTheAllocatorThatIsThere() throws {
        func words(
            _ slab: MachineConfiguration.SlabAllocator, writingAt offset: Int64
        ) throws -> String {
            var machine = try Kernel(kind: .i386, slab: slab, debug: slab == .slab).boot()
            let cache = try pointer(&machine, .kmemCacheCreate(.init(name: "mine", size: 300)))
            let object = try pointer(&machine, .kmalloc(size: 60, .kernel))
            _ = machine.apply(.store(object.advanced(offset), [1]))
            _ = machine.apply(.kfree(object))
            _ = machine.apply(.store(object, [1]))
            _ = machine.apply(.kfree(object))
            let other = try pointer(&machine, .kmalloc(size: 100, .kernel))
            _ = machine.apply(.kmemCacheFree(cache, object: other))
            let codes = machine.misuses.map(\.code)
            #expect(codes.first == (offset < 0 ? .writeBeforeStart : .writePastEnd))
            #expect(codes.dropFirst() == [.writeAfterFree, .objectFreedTwice, .wrongCache])
            return machine.misuses.map(\.explanation).joined(separator: "\n")
        }
        let slub = try words(.slub, writingAt: 64)
        let classic = try words(.slab, writingAt: -1)
        for text in ["free pointer", "pointer to the next free object", "debugging"] {
            #expect(slub.contains(text))
            #expect(!classic.contains(text))
        }
        #expect(classic.contains("array"))
    }

    @Test func explanations_areSentences() throws {
        var machine = try Kernel(kind: .i386).boot()
        let cache = try pointer(&machine, .kmemCacheCreate(.init(name: "mine", size: 300)))
        let object = try pointer(&machine, .kmalloc(size: 60, .kernel))
        _ = machine.apply(.store(object.advanced(60), [1]))
        let first = try pointer(&machine, .kmemCacheAlloc(cache, .kernel))
        _ = machine.apply(.kmemCacheAlloc(cache, .kernel))
        _ = machine.apply(.kmemCacheDestroy(cache))
        let told = machine.misuses.map(\.explanation)
        #expect(told.count == 2)
        #expect(told[0].contains("on, behind the 60 bytes that step 2 asked for. They"))
        #expect(
            told[1].hasPrefix(
                "The cache mine was destroyed with 2 objects in use, the first of them the object "
                    + "\(first) of mine (allocated at step 4). It"))
    }
}

extension VirtualAddress {
    fileprivate func advanced(_ bytes: Int64) -> VirtualAddress {
        VirtualAddress(rawValue &+ UInt64(bitPattern: bytes))
    }
}
