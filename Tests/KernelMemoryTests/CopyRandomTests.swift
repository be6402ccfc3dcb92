import Foundation
import KernelMemory
import KernelTestSupport
import Testing

/// Who keeps a copy of a machine changes nothing of what it does, also when its memory is corrupted:
/// sessions keep copies for undo whenever they like.
@Suite struct CopyRandomTests {
    /// More with `KMEMLAB_MISUSE_SEEDS` in the environment.
    private let seedCount =
        UInt64(ProcessInfo.processInfo.environment["KMEMLAB_MISUSE_SEEDS"] ?? "") ?? 4

    @Test(arguments: MachineConfiguration.SlabAllocator.allCases, [false, true])
    func copies_changeNothing(slab: MachineConfiguration.SlabAllocator, debug: Bool) throws {
        let image = BootImage(
            try MachineConfiguration(kind: .classroom, cpuCount: 2, debug: debug, slab: slab))
        for seed in 1...seedCount {
            try compare(image, Self.slabCalls(image, seed), "slab calls, seed \(seed)")
            try compare(image, Self.contextCalls(image, seed), "context calls, seed \(seed)")
            try compare(image, Self.mappingCalls(image, seed), "mapping calls, seed \(seed)")
        }
    }

    /// An object of a slab whose page was freed: whether it is taken from what the CPU has at hand or not,
    /// it is no object of the slab any more.
    @Test func objectOfAFreedPage_isAStrayOne_withAndWithoutACopy() throws {
        for hasCopy in [false, true] {
            var machine = Machine(try MachineConfiguration(kind: .classroom))
            let object = try #require(machine.apply(.kmalloc(size: 3, .atomic)).pointer)
            _ = machine.apply(.freePages(object, order: 0))
            let copy = hasCopy ? machine : nil
            _ = machine.apply(
                try KernelCall(parsing: "kmem_cache_create(\"name\", 36, 64, 0, ctor=1)"))
            #expect(machine.misuses.map(\.code) == [.freeOfUnallocated, .strayObject])
            #expect(copy.map { $0.step == 2 } ?? true)
        }
    }

    private func compare(_ image: BootImage, _ calls: [KernelCall], _ what: String) throws {
        var alone = Machine(booting: image)
        var copied = Machine(booting: image)
        for (index, call) in calls.enumerated() {
            let copy = copied
            let expected = alone.apply(call).returned
            let returned = copied.apply(call).returned
            try #require(
                returned == expected && copied.misuseCount == alone.misuseCount
                    && copied.log.count == alone.log.count && copied.oops == alone.oops,
                "\(what), call \(index): \(call)")
            #expect(copy.step == UInt32(index))
            if alone.isHalted { return }
        }
        #expect(alone.misuseCount > 0)
    }

    private static let length = 600

    private static func slabCalls(_ image: BootImage, _ seed: UInt64) -> [KernelCall] {
        var machine = Machine(booting: image)
        var calls = WildSlabCalls(seed: seed, cpus: 2, caches: machine.cacheAddresses)
        return lasting(&machine) { calls.step(&$0) }
    }

    private static func contextCalls(_ image: BootImage, _ seed: UInt64) -> [KernelCall] {
        var machine = Machine(booting: image)
        var calls = WildContextCalls(seed: seed, machine: machine)
        return lasting(&machine) { calls.step(&$0) }
    }

    private static func mappingCalls(_ image: BootImage, _ seed: UInt64) -> [KernelCall] {
        var machine = Machine(booting: image)
        var calls = WildMappingCalls(seed: seed, machine: machine)
        return lasting(&machine) { calls.step(&$0) }
    }

    /// Calls, without those that ended the machine.
    private static func lasting(
        _ machine: inout Machine, _ step: (inout Machine) -> KernelCall
    ) -> [KernelCall] {
        var calls: [KernelCall] = []
        for _ in 0..<length {
            let before = machine
            let call = step(&machine)
            if machine.isHalted || machine.step == before.step {
                machine = before
            } else {
                calls.append(call)
            }
        }
        return calls
    }
}
