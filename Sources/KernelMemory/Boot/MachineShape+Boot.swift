extension MachineShape {
    /// The shape of a machine with this memory.
    init(_ memory: PhysicalMemory, _ configuration: MachineConfiguration) {
        let starts = (1...2).map { index in
            memory.zones.first { $0.index == index }?.frames.lowerBound ?? noFrame
        }
        let blocks = memory.zones.reduce(0) { sum, span in
            let first = span.frames.lowerBound >> memory.pageBlockOrder
            let last = (span.frames.upperBound - 1) >> memory.pageBlockOrder
            return sum + Int(last - first) + 1
        }
        self.init(
            architecture: memory.architecture, cpuCount: memory.cpuCount,
            pageBlockOrder: memory.pageBlockOrder,
            frameEnd: memory.zones.map(\.frames.upperBound).max() ?? 0,
            zoneStart: SIMD2(starts[0], starts[1]), groupsByMobility: memory.groupsByMobility,
            pageBlockCount: blocks,
            zonePopulation: memory.zones.reduce(0) { $0 | 1 << $1.index }, hole: memory.hole,
            layout: AddressLayout(memory),
            minFreeKilobytes: memory.tuning.minFreeKilobytes, debug: configuration.debug,
            checksObjects: configuration.checksObjects, slab: configuration.slab,
            keepsCachesApart: configuration.keepsCachesApart,
            kmapSlotCount: configuration.kind == .classroom ? 16 : 1_024, tlb: configuration.tlb)
    }
}

extension PhysicalMemory {
    fileprivate var groupsByMobility: Bool {
        architecture.groupsByMobility(
            pageBlockOrder: pageBlockOrder,
            zones.map { ($0.index, UInt32($0.frames.count), present($0.frames)) })
    }

    /// The frames between the memory below 4 GiB and that above, which have no `struct page`;
    /// empty where there are none.
    fileprivate var hole: Range<UInt32> {
        guard usable.count > 2 else { return 0..<0 }
        return (usable[1].upperBound + 32)..<usable[2].lowerBound
    }
}

extension PhysicalMemory {
    /// The derived numbers, from what the allocator manages while the kernel boots.
    var tuning: ZoneTuning {
        var managed = [UInt32](repeating: 0, count: MachineShape.zoneCount)
        for span in zones {
            managed[span.index] = present(span.frames) - bootReserved(span.frames)
        }
        return ZoneTuning(
            managed: managed, architecture: architecture, cpuCount: cpuCount,
            fixedBatch: fixedBatch)
    }
}

extension AddressLayout {
    /// Where things are on a machine with this memory.
    ///
    /// On i386 the vmalloc area starts 8 MiB above the direct map and ends two pages below the
    /// permanent mappings of high memory. (arch/x86/include/asm/pgtable_32_areas.h, 6.1)
    init(_ memory: PhysicalMemory) {
        switch memory.architecture {
        case .i386:
            let offset: UInt64 = 0xc000_0000
            let high = offset + UInt64(memory.lowmemEnd) << 12
            self.init(
                pageOffset: offset, highMemory: high,
                memMap: offset + UInt64(memory.memMapFrame) << 12,
                vmallocStart: high + 0x80_0000, vmallocEnd: 0xff3f_e000, pkmapBase: 0xff40_0000,
                fixaddrStart: 0xfff9_b000)
        case .x86_64:
            let offset: UInt64 = 0xffff_8880_0000_0000
            self.init(
                pageOffset: offset, highMemory: offset + UInt64(memory.lowmemEnd) << 12,
                memMap: 0xffff_ea00_0000_0000, vmallocStart: 0xffff_c900_0000_0000,
                vmallocEnd: 0xffff_e8ff_ffff_ffff, pkmapBase: nil,
                fixaddrStart: 0xffff_ffff_ff77_c000)
        }
    }
}
