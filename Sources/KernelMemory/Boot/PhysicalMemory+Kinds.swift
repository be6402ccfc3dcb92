extension PhysicalMemory {
    /// The memory of a configured machine.
    init(_ configuration: MachineConfiguration) {
        switch configuration.kind {
        case .i386: self.init(i386: configuration)
        case .x86_64: self.init(x86_64: configuration)
        case .classroom: self.init(classroom: configuration)
        }
    }

    /// Where low memory ends on i386 at the latest: the rest of the fourth gigabyte of addresses is
    /// for 128 MiB of vmalloc and for the fixed mappings above. `MAXMEM_PFN`, frame 226,302.
    private static let maximalLowmem: UInt32 = (0xff3f_e000 - 0xc000_0000 - 0x800_0000) >> 12

    /// A 32-bit PC. The kernel image lies at 16 MiB, or at 1 MiB where memory is too small; the
    /// memory map and the hash tables go to the top of low memory, as `memblock` allocates.
    private init(i386 configuration: MachineConfiguration) {
        let frames = UInt32(configuration.memoryInMiB) << 8
        let end = frames - 32
        let lowEnd = min(end, Self.maximalLowmem)
        self.init(
            architecture: .i386, pageBlockOrder: 10, cpuCount: configuration.cpuCount,
            zones: [
                ZoneSpan(index: 0, frames: 1..<min(4096, lowEnd)),
                ZoneSpan(index: 1, frames: 4096..<max(4096, lowEnd)),
                ZoneSpan(index: 2, frames: lowEnd..<end),
            ].filter { !$0.frames.isEmpty },
            usable: Self.pc(frames: frames, below4GiB: frames), lowmemEnd: lowEnd)
        let image = KernelImage(configuration.slab, debug: configuration.debug)
        let place: UInt32 = frames >= 24 << 8 ? 4096 : 256
        let text = place..<(place + image.textPages)
        let initialisation = text.upperBound..<(text.upperBound + image.initPages)
        let data = initialisation.upperBound + image.lockTablePages
        reserved = [1..<256, text, data..<(data + image.dataPages)]
        freedAfterBoot = [initialisation, (lowEnd - 7)..<lowEnd]
        if configuration.debug { keepInitMemory(initialisation.upperBound..<data) }
        var top = lowEnd - 7
        let mapPages = (((end + 1023) & ~1023) * 32) >> 12
        if configuration.debug { top = reserveTables(below: top, mapPages: mapPages) }
        memMapFrame = top - mapPages
        reserved.append((memMapFrame - 1)..<top)
        top = memMapFrame - 3
        let keepsTraces = configuration.checksObjects
        let tables =
            hashTablePages(pointerSize: 4, keepsTraces: keepsTraces)
            + image.perCPUPages * UInt32(cpuCount)
        reserved.append((top - tables)..<top)
    }

    /// Keeps what others free when they have booted, and unmaps it.
    ///
    /// - Parameter lockTable: what is freed even before that.
    ///
    /// The corresponding kernel function is `free_init_pages` (arch/x86/mm/init.c, 6.1).
    private mutating func keepInitMemory(_ lockTable: Range<UInt32> = 0..<0) {
        unmappedAfterBoot = freedAfterBoot + (lockTable.isEmpty ? [] : [lockTable])
        reserved += unmappedAfterBoot
        freedAfterBoot = []
    }

    /// Reserves the tables of a direct map in small pages: below the last 4 MiB, whose own table is in
    /// the kernel's image.
    ///
    /// - Returns: where the memory map ends, above them if it fits there.
    ///
    /// The corresponding kernel functions are `memory_map_top_down` and `alloc_low_pages`
    /// (arch/x86/mm/init.c, 6.1).
    private mutating func reserveTables(below top: UInt32, mapPages: UInt32) -> UInt32 {
        let last = (lowmemEnd - 1) & ~1023
        let chunks = last >> 10 + 1
        directMapTables = (last - (max(chunks, 8) - 8))..<last
        reserved.append(directMapTables)
        return mapPages < top - min(last, top) ? top : directMapTables.lowerBound
    }

    /// A 64-bit PC. The memory map takes 2 MiB for each 128 MiB section that exists; with memory
    /// above 4 GiB, 64 MiB of bounce buffers and their table are kept for 32-bit devices.
    private init(x86_64 configuration: MachineConfiguration) {
        let frames = UInt32(configuration.memoryInMiB) << 8
        let below = frames <= 3584 << 8 ? frames : 3072 << 8
        let end = frames > below ? 0x10_0000 + frames - below : below - 32
        self.init(
            architecture: .x86_64, pageBlockOrder: 9, cpuCount: configuration.cpuCount,
            zones: [
                ZoneSpan(index: 0, frames: 1..<4096),
                ZoneSpan(index: 1, frames: 4096..<min(end, 0x10_0000)),
                ZoneSpan(index: 2, frames: 0x10_0000..<max(end, 0x10_0000)),
            ].filter { !$0.frames.isEmpty },
            usable: Self.pc(frames: frames, below4GiB: below), lowmemEnd: end)
        reserved = [1..<256, 4096..<5121, 5632..<5813, 6144..<6518, 6678..<7174]
        freedAfterBoot = [5121..<5632, 5813..<6144, 6518..<6678]
        var low = below - 32
        if frames > below {
            low -= 16384
            reserved.append(low..<(below - 32))
        }
        freedAfterBoot.append((low - 7)..<low)
        var top = frames > below ? end : low - 7
        if configuration.debug {
            keepInitMemory()
            directMapTables = (top - usable.reduce(0) { $0 + $1.chunkCount })..<top
            reserved.append(directMapTables)
            top = directMapTables.lowerBound
        }
        reserveTop(
            below: top, hasBounceBuffers: frames > below, keepsTraces: configuration.checksObjects)
    }

    private mutating func reserveTop(
        below top: UInt32, hasBounceBuffers: Bool, keepsTraces: Bool
    ) {
        let tables =
            hashTablePages(pointerSize: 8, keepsTraces: keepsTraces) + 12
            + (hasBounceBuffers ? 195 : 0)
        let map = usable.reduce(into: Set<UInt32>()) { sections, range in
            sections.formUnion((range.lowerBound >> 15)...((range.upperBound - 1) >> 15))
        }
        let mapEnd = (top - tables) & ~511
        let mapStart = mapEnd - UInt32(map.count) * 512
        let perCPU = 41 * UInt32(cpuCount)
        reserved.append((top - tables)..<top)
        reserved.append(mapStart..<mapEnd)
        reserved.append((mapStart - 512)..<(mapStart - 512 + perCPU))
    }

    /// Four MiB that follow the rules of a gigabyte, one frame for each MiB: high memory begins at
    /// frame 896.
    ///
    /// Zones this small would move single pages between their lists; they move four at a time,
    /// so that per-CPU lists are seen to work as on a large machine.
    private init(classroom configuration: MachineConfiguration) {
        self.init(
            architecture: .i386, pageBlockOrder: 5, cpuCount: configuration.cpuCount,
            zones: [
                ZoneSpan(index: 0, frames: 1..<128), ZoneSpan(index: 1, frames: 128..<896),
                ZoneSpan(index: 2, frames: 896..<1024),
            ],
            usable: [1..<1024], reserved: [1..<16, 128..<160, 888..<896], lowmemEnd: 896,
            fixedBatch: 4, memMapFrame: 888)
    }
}

extension Range<UInt32> {
    /// Stretches of 2 MiB that a range of frames touches.
    fileprivate var chunkCount: UInt32 { (upperBound - 1) >> 9 - lowerBound >> 9 + 1 }
}
