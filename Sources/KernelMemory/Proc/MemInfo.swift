/// `/proc/meminfo`: memory in all zones together, in KiB.
///
/// The model has no processes, no page cache and no swap: their lines are 0.
public struct MemInfo: Hashable, Sendable {
    /// One line: the name with its colon, and KiB.
    struct Line: Hashable, Sendable {
        var name: String
        var kilobytes: UInt64
    }

    /// Frames that the page allocator manages, in all zones and in those without permanent
    /// addresses.
    public var total: (pages: UInt64, high: UInt64) = (0, 0)
    /// Those of them that are free.
    public var free: (pages: UInt64, high: UInt64) = (0, 0)
    /// What could be given out without reclaiming much.
    public var availablePages: UInt64 = 0
    /// Pages of slabs whose objects can be reclaimed, and of those that cannot.
    public var slabPages: (reclaimable: UInt64, unreclaimable: UInt64) = (0, 0)
    /// Bytes of the vmalloc area.
    public var vmallocSize: UInt64 = 0
    /// CPUs online.
    public var cpuCount = 1
    /// Pages that areas of vmalloc own.
    public var vmallocPages: UInt64 = 0
    /// Page tables, as far as the kernel counts them.
    public var pageTables: UInt64 = 0
    /// Bytes of the direct map in small pages, and in large ones.
    public var directMap: (small: UInt64, large: UInt64) = (0, 0)
    /// The instruction set: it decides which lines there are.
    public var architecture = Architecture.i386

    /// Equal if the texts are.
    public static func == (left: MemInfo, right: MemInfo) -> Bool { left.text == right.text }
    /// Hashes the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

// MARK: - As text

extension MemInfo {
    /// The whole file.
    ///
    /// The corresponding kernel function is `meminfo_proc_show` (fs/proc/meminfo.c, 6.1).
    public var text: String {
        let lines = ramLines + zeroes(Self.cacheNames) + highLines + swapLines
        let before = (lines + slabLines).map(\.text).joined()
        let huge = architecture == .x86_64 ? Self.hugePages : ""
        return before + huge + directMapLines.map(\.text).joined()
    }

    private func pages(_ name: String, _ count: UInt64) -> Line {
        Line(name: name, kilobytes: count * 4)
    }

    private func zeroes(_ names: [String]) -> [Line] {
        names.map { Line(name: $0, kilobytes: 0) }
    }

    private var ramLines: [Line] {
        [
            pages("MemTotal", total.pages), pages("MemFree", free.pages),
            pages("MemAvailable", availablePages),
        ]
    }

    private static let cacheNames = [
        "Buffers", "Cached", "SwapCached", "Active", "Inactive", "Active(anon)", "Inactive(anon)",
        "Active(file)", "Inactive(file)", "Unevictable", "Mlocked",
    ]

    private var highLines: [Line] {
        guard architecture == .i386 else { return [] }
        return [
            pages("HighTotal", total.high), pages("HighFree", free.high),
            pages("LowTotal", total.pages - total.high), pages("LowFree", free.pages - free.high),
        ]
    }

    private var swapLines: [Line] {
        zeroes([
            "SwapTotal", "SwapFree", "Dirty", "Writeback", "AnonPages", "Mapped", "Shmem",
        ])
    }

    private var slabLines: [Line] {
        [
            pages("KReclaimable", slabPages.reclaimable),
            pages("Slab", slabPages.reclaimable + slabPages.unreclaimable),
            pages("SReclaimable", slabPages.reclaimable),
            pages("SUnreclaim", slabPages.unreclaimable),
        ]
            + zeroes(["KernelStack"]) + [pages("PageTables", pageTables)]
            + zeroes(["SecPageTables", "NFS_Unstable", "Bounce", "WritebackTmp"])
            // Half of the memory, as vm.overcommit_ratio has it.
            + [pages("CommitLimit", total.pages / 2)] + zeroes(["Committed_AS"])
            + [Line(name: "VmallocTotal", kilobytes: vmallocSize >> 10)]
            + [pages("VmallocUsed", vmallocPages)] + zeroes(["VmallocChunk"])
            + [pages("Percpu", UInt64(cpuCount) * (architecture == .i386 ? 24 : 41))]
    }

    private static let hugePages =
        ["Total", "Free", "Rsvd", "Surp"].map {
            "HugePages_\($0):".filled(to: 16) + "0".padded(to: 8) + "\n"
        }.joined() + Line(name: "Hugepagesize", kilobytes: 2048).text
        + Line(name: "Hugetlb", kilobytes: 0).text

    private var directMapLines: [Line] {
        [
            Line(name: "DirectMap4k", kilobytes: directMap.small >> 10),
            Line(
                name: architecture == .i386 ? "DirectMap4M" : "DirectMap2M",
                kilobytes: directMap.large >> 10),
        ]
    }
}

extension MemInfo.Line {
    fileprivate var text: String {
        (name + ":").filled(to: 16) + "\(kilobytes)".padded(to: 8) + " kB\n"
    }
}

// MARK: - From a machine

extension Machine {
    /// The text of `/proc/meminfo`.
    public var memInfoText: String {
        var info = MemInfo()
        info.architecture = architecture
        info.cpuCount = cpuCount
        info.vmallocSize = layout.vmallocEnd - layout.vmallocStart
        info.vmallocPages = UInt64(max(vmallocPageCount, 0))
        info.pageTables = UInt64(core.countedTables)
        info.directMap = core.directMapBytes
        let zones = zones
        for zone in zones {
            info.total.pages += UInt64(zone.managed)
            info.free.pages += UInt64(max(zone.countedFreePages, 0))
            guard zone.isHighmem else { continue }
            info.total.high += UInt64(zone.managed)
            info.free.high += UInt64(max(zone.countedFreePages, 0))
        }
        for cache in caches {
            if cache.flags.contains(.reclaimAccount) {
                info.slabPages.reclaimable += UInt64(cache.pageCount)
            } else {
                info.slabPages.unreclaimable += UInt64(cache.pageCount)
            }
        }
        info.availablePages = Self.available(zones, info)
        return info.text
    }

    /// The corresponding kernel functions are `si_mem_available` and
    /// `calculate_totalreserve_pages` (mm/page_alloc.c, 6.1).
    private static func available(_ zones: [ZoneSnapshot], _ info: MemInfo) -> UInt64 {
        let low = zones.reduce(Int64(0)) { $0 + Int64($1.watermark[1] + $1.boost) }
        let reserve = zones.reduce(Int64(0)) { total, zone in
            let lowmem = (zone.index..<4).map { zone.lowmemReserve[$0] }.max() ?? 0
            let high = zone.watermark[2] + zone.boost
            return total + min(Int64(lowmem) + Int64(high), Int64(zone.managed))
        }
        let reclaimable = Int64(info.slabPages.reclaimable)
        let available =
            Int64(info.free.pages) - reserve + reclaimable - min(reclaimable / 2, low)
        return UInt64(max(available, 0))
    }
}
