import KernelMemory
import Testing

/// Callers that break every rule: the simulated kernel may break, the simulator may not.
@Suite struct MisuseRandomTests {
    @Test(
        arguments: [MachineConfiguration.Kind.classroom, .i386, .x86_64],
        [false, true])
    func anyCalls_neverTrap(_ kind: MachineConfiguration.Kind, debug: Bool) throws {
        let memory = kind == .classroom ? nil : 64
        let image = BootImage(
            try MachineConfiguration(kind: kind, memoryInMiB: memory, cpuCount: 2, debug: debug))
        for seed in UInt64(1)...30 {
            var random = SeededRandom(seed: seed)
            var machine = Machine(booting: image)
            var seen: [UInt64] = [0]
            for _ in 0..<1_500 where machine.oops == nil {
                let outcome = machine.apply(wildCall(&random, seen, machine))
                if case .page(let page) = outcome.returned { seen.append(page.rawValue) }
                if case .address(let address) = outcome.returned { seen.append(address.rawValue) }
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
        case 1...20:
            let pfn = UInt32.random(in: 0..<machine.frameEnd, using: &random)
            return machine.pagePointer(of: PageFrameNumber(pfn)).rawValue
        case 21...40:
            let structSize = machine.architecture.structPageSizeInBytes
            let step = UInt64.random(in: 0..<16, using: &random)
            return seen.randomElement(using: &random)! &+ structSize &* step
        default: return seen.randomElement(using: &random)!
        }
    }
}
