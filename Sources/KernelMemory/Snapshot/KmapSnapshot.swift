/// The pool of permanent mappings at some moment.
public struct KmapPoolSnapshot: Sendable {
    /// One slot of the pool.
    public struct Slot: Sendable {
        /// Its number.
        public let number: Int
        /// Its address.
        public let address: VirtualAddress
        /// 0 free, 1 not used but perhaps still in a TLB, otherwise one more than its users.
        public let count: Int
        /// Its entry in the page table.
        public let entry: UInt64
        /// The frame that the entry names; `nil` if nothing is mapped.
        public let pfn: UInt64?
    }

    /// All slots, by their number; empty on a kernel without high memory.
    public let slots: [Slot]
    /// The slot that was taken last.
    public let last: Int
    /// `kmap`s that no `kunmap` has answered, those of low memory included.
    public let uses: [Use]
    /// Buckets of the hash from pages to slots that have any, with their slots.
    public let buckets: [(bucket: Int, slots: [Int])]

    /// A `kmap` that no `kunmap` has answered.
    public struct Use: Hashable, Sendable {
        /// The step of the call.
        public let step: UInt32
        /// The page's frame.
        public let pfn: PageFrameNumber
        /// The address that it got.
        public let address: VirtualAddress
    }

    /// Slots with users.
    public var usedCount: Int { slots.count { $0.count > 1 } }
    /// Slots without users that are not free yet.
    public var staleCount: Int { slots.count { $0.count == 1 } }
}

/// A temporary mapping that was not given up.
public struct TemporaryMappingSnapshot: Hashable, Sendable {
    /// The step of the call.
    public let step: UInt32
    /// Whether it is a `kmap_local_page`.
    public let isLocal: Bool
    /// The slot that the caller named; `nil` for the form of 6.1.
    public let type: KmapType?
    /// The page's frame.
    public let pfn: PageFrameNumber
    /// The address that it got.
    public let address: VirtualAddress
    /// The CPU that it was made on.
    public let cpu: Int
    /// The task that made it.
    public let pid: UInt32
}

/// A slot for temporary mappings.
public struct TemporarySlotSnapshot: Sendable {
    /// Its place in the CPU's stack, or the number of its type.
    public let index: Int
    /// The type, where 2.6 had one.
    public let type: KmapType?
    /// Its address.
    public let address: VirtualAddress
    /// Its entry in the page table.
    public let entry: UInt64
    /// The frame that the entry names; `nil` if nothing is mapped.
    public let pfn: UInt64?
    /// The mapping that was not given up; `nil` if there is none, whatever the entry says.
    public let mapping: TemporaryMappingSnapshot?
}

extension Machine {
    /// Whether a frame has no address of its own. `PageHighMem`
    public func isHighmem(_ pfn: PageFrameNumber) -> Bool {
        pfn.rawValue < core.shape.frameEnd && core.isHighmem(pfn.rawValue)
    }

    /// The pool of permanent mappings.
    ///
    /// - Complexity: O(slots + uses).
    public var kmapPool: KmapPoolSnapshot {
        let count = core.hasHighmem ? core.kmapSlotCount : 0
        return KmapPoolSnapshot(
            slots: (0..<count).map { core.poolSlot($0) }, last: core.cold.kmaps.last,
            uses: kmapUses, buckets: core.cold.kmaps.hash.buckets)
    }

    /// The slot of an address; `nil` outside of the pool.
    public func kmapSlot(at address: VirtualAddress) -> KmapPoolSnapshot.Slot? {
        guard core.hasHighmem else { return nil }
        return core.kmapSlot(at: address.rawValue).map { core.poolSlot($0) }
    }

    /// The slot that was taken last, and how many have users, without a look at the slots.
    public var kmapPoolUse: (last: Int, usedCount: Int) {
        (core.cold.kmaps.last, core.cold.kmaps.usedCount)
    }

    /// `kmap`s that no `kunmap` has answered, in the order of their steps.
    public var kmapUses: [KmapPoolSnapshot.Use] {
        core.cold.kmaps.uses.map {
            .init(
                step: $0.step, pfn: PageFrameNumber($0.pfn), address: VirtualAddress($0.address))
        }
    }

    /// Temporary mappings that were not given up, in the order of their steps.
    public var temporaryMappings: [TemporaryMappingSnapshot] {
        core.cold.kmaps.temporary.map { .init($0) }
    }

    /// Whether an address lies where temporary mappings do.
    public func isTemporaryMappingAddress(_ address: VirtualAddress) -> Bool {
        core.hasHighmem
            && (core.localAddresses.contains(address.rawValue)
                || core.typedAddresses.contains(address.rawValue))
    }

    /// The slots of a CPU for temporary mappings: those of the stack, then those of 2.6's types.
    public func temporarySlots(ofCPU cpu: Int) -> [TemporarySlotSnapshot] {
        guard core.hasHighmem else { return [] }
        let stack = (0..<Core.localSlotCount).map {
            core.temporarySlot($0, nil, core.localAddress($0, ofCPU: cpu))
        }
        let types = KmapType.allCases.map {
            core.temporarySlot(Int($0.rawValue), $0, core.typedAddress($0, ofCPU: cpu))
        }
        return stack + types
    }
}

extension TemporaryMappingSnapshot {
    fileprivate init(_ mapping: TemporaryMapping) {
        if case .typed(let type) = mapping.kind { self.type = type } else { type = nil }
        step = mapping.step
        isLocal = mapping.kind == .local
        pfn = PageFrameNumber(mapping.pfn)
        address = VirtualAddress(mapping.address)
        cpu = Int(mapping.cpu)
        pid = mapping.pid
    }
}

extension Core {
    /// The frame that an entry of the last level names; `nil` if nothing is mapped.
    fileprivate func mappedFrame(_ entry: PageTableEntry) -> UInt64? {
        entry.isPresent ? frameNumber(entry) : nil
    }

    fileprivate func poolSlot(_ number: Int) -> KmapPoolSnapshot.Slot {
        let entry = kmapEntry(number)
        return KmapPoolSnapshot.Slot(
            number: number, address: VirtualAddress(kmapAddress(number)),
            count: Int(cold.kmaps.count(number)), entry: entry.rawValue, pfn: mappedFrame(entry))
    }

    fileprivate func temporarySlot(
        _ index: Int, _ type: KmapType?, _ address: UInt64
    ) -> TemporarySlotSnapshot {
        let entry = fixedEntry(address)
        return TemporarySlotSnapshot(
            index: index, type: type, address: VirtualAddress(address), entry: entry.rawValue,
            pfn: mappedFrame(entry),
            mapping: cold.kmaps.temporary.last { $0.address == address }.map { .init($0) })
    }
}
