import KernelMemory

/// A stream of seeded calls of tasks that keep the rules of contexts: they sleep only where that is allowed,
/// and end what they began in the reverse order. High memory is mapped in all forms, in all contexts,
/// and pages, objects and areas are allocated and given back meanwhile.
public struct RandomContextCalls {
    private var random: SeededRandom
    private var pages: [PagePointer] = []
    private var objects: [VirtualAddress] = []
    private var areas: [VirtualAddress] = []
    private var uses: [(page: PagePointer, address: VirtualAddress, step: UInt32)] = []
    /// Calls that have not come to their end, by their steps.
    private var pending: [UInt32: KernelCall] = [:]
    /// How each task ends what it has begun, the innermost last.
    private var ends: [UInt32: [KernelCall]] = [:]
    private let cpus: UInt32
    /// Calls that slept or spun.
    public private(set) var blockedCount = 0

    private static let locks = ["a", "b", "c"].map { SpinLock(name: $0) }
    /// What may be begun within something else before it is ended.
    private static let deepest = 9

    /// The same seed gives the same calls on the same machine.
    public init(seed: UInt64, machine: Machine) {
        random = SeededRandom(seed: seed)
        cpus = UInt32(machine.cpuCount)
    }

    /// Makes a call.
    ///
    /// - Returns: the call.
    public mutating func step(_ machine: inout Machine) -> KernelCall {
        let pid = machine.contexts.cpus[machine.currentCPU].pid
        let call = next(machine, pid)
        let returned = machine.apply(call).returned
        if returned == .blocked {
            blockedCount += 1
            pending[machine.step] = call
        } else if returned != .halted {
            note(call, returned, pid, machine.step)
        }
        for resumption in machine.resumptions(of: machine.step) {
            guard let call = pending.removeValue(forKey: resumption.callStep) else { continue }
            note(call, resumption.returned, resumption.pid, resumption.callStep)
        }
        return call
    }

    /// Remembers what a call returned, and how what it began will end.
    private mutating func note(
        _ call: KernelCall, _ returned: Outcome.Returned, _ pid: UInt32, _ step: UInt32
    ) {
        switch (call, returned) {
        case (.allocPage, .page(let page)): pages.append(page)
        case (.kmalloc, .address(let address)): objects.append(address)
        case (.vmalloc, .address(let address)): areas.append(address)
        case (.kmap(let page), .address(let address)): uses.append((page, address, step))
        default:
            if let end = end(of: call, returned, step) { ends[pid, default: []].append(end) }
        }
    }

    private func end(
        of call: KernelCall, _ returned: Outcome.Returned, _ step: UInt32
    ) -> KernelCall? {
        switch (call, returned) {
        case (.kmapAtomic(_, let type), .address(let address)):
            .kunmapAtomic(address, type: type, use: step)
        case (.kmapLocalPage, .address(let address)): .kunmapLocal(address, use: step)
        case (.spinLock(let lock, let variant), .number(let flags)):
            .spinUnlock(lock, variant, flags: UInt32(truncatingIfNeeded: flags))
        case (.spinLock(let lock, let variant), _): .spinUnlock(lock, variant, flags: 0)
        case (.cpu(.preemptDisable), _): .cpu(.preemptEnable)
        case (.cpu(.localBHDisable), _): .cpu(.localBHEnable)
        case (.cpu(.localIRQDisable), _): .cpu(.localIRQEnable)
        case (.cpu(.localIRQSave), .number(let flags)): .localIRQRestore(flags: flags)
        case (.cpu(.enterIRQ), .number(1)): .cpu(.exitIRQ)
        case (.cpu(.enterSoftirq), .number(1)): .cpu(.exitSoftirq)
        default: nil
        }
    }
}

// MARK: - Which call

extension RandomContextCalls {
    private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

