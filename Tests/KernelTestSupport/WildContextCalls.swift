import KernelMemory

/// A stream of seeded calls of a caller who minds no context: mappings of high memory in all forms, given
/// up rightly and wrongly, among pages, objects and areas, on CPUs whose interrupts, locks and
/// preemption change at any time; and loads and stores by addresses that are mapped, or were.
///
/// Pages, objects and areas themselves are freed once and with their order: others break those rules.
public struct WildContextCalls {
    var random: SeededRandom
    var pages: [(page: PagePointer, order: UInt32)] = []
    var objects: [VirtualAddress] = []
    var areas: [VirtualAddress] = []
    /// `kmap`s, and those that still sleep, by their steps.
    var uses: [(page: PagePointer, address: VirtualAddress, step: UInt32)] = []
    var sleeping: [UInt32: PagePointer] = [:]
    var mappings: [TemporaryMappingSnapshot] = []
    /// Addresses that were given up.
    var stale: [UInt64]
    var flags: [UInt64] = []
    let cpus: UInt32
    let frameEnd: UInt32
    /// Calls that slept, or spun for a lock.
    public private(set) var blockedCount = 0
    /// Those of them that came to their end.
    public private(set) var resumedCount = 0

    static let locks = ["a", "dev->lock", "q[0]", "z"].map { SpinLock(name: $0) }

    /// The same seed gives the same calls on the same machine.
    public init(seed: UInt64, machine: Machine) {
        random = SeededRandom(seed: seed)
        cpus = UInt32(machine.cpuCount)
        frameEnd = machine.frameEnd
        stale = [machine.layout.pkmapBase ?? machine.layout.pageOffset]
    }

    /// Forgets what came after an earlier state, but goes on with other random numbers.
    public mutating func goBack(to earlier: WildContextCalls) {
        let random = random
        self = earlier
        self.random = random
    }

    /// Makes a call; the machine may have halted over it.
    ///
    /// - Returns: the call.
    public mutating func step(_ machine: inout Machine) -> KernelCall {
        let call = next(machine)
        let returned = machine.apply(call).returned
        if returned == .blocked { blockedCount += 1 }
        note(call, returned, machine)
        for resumption in machine.resumptions(of: machine.step) {
            resumedCount += 1
            guard let page = sleeping.removeValue(forKey: resumption.callStep),
                case .address(let address) = resumption.returned
            else { continue }
            uses.append((page, address, resumption.callStep))
        }
        mappings = machine.temporaryMappings
        return call
    }

    /// Remembers what a call returned.
    private mutating func note(
        _ call: KernelCall, _ returned: Outcome.Returned, _ machine: Machine
    ) {
        switch (call, returned) {
        case (.allocPages(_, let order), .page(let page)): pages.append((page, order))
        case (.splitPage(let page, let order), .void):
            guard let first = machine.frame(of: page)?.rawValue else { return }
            for pfn in first..<(first + (1 << order)) {
                pages.append((machine.pagePointer(of: PageFrameNumber(pfn)), 0))
            }
        case (.kmalloc, .address(let address)): objects.append(address)
        case (.vmalloc, .address(let address)): areas.append(address)
        case (.kmap(let page), .address(let address)): uses.append((page, address, machine.step))
        case (.kmap(let page), .blocked): sleeping[machine.step] = page
        case (.cpu(.localIRQSave), .number(let saved)), (.spinLock, .number(let saved)):
            flags.append(saved)
        case (.kunmapAtomic(let address, _, _), _), (.kunmapLocal(let address, _), _):
            remember(address)
        default: break
        }
    }

    mutating func remember(_ address: VirtualAddress) {
        stale.append(address.rawValue)
        if stale.count > 24 { stale.removeFirst() }
    }
}

// MARK: - Which call

extension WildContextCalls {
    mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

    private mutating func next(_ machine: Machine) -> KernelCall {
        if machine.isSpinning, !chance(20) {
            return .runOn(cpu: .random(in: 0..<cpus, using: &random))
        }
        switch Int.random(in: 0..<1_000, using: &random) {
        case 0..<90: return allocation()
        case 90..<165: return free()
        case 165..<290: return .kmap(page(machine))
        case 290..<400: return unmapping(machine)
        case 400..<406: return .kmapFlushUnused
        case 406..<450: return .kmapAtomic(page(machine), type: nil)
        case 450..<490: return .kmapAtomic(page(machine), type: type(machine))
        case 490..<530: return .kmapLocalPage(page(machine))
        case 530..<690: return temporaryUnmapping()
        case 690..<780: return event(machine)
        case 780..<790: return irqRestore()
        case 790..<850: return locking(machine)
        case 850..<890: return .runOn(cpu: .random(in: 0..<cpus, using: &random))
        case 890..<892: return .runOn(cpu: .random(in: 0...UInt32.max, using: &random))
        case 892..<900: return .pageAddress(page(machine))
        default: return access(machine)
        }
    }

