/// The memory map that the boot code finds and what it keeps of it: the machine before its page
/// allocator runs.
///
/// The corresponding kernel structure is `memblock` (mm/memblock.c, 6.1), filled from the
/// firmware's e820 table.
struct PhysicalMemory {
    /// A zone by its frames. Empty zones have no entry.
    struct ZoneSpan {
        var index: Int
        var frames: Range<UInt32>
    }

    var architecture: Architecture
    var pageBlockOrder: UInt32
    var cpuCount: Int
    var zones: [ZoneSpan]
    /// Memory that exists, ascending.
    var usable: [Range<UInt32>]
    /// What the kernel keeps for good, ascending within each subsystem.
    var reserved: [Range<UInt32>] = []
    /// What it gives back once it has booted: its initialisation code and the initial RAM disk.
    var freedAfterBoot: [Range<UInt32>] = []
    /// The same of a kernel that unmaps it instead.
    var unmappedAfterBoot: [Range<UInt32>] = []
    /// One past the last frame that has a permanent address.
    var lowmemEnd: UInt32
    /// Pages moved at a time between a CPU's lists and the buddy lists, if not by the formula.
    var fixedBatch: Int32?
    /// The first frame of the memory map; on x86_64 it is mapped elsewhere.
    var memMapFrame: UInt32 = 0
    /// Frames of page tables for the direct map, where it has small pages only; on i386 the first eight
    /// tables are in the kernel's image.
    var directMapTables: Range<UInt32> = 0..<0

    /// Frames of a range that exist.
    func present(_ frames: Range<UInt32>) -> UInt32 {
        usable.reduce(0) { $0 + UInt32($1.clamped(to: frames).count) }
    }

    /// Frames of a range that the kernel keeps while it boots.
    func bootReserved(_ frames: Range<UInt32>) -> UInt32 {
        (reserved + freedAfterBoot).reduce(0) { sum, range in
            sum + usable.reduce(0) { $0 + UInt32($1.clamped(to: range).clamped(to: frames).count) }
        }
    }

    /// Usable frames that nothing is reserved in, ascending. `for_each_free_mem_range`.
    func freeRanges(in frames: Range<UInt32>) -> [Range<UInt32>] {
        let taken = (reserved + freedAfterBoot).sorted { $0.lowerBound < $1.lowerBound }
        return usable.map { $0.clamped(to: frames) }.flatMap { range in
            var rest: [Range<UInt32>] = []
            var start = range.lowerBound
            for hole in taken where hole.overlaps(range) {
                if hole.lowerBound > start { rest.append(start..<hole.lowerBound) }
                start = max(start, hole.upperBound)
            }
            if start < range.upperBound { rest.append(start..<range.upperBound) }
            return rest
        }
    }
}

extension PhysicalMemory {
    /// The e820 table of a PC as QEMU makes it: the first frame, the hole between 639 KiB and
    /// 1 MiB and the last 128 KiB below 4 GiB are not memory; what does not fit below 4 GiB
    /// continues there.
    static func pc(frames: UInt32, below4GiB: UInt32) -> [Range<UInt32>] {
        var ranges = [1..<UInt32(0x9f), 0x100..<(below4GiB - 32)]
        if frames > below4GiB { ranges.append(0x10_0000..<(0x10_0000 + frames - below4GiB)) }
        return ranges
    }

    /// Entries of a hash table that grows with memory, as a power of two.
    ///
    /// The corresponding kernel function is `alloc_large_system_hash` (mm/page_alloc.c, 6.1).
    static func hashEntries(kernelPages: UInt32, scale: UInt32) -> UInt32 {
        let rounded = (kernelPages + 255) & ~255
        return nextPowerOfTwo(rounded >> (scale - 12))
    }

    /// Pages of the dentry and inode hash tables together, and of the one that finds the call traces of
    /// objects' users where these are kept. `dcache_init_early`, `inode_init_early`,
    /// `stack_depot_early_init`
    func hashTablePages(pointerSize: UInt32, keepsTraces: Bool) -> UInt32 {
        let pages = kernelPages
        let dentries = Self.hashEntries(kernelPages: pages, scale: 13) * pointerSize
        let inodes = Self.hashEntries(kernelPages: pages, scale: 14) * pointerSize
        let tables = (dentries + 4095) / 4096 + (inodes + 4095) / 4096
        guard keepsTraces else { return tables }
        let traces = min(max(Self.hashEntries(kernelPages: pages, scale: 14), 1 << 12), 1 << 20)
        return tables + traces * pointerSize / 4096
    }

    /// Pages that have a kernel address, less what their `struct page` takes. `nr_kernel_pages`.
    private var kernelPages: UInt32 {
        var pages: UInt32 = 0
        for zone in zones {
            let present = present(zone.frames)
            let spanned = UInt32(zone.frames.count)
            let counted = spanned > present + present >> 4 ? present : spanned
            let size = UInt64(counted) * architecture.structPageSizeInBytes
            let map = UInt32((size + 4095) >> 12)
            if !architecture.isHighmem(zone.index) {
                pages += present - min(map, present)
            } else if pages > map * 2 {
                pages -= map
            }
        }
        return pages
    }
}

private func nextPowerOfTwo(_ value: UInt32) -> UInt32 {
    value <= 1 ? 1 : 1 << (32 - UInt32((value - 1).leadingZeroBitCount))
}
