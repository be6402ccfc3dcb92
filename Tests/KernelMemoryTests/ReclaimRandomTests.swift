import KernelMemory
import KernelTestSupport
import Testing

/// Seeded owners of caches under memory pressure, against a shadow model of who has what.
@Suite struct ReclaimRandomTests {
    struct Plan: CustomTestStringConvertible, Sendable {
        var kind = MachineConfiguration.Kind.classroom
        var slab = MachineConfiguration.SlabAllocator.slub
        var cpus = 1
        var seed: UInt64
        var calls: Int
        var testDescription: String { "\(kind) \(slab), \(cpus) cpus, seed \(seed)" }
    }

    static let plans: [Plan] = [
        Plan(seed: 1, calls: 12_000), Plan(slab: .slab, seed: 2, calls: 12_000),
        Plan(cpus: 3, seed: 3, calls: 12_000),
        Plan(slab: .slab, cpus: 2, seed: 4, calls: 12_000),
    ]

    @Test(arguments: plans)
    func owners_underPressure_loseTheOldestUnusedObjectsAndNothingElse(_ plan: Plan) throws {
        var machine = Machine(
            try MachineConfiguration(kind: plan.kind, cpuCount: plan.cpus, slab: plan.slab))
        var model = Owners(&machine, seed: plan.seed, cpus: plan.cpus)
        for index in 1...plan.calls {
            let call = model.step(&machine)
            let note: Comment = "seed \(plan.seed), call \(index), \(call)"
            try #require(model.loseReclaimed(machine) == nil, note)
            try #require(machine.misuseCount == 0, note)
            if index % 50 == 0 { try #require(machine.invariantViolation() == nil, note) }
        }
        #expect(model.lost > 0)
        #expect(machine.directReclaims > 0)
        model.freeAll(&machine)
        #expect(machine.misuseCount == 0)
        #expect(machine.invariantViolation() == nil)
    }
}

/// Two caches with shrinkers, a home-made list and a holder of pages.
private struct Owners {
    private var random: SeededRandom
    private let cpus: Int
    private let caches: [VirtualAddress]
    private var inUse: [[VirtualAddress]] = [[], []]
    /// Oldest first.
    private var unused: [[VirtualAddress]] = [[], []]
    private var taken: [VirtualAddress] = []
    private var pages: [PagePointer] = []
    /// Objects that shrinkers freed.
    private(set) var lost = 0

    init(_ machine: inout Machine, seed: UInt64, cpus: Int) {
        random = SeededRandom(seed: seed)
        self.cpus = cpus
        caches = [machine.reclaimableCache("first"), machine.reclaimableCache("second")]
        _ = machine.apply(.freeListCreate(CacheRequest(name: "mine", size: 120)))
    }

    mutating func step(_ machine: inout Machine) -> KernelCall {
        let which = Int.random(in: 0...1, using: &random)
        let cache = caches[which]
        switch Int.random(in: 0..<1_000, using: &random) {
        case 0: return run(.dropSlab, &machine)
        case 1..<20:
            return run(.runOn(cpu: UInt32.random(in: 0..<UInt32(cpus), using: &random)), &machine)
        case 20..<400: return allocate(which, &machine)
        case 400..<600:
            guard let object = Self.take(&inUse[which], &random) else {
                return allocate(which, &machine)
            }
            unused[which].append(object)
            return run(.listLRUAdd(cache, object: object), &machine)
        case 600..<680:
            guard let object = unused[which].randomElement(using: &random) else {
                return allocate(which, &machine)
            }
            unused[which].removeAll { $0 == object }
            inUse[which].append(object)
            return run(.listLRUDel(cache, object: object), &machine)
        case 680..<760:
            guard let object = Self.take(&inUse[which], &random) else {
                return allocate(which, &machine)
            }
            return run(.kmemCacheFree(cache, object: object), &machine)
        case 760..<800: return get(&machine)
        case 800..<840:
            guard let object = Self.take(&taken, &random) else { return get(&machine) }
            return run(.freeListPut(list: 1, object: object), &machine)
        case 840..<960: return allocatePages(&machine)
        default:
            guard let page = Self.take(&pages, &random) else { return allocatePages(&machine) }
            return run(.freePageOf(page), &machine)
        }
    }

    /// Takes what shrinkers freed out of the model.
    ///
    /// - Returns: what is wrong; `nil` if they took the oldest.
    mutating func loseReclaimed(_ machine: Machine) -> String? {
        for (which, shrinker) in machine.shrinkers.enumerated() {
            let left = shrinker.unused
            if left.count > unused[which].count
                || !left.elementsEqual(unused[which].suffix(left.count))
            {
                return "shrinker \(which) has \(left), not the youngest of \(unused[which])"
            }
            lost += unused[which].count - left.count
            unused[which] = left
        }
        return nil
    }

    mutating func freeAll(_ machine: inout Machine) {
        for (which, cache) in caches.enumerated() {
            for object in unused[which] { _ = machine.apply(.listLRUDel(cache, object: object)) }
            for object in unused[which] + inUse[which] {
                _ = machine.apply(.kmemCacheFree(cache, object: object))
            }
            _ = machine.apply(.kmemCacheDestroy(cache))
        }
        for object in taken { _ = machine.apply(.kfree(object)) }
        for page in pages { _ = machine.apply(.freePageOf(page)) }
    }

    private mutating func allocate(_ which: Int, _ machine: inout Machine) -> KernelCall {
        let call = KernelCall.kmemCacheAlloc(caches[which], [.kernel, .noWarn])
        if let object = machine.apply(call).pointer { inUse[which].append(object) }
        return call
    }

    private mutating func get(_ machine: inout Machine) -> KernelCall {
        let call = KernelCall.freeListGet(list: 1, [.kernel, .noWarn])
        if let object = machine.apply(call).pointer { taken.append(object) }
        return call
    }

    private mutating func allocatePages(_ machine: inout Machine) -> KernelCall {
        let masks: [GFPFlags] = [.kernel, .noFS, .gfpAtomic, .highUser]
        let call = KernelCall.allocPage(masks.randomElement(using: &random)!.union(.noWarn))
        if case .page(let page) = machine.apply(call).returned { pages.append(page) }
        return call
    }

    private static func take<Element>(
        _ elements: inout [Element], _ random: inout SeededRandom
    ) -> Element? {
        if elements.isEmpty { return nil }
        elements.swapAt(Int.random(in: 0..<elements.count, using: &random), elements.count - 1)
        return elements.removeLast()
    }

    private func run(_ call: KernelCall, _ machine: inout Machine) -> KernelCall {
        _ = machine.apply(call)
        return call
    }
}