    private mutating func allocation() -> KernelCall {
        let gfp: GFPFlags = chance(3) ? .kernel : .gfpAtomic
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return .vmalloc(size: .random(in: 1...30_000, using: &random))
        case 1, 2: return .kmalloc(size: .random(in: 1...9_000, using: &random), gfp)
        default:
            if pages.count > 60 { return free() }
            let high: GFPFlags = chance(3) ? .highUser : [.gfpAtomic, .highmem]
            let order = UInt32.random(in: 0...(chance(4) ? 3 : 0), using: &random)
            return .allocPages(chance(5) ? gfp : high, order: order)
        }
    }

    private mutating func free() -> KernelCall {
        let kind = Int.random(in: 0..<10, using: &random)
        if kind == 0, let area = areas.popRandom(using: &random) { return .vfree(area) }
        if kind < 3, let object = objects.popRandom(using: &random) { return .kfree(object) }
        guard let block = pages.popRandom(using: &random) else { return .cpu(.mightSleep) }
        let isSplit = block.order > 0 && kind < 6
        return isSplit
            ? .splitPage(block.page, order: block.order)
            : .freePagesOf(block.page, order: block.order)
    }

    /// Mostly a page that the caller has, or one within its block.
    private mutating func page(_ machine: Machine) -> PagePointer {
        let size = machine.architecture.structPageSizeInBytes
        if chance(300) { return PagePointer(.random(in: 0...UInt64.max, using: &random)) }
        if chance(60) || pages.isEmpty {
            let pfn = UInt32.random(in: 0..<frameEnd, using: &random)
            return machine.pagePointer(of: PageFrameNumber(pfn))
        }
        let block = pages.randomElement(using: &random)!
        let place = UInt64.random(in: 0..<(1 << UInt64(block.order)), using: &random)
        return PagePointer(block.page.rawValue &+ place &* size)
    }

    /// Mostly a type that is right where the CPU is.
    private mutating func type(_ machine: Machine) -> KmapType {
        if chance(4) { return KmapType.allCases.randomElement(using: &random)! }
        let interrupts = machine.contexts.cpus[machine.currentCPU].interrupts
        if interrupts.contains(.hardirq) { return chance(2) ? .irq0 : .irq1 }
        if interrupts.contains(.softirq) { return chance(2) ? .softirq0 : .softirq1 }
        return chance(2) ? .user0 : .user1
    }
}

// MARK: - Giving up

extension WildContextCalls {
    private mutating func unmapping(_ machine: Machine) -> KernelCall {
        if chance(40) { return .kunmap(page(machine), use: 0) }
        guard let use = uses.popRandom(using: &random) else { return .cpu(.schedule) }
        remember(use.address)
        if chance(60) { return .kunmap(use.page, use: use.step &+ 1) }
        return .kunmap(use.page, use: chance(8) ? 0 : use.step)
    }

    private mutating func temporaryUnmapping() -> KernelCall {
        guard
            let mapping = chance(12) ? mappings.randomElement(using: &random) : mappings.last
        else { return .kmapFlushUnused }
        var address = mapping.address.rawValue
        switch Int.random(in: 0..<80, using: &random) {
        case 0: address = .random(in: 0...UInt64.max, using: &random)
        case 1: address &+= 4096
        case 2: address &-= 4096
        case 3: address = stale.randomElement(using: &random)!
        default: break
        }
        let use = chance(30) ? UInt32.random(in: 0...9, using: &random) : mapping.step
        if chance(40) { return .kunmapLocal(VirtualAddress(address), use: use) }
        if chance(40) { return .kunmapAtomic(VirtualAddress(address), type: nil, use: use) }
        return mapping.isLocal
            ? .kunmapLocal(VirtualAddress(address), use: use)
            : .kunmapAtomic(VirtualAddress(address), type: mapping.type, use: use)
    }
}
