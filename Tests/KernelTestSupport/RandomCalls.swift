import KernelMemory

/// A stream of seeded calls that keep the rules: what is allocated is freed once, with its order.
public struct RandomCalls {
    private var random: SeededRandom
    private var live: [(page: PagePointer, order: UInt32)] = []
    private let tide: UInt32
    private let machineCPUs: Int
    /// The pages that the stream owns.
    public private(set) var livePages = 0

    /// The block that it owns since the last successful allocation, if it owns any.
    public var newest: PagePointer? { live.last?.page }

    /// What it asks for.
    public static let masks: [GFPFlags] = [
        .kernel, .kernel, .gfpAtomic, .noWait, .highUser, .highUserMovable, .dma,
        [.kernel, .reclaimable], [.kernel, .zero], [.gfpAtomic, .memalloc], [.kernel, .comp],
        [.noWait, .dma32], [.noWait, .movable],
    ]

    /// The same seed gives the same calls for the same machine.
    ///
    /// - Parameter tide: calls between two turns from more allocations to more frees or back.
    public init(seed: UInt64, cpus: Int, tide: UInt32 = 500) {
        self.tide = tide
        random = SeededRandom(seed: seed)
        machineCPUs = cpus
    }

    /// Makes one call and checks that what came back is new.
    ///
    /// - Returns: the call.
    public mutating func step(_ machine: inout Machine) -> KernelCall {
        let kind = Int.random(in: 0..<100, using: &random)
        // Now and then the tide turns between growing and shrinking.
        let growth = (machine.step / tide) % 2 == 0 ? 65 : 35
        if kind == 99, machineCPUs > 1 {
            return apply(
                .runOn(cpu: UInt32.random(in: 0..<UInt32(machineCPUs), using: &random)),
                &machine)
        }
        if kind == 98, let split = splittable() { return self.split(split, &machine) }
        if kind < growth || live.isEmpty { return allocate(&machine) }
        let entry = live.swapRemove(at: Int.random(in: 0..<live.count, using: &random))
        livePages -= 1 << Int(entry.order)
        return apply(.freePagesOf(entry.page, order: entry.order), &machine)
    }

    private mutating func allocate(_ machine: inout Machine) -> KernelCall {
        let large = Int.random(in: 0..<20, using: &random) == 0
        let order = UInt32.random(in: 0...(large ? 10 : 3), using: &random)
        let call = KernelCall.allocPages(
            Self.masks.randomElement(using: &random)!.union(.noWarn), order: order)
        if case .page(let page) = machine.apply(call).returned {
            live.append((page, order))
            livePages += 1 << Int(order)
        }
        return call
    }

    private mutating func splittable() -> Int? {
        guard !live.isEmpty else { return nil }
        let index = Int.random(in: 0..<live.count, using: &random)
        return live[index].order > 0 ? index : nil
    }

    private mutating func split(_ index: Int, _ machine: inout Machine) -> KernelCall {
        let entry = live[index]
        let first = machine.frame(of: entry.page)!
        // Compound pages must not be split.
        if machine.frameRun(at: first).isCompound {
            return apply(.pageAddress(entry.page), &machine)
        }
        live.remove(at: index)
        for offset in 0..<(UInt32(1) << entry.order) {
            let pfn = PageFrameNumber(first.rawValue + offset)
            live.append((machine.pagePointer(of: pfn), 0))
        }
        return apply(.splitPage(entry.page, order: entry.order), &machine)
    }

    private func apply(_ call: KernelCall, _ machine: inout Machine) -> KernelCall {
        _ = machine.apply(call)
        return call
    }
}

extension Array {
    mutating func swapRemove(at index: Int) -> Element {
        swapAt(index, count - 1)
        return removeLast()
    }
}
