/// `kmap_atomic`: a temporary mapping that keeps the CPU, in the form of 6.1 and in that of 2.6.
extension Core {
    /// Keeps the CPU and maps a page on it.
    ///
    /// - Parameter type: the slot, as 2.6 had it; `nil` for the next one, as 6.1 has it.
    /// - Returns: the address; 0 if the machine is halted.
    ///
    /// The corresponding kernel function is `kmap_atomic` (include/linux/highmem-internal.h, 6.1).
    func kmapAtomic(_ page: PagePointer, _ type: KmapType?) -> UInt64 {
        disablePreemption()
        return type.map { mapTyped(page, $0) } ?? mapLocally(page, .atomic)
    }

    /// Gives up the mapping and the CPU.
    ///
    /// - Parameter use: the step of the call that made it; 0 for the last one at the address.
    ///
    /// The corresponding kernel function is `kunmap_atomic` (include/linux/highmem-internal.h, 6.1).
    func kunmapAtomic(_ address: UInt64, _ type: KmapType?, use: UInt32) {
        if let type { unmapTyped(address, type) } else { unmapLocally(address) }
        if isHalted { return }
        let kind = type.map { TemporaryMapping.Kind.typed($0) } ?? .atomic
        forgetTemporary(kind, at: address, use)
        enablePreemption()
    }
}

// MARK: - The slots of 2.6

extension Core {
    /// The address of a type's slot on a CPU. They lie below those of 6.1, so that both forms can be
    /// used on one machine.
    func typedAddress(_ type: KmapType, ofCPU cpu: Int) -> UInt64 {
        let index = Int(type.rawValue) + KmapType.allCases.count * cpu
        return typedAddresses.upperBound - 4096 - UInt64(index) << 12
    }

    private func typedAddress(_ type: KmapType) -> UInt64 {
        typedAddress(type, ofCPU: Int(control.pointee.cpu))
    }

    /// The addresses of all CPUs' types.
    var typedAddresses: Range<UInt64> {
        let end = min(layout.fixaddrStart, localAddresses.lowerBound)
        return (end - UInt64(KmapType.allCases.count * shape.cpuCount) << 12)..<end
    }

    /// Maps a page in the slot of its type, over whatever is there: nobody looks.
    ///
    /// With debugging on, somebody does.
    ///
    /// The corresponding kernel function was `kmap_atomic` (arch/i386/mm/highmem.c, 2.6).
    private func mapTyped(_ page: PagePointer, _ type: KmapType) -> UInt64 {
        guard let pfn = frame(of: page) else { return mistakenAddress(page, in: "kmap_atomic") }
        noteType(type)
        guard isHighmem(pfn) else {
            noteTemporary(.typed(type), pfn, at: directAddress(pfn))
            return directAddress(pfn)
        }
        let address = typedAddress(type)
        if let other = cold.kmaps.temporary.last(where: { $0.address == address }) {
            noteMisuse(
                .kmapOverwritten, pfn: other.pfn, at: address, allocatedAtStep: other.step)
        }
        if shape.debug, !fixedEntry(address).isNone {
            bug(at: "arch/i386/mm/highmem.c:42", in: "kmap_atomic")
            return 0
        }
        explain(
            .kmapTypedSlot,
            [
                "pfn": pfn, "type": type.name, "cpu": control.pointee.cpu,
                "index": Int(type.rawValue) + KmapType.allCases.count * Int(control.pointee.cpu),
                "address": VirtualAddress(address),
            ])
        setFixedEntry(address, UInt64(pfn) << 12 | PageTableEntry.kernel(shape.architecture))
        flushLocally(address)
        noteTemporary(.typed(type), pfn, at: address)
        return address
    }

    /// Nothing: the next mapping of the type will overwrite this one. With debugging on, the entry is
    /// cleared, so that a stale pointer faults.
    ///
    /// The corresponding kernel function was `kunmap_atomic` (arch/i386/mm/highmem.c, 2.6).
    private func unmapTyped(_ passed: UInt64, _ type: KmapType) {
        let address = passed & ~4095
        guard shape.debug, hasHighmem, address >= typedAddresses.lowerBound else {
            return explain(
                .kunmapTypedLazy, ["address": VirtualAddress(address), "type": type.name])
        }
        if address != typedAddress(type) {
            noteMisuse(.kunmapOfWrongAddress, at: address)
            return bug(at: "arch/i386/mm/highmem.c:67", in: "kunmap_atomic")
        }
        setFixedEntry(address, 0)
        flushLocally(address)
    }

    /// Records a type that belongs to another context than this CPU's: whoever it belongs to may come in
    /// between at any time, and overwrite the mapping.
    private func noteType(_ type: KmapType) {
        let isInHardirq = context.interrupts.contains { $0.kind == .hardirq }
        let isInSoftirq = context.interrupts.contains { $0.kind == .softirq }
        let isRight =
            switch type {
            case .irq0, .irq1, .bioSourceIRQ, .bioDestinationIRQ: isInHardirq || context.areIRQsOff
            case .softirq0, .softirq1, .skbDataSoftirq:
                !isInHardirq && (isInSoftirq || context.bottomHalfDepth > 0)
            default: !isInHardirq && !isInSoftirq
            }
        if !isRight { noteMisuse(.wrongKmapType, at: nil) }
    }
}
