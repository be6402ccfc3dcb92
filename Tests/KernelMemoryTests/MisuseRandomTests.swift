import Foundation
import KernelMemory
import KernelTestSupport
import Testing

/// Callers that break every rule: the simulated kernel may break, the simulator may not.
@Suite struct MisuseRandomTests {
    /// More with `KMEMLAB_MISUSE_SEEDS` in the environment.
    private let seedCount =
        UInt64(ProcessInfo.processInfo.environment["KMEMLAB_MISUSE_SEEDS"] ?? "") ?? 8

    @Test(
        arguments: [MachineConfiguration.Kind.classroom, .i386, .x86_64],
        [false, true])
    func anyCalls_neverTrap(_ kind: MachineConfiguration.Kind, debug: Bool) throws {
        let memory = kind == .classroom ? nil : 64
        let image = BootImage(
            try MachineConfiguration(kind: kind, memoryInMiB: memory, cpuCount: 2, debug: debug))
        for seed in UInt64(1)...seedCount {
            var random = SeededRandom(seed: seed)
            var machine = Machine(booting: image)
            var seen: [UInt64] = [0]
            for _ in 0..<1_500 {
                let before = machine
                let outcome = machine.apply(wildCall(&random, seen, machine))
                if case .page(let page) = outcome.returned { seen.append(page.rawValue) }
                if case .address(let address) = outcome.returned { seen.append(address.rawValue) }
                // A call that ends the machine is taken back, so that worse can be tried.
                if machine.oops != nil { machine = before }
            }
            // Looking at whatever is left must work too.
            let runs = machine.frameRuns(from: 0, to: machine.frameEnd, limit: .max)
            #expect(runs.map { Int($0.count) }.reduce(0, +) >= Int(machine.frameEnd))
            for zone in machine.zones { _ = machine.freeLists(zone: zone.index, limit: 50) }
            for misuse in machine.misuses { #expect(!misuse.explanation.isEmpty) }
        }
    }

    private func wildCall(
        _ random: inout SeededRandom, _ seen: [UInt64], _ machine: Machine
    ) -> KernelCall {
        let gfp = GFPFlags(rawValue: UInt32.random(in: 0...0xff_ffff, using: &random))
        let usual = RandomCalls.masks.randomElement(using: &random)!
        let small = UInt32.random(in: 0...4, using: &random)
        let order =
            Int.random(in: 0..<10, using: &random) == 0
            ? UInt32.random(in: 0...31, using: &random) : small
        let pointer = pointer(&random, seen, machine)
        return switch Int.random(in: 0..<14, using: &random) {
        case 0: .allocPages(gfp, order: order)
        case 1, 2, 3: .allocPages(usual, order: order)
        case 4: .getFreePages(usual, order: small)
        case 5: .getZeroedPage(usual)
        case 6, 7, 8: .freePagesOf(PagePointer(pointer), order: order)
        case 9: .freePages(VirtualAddress(pointer), order: order)
        case 10: .freePage(VirtualAddress(pointer))
        case 11: .splitPage(PagePointer(pointer), order: small)
        case 12: .memset(VirtualAddress(pointer), byte: 0x5c, length: 5000)
        default: .runOn(cpu: UInt32.random(in: 0..<4, using: &random))
        }
    }

    /// Mostly something that was returned before, sometimes beside it, seldom anything at all.
    private func pointer(
        _ random: inout SeededRandom, _ seen: [UInt64], _ machine: Machine
    ) -> UInt64 {
        switch Int.random(in: 0..<200, using: &random) {
        case 0: return UInt64.random(in: 0...UInt64.max, using: &random)
        case 1...30:
            return listHead(&random, machine)
        case 31...40:
            let pfn = UInt32.random(in: 0..<machine.frameEnd, using: &random)
            return machine.pagePointer(of: PageFrameNumber(pfn)).rawValue
        case 41...60:
            let structSize = machine.architecture.structPageSizeInBytes
            let step = UInt64.random(in: 0..<16, using: &random)
            return seen.randomElement(using: &random)! &+ structSize &* step
        default: return seen.randomElement(using: &random)!
        }
    }

    /// The `struct page` of a list's first block or of a frame right before it.
    private func listHead(_ random: inout SeededRandom, _ machine: Machine) -> UInt64 {
        let zone = machine.zones.randomElement(using: &random)!
        let lists =
            Bool.random(using: &random)
            ? machine.freeLists(zone: zone.index, limit: 3)
            : machine.perCPULists(cpu: machine.currentCPU, zone: zone.index, limit: 3)
        let pfns = lists.flatMap(\.pfns)
        let before = UInt32.random(in: 0...2, using: &random)
        let pfn = (pfns.randomElement(using: &random) ?? zone.start).rawValue
        let end = zone.start.rawValue + zone.spanned - 1 - before
        let frame = Int.random(in: 0..<5, using: &random) == 0 ? end : pfn &- min(before, pfn)
        return machine.pagePointer(of: PageFrameNumber(frame)).rawValue
    }

    /// Two frees that put the head of an order-10 block and the zone's last frame on one list.
    @Test func freesBesideListHeads_endInAFaultNotInATrap() throws {
        var machine = Machine(try MachineConfiguration())
        for call in [
            "__free_pages(0xf73f6bc0, 1)", "__free_pages(0xf73e6fe0, 1)",
            "alloc_pages(GFP_HIGHUSER_MOVABLE, 10)", "alloc_pages(GFP_HIGHUSER_MOVABLE, 9)",
            "alloc_pages(GFP_HIGHUSER_MOVABLE, 9)", "alloc_pages(GFP_HIGHUSER_MOVABLE, 10)",
        ] {
            _ = machine.apply(try KernelCall(parsing: call))
        }
        #expect(machine.oops != nil)
    }

    @Test func freeBesideAListHead_doesNotHangTheNextRequest() throws {
        var machine = Machine(try MachineConfiguration())
        _ = machine.apply(try KernelCall(parsing: "__free_pages(0xf73e6fe0, 1)"))
        _ = machine.apply(try KernelCall(parsing: "alloc_pages(GFP_HIGHUSER, 10)"))
        #expect(machine.oops?.hasPrefix("watchdog: BUG: soft lockup") == true)
    }
}