    private mutating func next(_ machine: Machine, _ pid: UInt32) -> KernelCall {
        if machine.isSpinning { return .runOn(cpu: .random(in: 0..<cpus, using: &random)) }
        let cpu = machine.contexts.cpus[machine.currentCPU]
        let depth = ends[pid]?.count ?? 0
        if depth > 0, chance(depth > Self.deepest ? 1 : 3) { return ends[pid]!.removeLast() }
        if cpu.maySleep, chance(2), let call = sleeper(machine) { return call }
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1: return begin(cpu, machine)
        case 2: return lock(cpu, machine)
        case 3: return pages.count < 40 ? .allocPage([.gfpAtomic, .highmem]) : .cpu(.localIRQSave)
        case 4: return freePage(machine)
        case 5: return .kmalloc(size: .random(in: 1...9_000, using: &random), .gfpAtomic)
        case 6: return objects.popRandom(using: &random).map { .kfree($0) } ?? .allocPage(.noWait)
        case 7: return .runOn(cpu: .random(in: 0..<cpus, using: &random))
        case 8: return access(machine)
        default: return map(cpu, machine)
        }
    }

    /// A call that may sleep.
    private mutating func sleeper(_ machine: Machine) -> KernelCall? {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return areas.count < 10 ? .vmalloc(size: 9_000) : nil
        case 1: return areas.popRandom(using: &random).map { .vfree($0) }
        case 2: return .cpu(.schedule)
        case 3: return .cpu(.mightSleep)
        case 4: return pages.count < 40 ? .allocPage(.highUser) : nil
        case 5..<8: return pages.randomElement(using: &random).map { .kmap($0) }
        default:
            return uses.popRandom(using: &random).map { .kunmap($0.page, use: $0.step) }
        }
    }

    private mutating func begin(_ cpu: ContextsSnapshot.CPU, _ machine: Machine) -> KernelCall {
        // An area may be given back in an interrupt: that is put off.
        if !cpu.interrupts.isEmpty, chance(3), let area = areas.popRandom(using: &random) {
            return .vfree(area)
        }
        let events: [CPUEvent] = [
            .preemptDisable, .localBHDisable, .localIRQSave, .enterIRQ, .enterSoftirq,
            cpu.areIRQsOff ? .localIRQSave : .localIRQDisable,
        ]
        return .cpu(events.randomElement(using: &random)!)
    }

    /// A lock that is free, or, for one who holds none, that of another CPU.
    private mutating func lock(_ cpu: ContextsSnapshot.CPU, _ machine: Machine) -> KernelCall {
        let held = machine.contexts.locks
        let lock = Self.locks.randomElement(using: &random)!
        if let holder = held.first(where: { $0.name == lock.name }) {
            let mayWait = cpu.locks.isEmpty && holder.cpu != machine.currentCPU
            return mayWait ? .spinLock(lock, .irqsave) : .runOn(cpu: UInt32(holder.cpu))
        }
        // Releasing the other variant switches interrupts on, whatever they were.
        let variants: [LockVariant] = cpu.areIRQsOff ? [.plain, .irqsave] : LockVariant.allCases
        return .spinLock(lock, variants.randomElement(using: &random)!)
    }

    private mutating func map(_ cpu: ContextsSnapshot.CPU, _ machine: Machine) -> KernelCall {
        guard let page = pages.randomElement(using: &random) else { return .allocPage(.gfpAtomic) }
        if chance(3) { return .kmapLocalPage(page) }
        if chance(2) { return .kmapAtomic(page, type: nil) }
        let types: [KmapType] =
            switch cpu.interrupts.last {
            case .hardirq?: [.irq0, .irq1]
            case .softirq?: [.softirq0, .softirq1]
            case nil: [.user0, .user1, .pte0]
            }
        let taken = machine.temporaryMappings.filter { $0.cpu == machine.currentCPU }.map(\.type)
        let type = types.first { !taken.contains($0) }
        return .kmapAtomic(page, type: type)
    }

    /// A page that nobody maps, or wants to.
    private mutating func freePage(_ machine: Machine) -> KernelCall {
        let index = Int.random(in: 0..<max(1, pages.count), using: &random)
        guard index < pages.count else { return .cpu(.preemptDisable) }
        let page = pages[index]
        let pfn = machine.frame(of: page)
        let isMapped =
            uses.contains { $0.page == page } || pending.values.contains(.kmap(page))
            || machine.temporaryMappings.contains { $0.pfn == pfn }
        return isMapped ? .pageAddress(page) : .freePageOf(pages.swapRemove(at: index))
    }

    /// A load or a store by an address of a use, or of a mapping of this CPU's task.
    private mutating func access(_ machine: Machine) -> KernelCall {
        let pid = machine.contexts.cpus[machine.currentCPU].pid
        let own = machine.temporaryMappings.filter { $0.pid == pid }.map(\.address)
        guard let base = (uses.map(\.address) + own).randomElement(using: &random) else {
            return .cpu(.localBHDisable)
        }
        let address = VirtualAddress(
            base.rawValue + .random(in: 0..<4_088, using: &random))
        return chance(2) ? .load(address, width: 8) : .store(address, [1, 2, 3])
    }
}
