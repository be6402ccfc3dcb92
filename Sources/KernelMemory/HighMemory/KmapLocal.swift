/// Temporary mappings: a stack of addresses on each CPU, for a moment, without sleeping.
extension Core {
    /// Nested mappings of a task; the highest place cannot be had. `KM_MAX_IDX`
    static var localSlotCount: Int { 16 }

    /// The address of the first slot of the first CPU; the others lie below. `FIX_KMAP_BEGIN`
    private static var firstLocalAddress: UInt64 { 0xfffb_b000 }

    /// The address of a CPU's slot; slots may be counted beyond a CPU's own.
    ///
    /// The corresponding kernel function is `kmap_local_calc_idx` (mm/highmem.c, 6.1).
    func localAddress(_ index: Int, ofCPU cpu: Int) -> UInt64 {
        let place = Int64(index + Self.localSlotCount * cpu)
        return UInt64(Int64(Self.firstLocalAddress) - place << 12)
    }

    private func localAddress(_ index: Int) -> UInt64 {
        localAddress(index, ofCPU: Int(control.pointee.cpu))
    }

    /// The addresses of all CPUs' slots.
    var localAddresses: Range<UInt64> {
        let count = UInt64(Self.localSlotCount * shape.cpuCount)
        return (Self.firstLocalAddress + 4096 - count << 12)..<(Self.firstLocalAddress + 4096)
    }

    /// Maps a page on this CPU, above the mappings that its task has; a page of low memory has an address.
    ///
    /// - Returns: the address; 0 if the machine is halted, because a 16th was asked for.
    /// - Complexity: O(1).
    ///
    /// The corresponding kernel function is `__kmap_local_page_prot` (mm/highmem.c, 6.1).
    func mapLocally(_ page: PagePointer, _ kind: TemporaryMapping.Kind) -> UInt64 {
        guard let pfn = frame(of: page) else {
            return mistakenAddress(page, in: "__kmap_local_page_prot")
        }
        if !isHighmem(pfn) {
            explain(
                .kmapOfLowMemory, ["pfn": pfn, "address": VirtualAddress(directAddress(pfn))])
        }
        let address = isHighmem(pfn) ? pushLocal(pfn) : directAddress(pfn)
        if isHalted { return 0 }
        noteTemporary(kind, pfn, at: address)
        return address
    }

    /// The corresponding kernel function is `__kmap_local_pfn_prot` (mm/highmem.c, 6.1).
    private func pushLocal(_ pfn: UInt32) -> UInt64 {
        let function = "__kmap_local_pfn_prot"
        if context.count.isInHardirq, !context.areIRQsOff {
            warnOnce(.localMappingInHardirq, at: "mm/highmem.c:465", in: function)
        }
        let index = context.task.localEntries.count
        if index + 1 >= Self.localSlotCount {
            noteMisuse(.kmapNestedTooDeep, at: nil)
            bug(at: "mm/highmem.c:467", in: function, locks: 1)
            return 0
        }
        let address = localAddress(index)
        if !fixedEntry(address).isNone {
            bug(at: "mm/highmem.c:552", in: function, locks: 1)
            return 0
        }
        let entry = UInt64(pfn) << 12 | PageTableEntry.kernel(shape.architecture)
        explain(
            .kmapLocalSlot,
            [
                "pfn": pfn, "cpu": control.pointee.cpu, "index": index,
                "address": VirtualAddress(address),
            ])
        setFixedEntry(address, entry)
        context.task.localEntries.append(entry)
        return address
    }

    /// Gives up the mapping that this CPU's task made last, whatever address is passed.
    ///
    /// The address only says which page the TLB is to forget: after a free out of turn, the entry of
    /// another mapping is gone, and that one's translation is not.
    ///
    /// The corresponding kernel function is `kunmap_local_indexed` (mm/highmem.c, 6.1).
    func unmapLocally(_ passed: UInt64) {
        let address = passed & ~4095
        guard hasHighmem else { return }
        let function = "kunmap_local_indexed"
        guard localAddresses.contains(address) else {
            if address < layout.pageOffset {
                warnOnce(.unmapOfUserAddress, at: "mm/highmem.c:604", in: function)
            }
            return
        }
        let index = context.task.localEntries.count - 1
        let top = localAddress(index)
        let isMapped = cold.kmaps.temporary.contains { $0.address == address }
        if address != top {
            noteOutOfOrder(address)
            warnOnce(.unmapOutOfOrder, at: "mm/highmem.c:610", in: function)
        }
        explain(
            .kunmapLocalSlot,
            [
                "cpu": control.pointee.cpu, "index": index, "address": VirtualAddress(top),
                "passed_address": VirtualAddress(address),
            ])
        setFixedEntry(top, 0)
        flushLocally(address)
        if context.task.localEntries.popLast() == nil {
            if !isMapped { noteMisuse(.kunmapOfWrongAddress, at: passed) }
            bug(at: "mm/highmem.c:479", in: function, locks: 1)
        }
    }

    private func noteOutOfOrder(_ address: UInt64) {
        guard let mapping = cold.kmaps.temporary.last(where: { $0.address == address }) else {
            return
        }
        let isOwn = mapping.cpu == control.pointee.cpu
        noteMisuse(
            .kunmapOutOfOrder, at: address, allocatedAtStep: mapping.step,
            circumstance: isOwn ? nil : "was made on CPU \(mapping.cpu), which has its own")
    }
}

// MARK: - When a task leaves its CPU and comes back

extension Core {
    /// The corresponding kernel function is `__kmap_local_sched_out` (mm/highmem.c, 6.1).
    func clearLocalMappings(of task: Task) {
        for index in task.localEntries.indices where task.localEntries[index] != 0 {
            setFixedEntry(localAddress(index), 0)
            flushLocally(localAddress(index))
        }
    }

    /// The corresponding kernel function is `__kmap_local_sched_in` (mm/highmem.c, 6.1).
    func restoreLocalMappings(of task: Task) {
        for index in task.localEntries.indices where task.localEntries[index] != 0 {
            setFixedEntry(localAddress(index), task.localEntries[index])
        }
    }
}

// MARK: - Entries of fixed addresses

extension Core {
    /// The entry of a fixed address in the page table.
    func fixedEntry(_ address: UInt64) -> PageTableEntry {
        entry(UInt64(control.pointee.fixmapTable), paging.index(address, at: paging.leafLevel))
    }

    func setFixedEntry(_ address: UInt64, _ value: UInt64) {
        setEntry(control.pointee.fixmapTable, paging.index(address, at: paging.leafLevel), value)
    }
}

extension PageTableEntry {
    /// Whether it is as good as empty. `pte_none`
    var isNone: Bool { rawValue & ~(Self.accessed | Self.dirty) == 0 }
}
