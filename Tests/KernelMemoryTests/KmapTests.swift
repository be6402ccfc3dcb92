import KernelMemory
import Testing

/// Permanent mappings of high memory.
@Suite struct KmapTests {
    var machine: Machine

    init() throws { machine = Machine(try MachineConfiguration(kind: .classroom)) }

    mutating func page(_ gfp: GFPFlags = .highUser) -> PagePointer {
        guard case .page(let page) = machine.apply(.allocPage(gfp)).returned else {
            return .init(0)
        }
        return page
    }

    mutating func kmap(_ page: PagePointer) -> UInt64? {
        guard case .address(let address) = machine.apply(.kmap(page)).returned else { return nil }
        return address.rawValue
    }

    @Test mutating func kmap_ofLowMemory_isTheDirectAddress() throws {
        let low = page(.kernel)
        let direct = try #require(machine.frame(of: low).flatMap { machine.address(of: $0) })
        #expect(kmap(low) == direct.rawValue)
        #expect(machine.kmapPool.usedCount == 0)
    }

    @Test mutating func kmap_takesSlotsUpwardsAndSlot0AfterTheWrap() {
        let pages = (0..<16).map { _ in page() }
        let addresses = pages.map { kmap($0) }
        let expected = (1...15).map { 0xff40_0000 + UInt64($0) << 12 } + [0xff40_0000]
        #expect(addresses == expected)
        #expect(machine.kmapPool.slots.allSatisfy { $0.count == 2 })
    }

    @Test mutating func kunmap_keepsTheMappingUntilTheWrap() {
        let first = page()
        let address = kmap(first)
        _ = machine.apply(.kunmap(first, use: 0))
        #expect(machine.kmapPool.slots[1].count == 1)
        #expect(kmap(first) == address, "the mapping was still there")
        _ = machine.apply(.kunmap(first, use: 0))
        for _ in 0..<14 { _ = kmap(page()) }
        #expect(machine.kmapPool.slots[1].count == 1)
        #expect(kmap(page()) == 0xff40_0000, "the wrap comes before slot 0")
        #expect(machine.kmapPool.slots[1].count == 0)
        #expect(machine.apply(.pageAddress(first)).returned == .null)
    }

    @Test(arguments: [CPUEvent.enterIRQ, .enterSoftirq, .localBHDisable])
    mutating func wrap_inAnInterrupt_warnsOnce(_ event: CPUEvent) {
        let pages = (0..<16).map { _ in page() }
        for page in pages.dropLast() {
            _ = kmap(page)
            _ = machine.apply(.kunmap(page, use: 0))
        }
        _ = machine.apply(.cpu(event))
        #expect(kmap(pages[15]) == 0xff40_0000)
        let warnings = event == .localBHDisable ? 0 : 1
        #expect(machine.log.count { $0.text.contains("kernel/smp.c:923") } == warnings)
        _ = machine.apply(.kunmap(pages[15], use: 0))
        _ = machine.apply(.kmapFlushUnused)
        #expect(machine.log.count { $0.text.contains("kernel/smp.c:923") } == warnings)
    }

    @Test mutating func flush_inAnInterrupt_warnsIfItClearsAnything() {
        let high = page()
        _ = kmap(high)
        _ = machine.apply(.kunmap(high, use: 0))
        _ = machine.apply(.cpu(.enterIRQ))
        let before = machine
        _ = machine.apply(.kmapFlushUnused)
        #expect(before.log.isEmpty)
        let lines = machine.log.count
        #expect(machine.log.contains { $0.text.contains("smp_call_function_many_cond") })
        _ = machine.apply(.kmapFlushUnused)
        #expect(machine.log.count == lines)
    }

    @Test mutating func kmap_withoutFreeSlot_sleepsAndGoesOnWhenOneIsGivenUp() {
        let pages = (0..<17).map { _ in page() }
        for page in pages.prefix(16) { _ = kmap(page) }
        #expect(machine.apply(.kmap(pages[16])).returned == .blocked)
        let call = machine.step
        #expect(machine.contexts.waiting.map(\.step) == [call])
        #expect(machine.contexts.cpus[0].pid == 2, "another task has the CPU")
        let before = machine
        _ = machine.apply(.kunmap(pages[4], use: 0))
        #expect(machine.contexts.waiting.isEmpty)
        let resumed = machine.resumptions(of: machine.step)
        #expect(resumed.map(\.callStep) == [call])
        #expect(resumed.map(\.returned) == [.address(VirtualAddress(0xff40_5000))])
        #expect(before.contexts.waiting.count == 1, "the copy still waits")
    }

    @Test mutating func bytes_writtenThroughTheMapping_areThePages() throws {
        let high = page()
        let address = VirtualAddress(try #require(kmap(high)))
        _ = machine.apply(.store(address, Array("kmap".utf8)))
        #expect(machine.bytes(at: address, count: 4) == Array("kmap".utf8))
        #expect(machine.misuses.isEmpty)
        let slot = machine.kmapPool.slots[1]
        #expect(slot.entry == UInt64(machine.frame(of: high)!.rawValue) << 12 | 0x163)
    }

    @Test mutating func kunmap_twice_isTheKernelsBug() {
        let high = page()
        _ = kmap(high)
        _ = machine.apply(.kunmap(high, use: 0))
        _ = machine.apply(.kunmap(high, use: 0))
        #expect(machine.oops == "kernel BUG at mm/highmem.c:368!")
        #expect(machine.misuses.map(\.code) == [.kunmapUnbalanced])
    }

    @Test mutating func kunmap_ofLowMemory_isAWarningOnly() {
        let low = page(.kernel)
        _ = machine.apply(.kunmap(low, use: 0))
        #expect(machine.misuses.map(\.code) == [.kunmapUnbalanced])
        #expect(machine.misuses.map(\.severity) == ["warning"])
        #expect(machine.misuses[0].explanation.contains("nothing happens"))
        let high = page()
        _ = machine.apply(.kunmap(high, use: 0))
        #expect(machine.misuses.map(\.severity) == ["warning", "corruption"])
    }

    @Test mutating func free_ofMappedPage_isRecorded() {
        let high = page()
        _ = kmap(high)
        _ = machine.apply(.freePageOf(high))
        #expect(machine.misuses.map(\.code) == [.freeOfKmappedPage])
        #expect(machine.misuses.map(\.allocatedAtStep) == [1])
        #expect(!machine.isCorrupted)
    }

    @Test mutating func store_afterKunmap_stillArrivesAndIsRecorded() throws {
        let high = page()
        let address = VirtualAddress(try #require(kmap(high)))
        _ = machine.apply(.kunmap(high, use: 0))
        _ = machine.apply(.store(address, [1]))
        #expect(machine.bytes(at: address, count: 1) == [1])
        #expect(machine.misuses.map(\.code) == [.usedAfterKunmap])
    }
}
