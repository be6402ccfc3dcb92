import KernelMemory

/// What CPUs are told, and what they load and store.
extension WildContextCalls {
    /// Mostly the end of something that has begun, so that CPUs come back to where they may sleep.
    mutating func event(_ machine: Machine) -> KernelCall {
        let cpu = machine.contexts.cpus[machine.currentCPU]
        var ends: [CPUEvent] = []
        if let interrupt = cpu.interrupts.last {
            ends.append(interrupt == .hardirq ? .exitIRQ : .exitSoftirq)
        } else if cpu.areIRQsOff {
            ends.append(.localIRQEnable)
        }
        if cpu.preemptDepth > cpu.locks.count { ends.append(.preemptEnable) }
        if cpu.bottomHalfDepth > 0 { ends.append(.localBHEnable) }
        if !chance(3), let end = ends.randomElement(using: &random) { return .cpu(end) }
        return .cpu(CPUEvent.allCases.randomElement(using: &random)!)
    }

    mutating func irqRestore() -> KernelCall {
        if chance(10) {
            return .localIRQRestore(flags: .random(in: 0...UInt64.max, using: &random))
        }
        return .localIRQRestore(flags: flags.popLast() ?? 0x202)
    }

    /// Takes a lock, or releases one on the CPU that holds it.
    mutating func locking(_ machine: Machine) -> KernelCall {
        let variant = LockVariant.allCases.randomElement(using: &random)!
        let lock = Self.locks.randomElement(using: &random)!
        let saved = UInt32(truncatingIfNeeded: flags.last ?? 0x202)
        if chance(20) { return .spinUnlock(lock, variant, flags: saved) }
        let held = machine.contexts.locks
        guard let holder = held.randomElement(using: &random), !chance(4) else {
            return .spinLock(lock, variant)
        }
        if holder.cpu != machine.currentCPU, !chance(20) {
            return .runOn(cpu: UInt32(holder.cpu))
        }
        return .spinUnlock(SpinLock(name: holder.name), variant, flags: saved)
    }

    /// A load or a store by an address that is mapped, or was.
    mutating func access(_ machine: Machine) -> KernelCall {
        var address = machine.layout.pageOffset
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<10: address = uses.randomElement(using: &random)?.address.rawValue ?? address
        case 10..<17:
            address = mappings.randomElement(using: &random)?.address.rawValue ?? address
        case 17: address = areas.randomElement(using: &random)?.rawValue ?? address
        default: address = stale.randomElement(using: &random)!
        }
        // The direct map has other people's objects; other streams write over those.
        let mayStore = machine.frame(at: VirtualAddress(address)).map { owns($0, machine) } ?? true
        address += UInt64.random(in: 0..<(chance(20) ? 4_096 : 4_080), using: &random)
        guard mayStore, address & 4_095 < 4_080, !chance(2) else {
            return .load(
                VirtualAddress(address), width: .random(in: 1...8, using: &random))
        }
        let byte = UInt8.random(in: 0...255, using: &random)
        return chance(2)
            ? .store(VirtualAddress(address), Array(repeating: byte, count: 8))
            : .memset(VirtualAddress(address), byte: byte, length: 16)
    }
}

extension WildContextCalls {
    /// Whether a frame is in a block that the caller has.
    private func owns(_ pfn: PageFrameNumber, _ machine: Machine) -> Bool {
        pages.contains { block in
            guard let first = machine.frame(of: block.page) else { return false }
            return pfn >= first && pfn.rawValue < first.rawValue + (1 << block.order)
        }
    }
}

extension Array {
    /// Takes out any element; `nil` if there is none.
    mutating func popRandom(using random: inout SeededRandom) -> Element? {
        isEmpty ? nil : swapRemove(at: Int.random(in: 0..<count, using: &random))
    }
}
