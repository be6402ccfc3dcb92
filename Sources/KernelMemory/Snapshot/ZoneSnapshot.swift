/// One zone at a moment, sizes in pages.
public struct ZoneSnapshot: Sendable {
    /// Index in the order of the kernel's zone types.
    public let index: Int
    /// `DMA`, `DMA32`, `Normal` or `HighMem`.
    public let name: String
    /// First frame.
    public let start: PageFrameNumber
    /// Frames from the first to the last, holes included.
    public let spanned: UInt32
    /// Frames that exist.
    public let present: UInt32
    /// Frames that the page allocator manages.
    public let managed: UInt32
    /// Watermarks without boost: min, low, high, promo.
    public let watermark: SIMD4<Int32>
    /// Pages added to each of them for now.
    public let boost: Int32
    /// Pages kept from requests that could have used a higher zone, by that zone's index.
    public let lowmemReserve: SIMD4<Int32>
    /// Pages in page blocks of the highatomic reserve.
    public let reservedHighAtomic: Int32
    /// Bit 0: boosted since kswapd was last woken for it; bit 1: reclaim is active.
    public let flags: UInt32
    /// Pages on the buddy lists, exactly.
    public let freePages: Int32
    /// The counter that decisions read; behind the truth by what CPUs have not folded in.
    public let countedFreePages: Int32
    /// Free blocks per order.
    public let freeBlocks: InlineArray<11, Int32>
    /// Per-CPU lists' totals and settings, by CPU.
    public let perCPU: [PerCPUSnapshot]
    /// Whether its frames lack a permanent address.
    public let isHighmem: Bool
}

/// One CPU's pages of a zone.
public struct PerCPUSnapshot: Hashable, Sendable {
    /// The CPU.
    public let cpu: Int
    /// Pages on its lists.
    public let count: Int32
    /// Pages at which the lists are drained.
    public let high: Int32
    /// Pages moved at a time.
    public let batch: Int32
    /// Doubles the drain, up to five times.
    public let freeFactor: Int32
    /// Its share of the free counter that is not folded in.
    public let freeDelta: Int32
    /// How large that share may grow.
    public let statThreshold: Int32
}

extension Machine {
    /// The populated zones, lowest first.
    public var zones: [ZoneSnapshot] {
        (0..<MachineShape.zoneCount).filter { core.zones[$0].isPopulated }.map(core.snapshot)
    }

    /// The zone that a frame number falls into, by name.
    public func zoneName(of pfn: PageFrameNumber) -> String {
        core.shape.architecture.zoneName(core.zoneIndex(of: pfn.rawValue))
    }
}

extension Core {
    fileprivate func snapshot(_ index: Int) -> ZoneSnapshot {
        let zone = zones[index]
        return ZoneSnapshot(
            index: index, name: shape.architecture.zoneName(index),
            start: PageFrameNumber(zone.start), spanned: zone.end - zone.start,
            present: zone.present, managed: zone.managed,
            watermark: zone.watermark, boost: zone.boost, lowmemReserve: zone.lowmemReserve,
            reservedHighAtomic: zone.reservedHighAtomic, flags: zone.flags,
            freePages: exactFreePages(index),
            countedFreePages: zone.freePages,
            freeBlocks: InlineArray { freeArea(index, UInt32($0)).pointee.count },
            perCPU: (0..<shape.cpuCount).map { perCPUSnapshot($0, index) },
            isHighmem: shape.architecture.isHighmem(index))
    }

    private func perCPUSnapshot(_ cpu: Int, _ zone: Int) -> PerCPUSnapshot {
        let local = perCPU[cpu * MachineShape.zoneCount + zone]
        return PerCPUSnapshot(
            cpu: cpu, count: local.count, high: local.high, batch: local.batch,
            freeFactor: local.freeFactor, freeDelta: local.freeDelta,
            statThreshold: local.statThreshold)
    }
}
