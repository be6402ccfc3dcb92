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
        let image = KernelImage(configuration.slab)
        let place: UInt32 = frames >= 24 << 8 ? 4096 : 256
        let text = place..<(place + image.textPages)
        let initialisation = text.upperBound..<(text.upperBound + image.initPages)
        let data = initialisation.upperBound + image.lockTablePages
        reserved = [1..<256, text, data..<(data + image.dataPages)]
        freedAfterBoot = [initialisation, (lowEnd - 7)..<lowEnd]
        let mapPages = (end + 1023) & ~1023
        var top = lowEnd - 7 - (mapPages * 32) >> 12
        memMapFrame = top
        reserved.append((top - 1)..<(lowEnd - 7))
        top -= 3
        let tables = hashTablePages(pointerSize: 4) + image.perCPUPages * UInt32(cpuCount)
        reserved.append((top - tables)..<top)
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
        reserveTop(below: frames > below ? end : low - 7, hasBounceBuffers: frames > below)
    }

    private mutating func reserveTop(below top: UInt32, hasBounceBuffers: Bool) {
        let tables = hashTablePages(pointerSize: 8) + 12 + (hasBounceBuffers ? 195 : 0)
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
