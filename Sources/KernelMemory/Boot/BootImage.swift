/// A machine as it stands after boot, to be shared by every session that starts from it.
///
/// Making one costs a millisecond or so and up to a few megabytes; a ``Machine`` made from it costs
/// next to nothing until it changes, and then only what it touched.
public struct BootImage: Sendable {
    let core: Core

    init(core: Core) { self.core = core }

    /// Boots a machine: sizes its zones and hands all memory that the kernel does not keep to the
    /// page allocator, in the order in which the kernel does.
    ///
    /// - Precondition: the configuration is no recorded machine's; see ``init(recording:)``.
    /// - Complexity: O(frames).
    public init(_ configuration: MachineConfiguration) {
        precondition(configuration.origin == .boot, "a recorded machine does not boot")
        let memory = PhysicalMemory(configuration)
        let shape = MachineShape(memory, configuration)
        core = Core(zeroedFor: shape)
        core.layOut(memory)
        core.freeAllBootMemory(memory)
        core.tune(memory)
        core.freeInitMemory(memory)
        core.makeBootCaches()
        core.control.pointee = Control()
        core.makeBootTables(in: memory.directMapTables)
        core.makeVmapSpace()
        if shape.debug {
            core.unmapFreePages()
            core.unmapInitMemory(memory.unmappedAfterBoot)
        }
    }
}

extension Machine {
    /// A machine that has just booted.
    ///
    /// - Complexity: O(1), a few kilobytes.
    public init(booting image: BootImage) { self.init(core: Core(bootedFrom: image.core)) }

    /// The same, as a value that shares all of the image: it costs nothing as long as it runs no call,
    /// and then more than ``init(booting:)``.
    ///
    /// - Complexity: O(1), no memory.
    public init(sharing image: BootImage) { self.init(core: image.core) }

    /// A machine that has just booted, with an image of its own.
    ///
    /// - Complexity: O(frames); share a ``BootImage`` where many machines start alike.
    public init(_ configuration: MachineConfiguration) {
        self.init(booting: BootImage(configuration))
    }
}

extension Core {
    /// Gives every zone its frames; all frames start as reserved, and page blocks as movable, but
    /// one that begins before its zone as unmovable.
    ///
    /// The corresponding kernel function is `memmap_init_range` (mm/page_alloc.c, 6.1).
    fileprivate func layOut(_ memory: PhysicalMemory) {
        var offset: UInt32 = 0
        for span in memory.zones {
            let first = span.frames.lowerBound >> pageBlockOrder
            let last = (span.frames.upperBound - 1) >> pageBlockOrder
            let zone = zones + span.index
            zone.pointee.start = span.frames.lowerBound
            zone.pointee.end = span.frames.upperBound
            zone.pointee.present = memory.present(span.frames)
            zone.pointee.firstPageBlock = first
            zone.pointee.pageBlockBase = Int32(offset) - Int32(first)
            placePageBlocks(span.index)
            for block in first...last where block << pageBlockOrder >= span.frames.lowerBound {
                pageBlockTypes[Int(offset + block - first)] = MigrateType.movable.rawValue
            }
            offset += last - first + 1
        }
        reserveHoles(memory)
    }

    /// Marks every frame that the allocator never gets: holes, firmware, kernel.
    private func reserveHoles(_ memory: PhysicalMemory) {
        var next: UInt32 = 0
        let free = memory.freeRanges(in: 0..<shape.frameEnd)
        for range in free + [shape.frameEnd..<shape.frameEnd] {
            for pfn in next..<range.lowerBound where shape.hasFrame(pfn) {
                frames.writable(pfn).pointee.flags = Frame.reserved
                frames.writable(pfn).pointee.referenceCount = 1
            }
            next = range.upperBound
        }
    }

    /// Hands the free memory to the buddy lists: high memory page by page, the rest in the largest
    /// aligned blocks, each to its list's tail.
    ///
    /// The corresponding kernel functions are `set_highmem_pages_init` (arch/x86/mm/highmem_32.c)
    /// and `memblock_free_all` (mm/memblock.c, 6.1).
    fileprivate func freeAllBootMemory(_ memory: PhysicalMemory) {
        for span in memory.zones where shape.architecture.isHighmem(span.index) {
            for range in memory.freeRanges(in: span.frames) {
                for pfn in range {
                    let block = Block(pfn: pfn, frame: frames.writable(pfn))
                    let type = pageBlockType(span.index, pfn)
                    freeOneBlock(span.index, block, order: 0, type: type)
                }
            }
        }
        for span in memory.zones where !shape.architecture.isHighmem(span.index) {
            for range in memory.freeRanges(in: span.frames) {
                freeBootRange(span.index, range)
            }
        }
    }

    /// The corresponding kernel function is `__free_pages_memory` (mm/memblock.c, 6.1).
    private func freeBootRange(_ zone: Int, _ range: Range<UInt32>) {
        var start = range.lowerBound
        while start < range.upperBound {
            var order = min(UInt32(start.trailingZeroBitCount), Order.largest)
            while start + (1 << order) > range.upperBound { order -= 1 }
            let block = Block(pfn: start, frame: frames.writable(start))
            let type = pageBlockType(zone, start)
            freeOneBlock(zone, block, order: order, type: type, toTail: true)
            start += 1 << order
        }
    }

    /// Computes watermarks, reserves and per-CPU settings from what is managed so far.
    ///
    /// The corresponding kernel function is `init_per_zone_wmark_min` (mm/page_alloc.c, 6.1).
    fileprivate func tune(_ memory: PhysicalMemory) {
        let tuning = memory.tuning
        for span in memory.zones {
            let numbers = tuning.numbers(span.index)
            zones[span.index].managed = tuning.managed[span.index]
            zones[span.index].watermark = numbers.watermark
            zones[span.index].lowmemReserve = numbers.lowmemReserve
            for cpu in 0..<shape.cpuCount {
                let local = perCPU + (cpu * MachineShape.zoneCount + span.index)
                local.pointee.high = numbers.high
                local.pointee.drainMark = numbers.high
                local.pointee.batch = numbers.batch
                local.pointee.statThreshold = numbers.statThreshold
            }
        }
    }

    /// Frees the kernel's initialisation code and data and the initial RAM disk, page by page.
    ///
    /// The corresponding kernel function is `free_reserved_area` (mm/page_alloc.c, 6.1).
    fileprivate func freeInitMemory(_ memory: PhysicalMemory) {
        for range in memory.freedAfterBoot {
            for pfn in range {
                let zone = zoneIndex(of: pfn)
                let frame = frames.writable(pfn)
                zones[zone].managed += 1
                freeLocal(zone, pfn, frame, word: 0, order: 0)
            }
        }
    }
}
