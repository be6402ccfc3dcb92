import KernelMemory

extension Machine {
    /// The first thing in which two machines differ, as far as it can be seen, but for the bytes of their
    /// pages; `nil` if there is none.
    public func difference(from other: Machine) -> String? {
        (zip(parts, other.parts).first { $0.1 != $1.1 }?.0.0)
            ?? (zip(zones, other.zones).contains {
                !lists(of: $0).elementsEqual(other.lists(of: $1))
            }
                ? "lists of pages" : nil)
    }

    private var parts: [(String, AnyHashable)] {
        var parts: [(String, AnyHashable)] = [
            ("step", [step, isHalted ? 1 : 0, isCorrupted ? 1 : 0, UInt32(currentCPU)]),
            ("misuses", misuses), ("log", log), ("use", "\(liveUse)"),
            ("/proc/zoneinfo", zoneInfoText), ("/proc/pagetypeinfo", pageTypeInfoText),
            ("/proc/meminfo", memInfoText), ("/proc/slabinfo", slabInfoText),
            ("frames", frameRuns(from: 0, to: frameEnd, limit: .max)),
            ("caches", "\(slubRecordings)\(classicRecordings)"),
            ("areas", vmAreas), ("free addresses", freeVmRanges),
            ("addresses that wait", unpurgedVmRanges), ("kmap", "\(kmapPool)"),
            ("temporary mappings", temporaryMappings), ("contexts", contexts),
            ("shrinkers", shrinkers), ("home-made lists", freeLists),
        ]
        for cpu in 0..<cpuCount { parts.append(("TLB of \(cpu)", "\(tlb(ofCPU: cpu))")) }
        return parts
    }

    /// The blocks of a zone's lists and the types of its page blocks.
    private func lists(of zone: ZoneSnapshot) -> [[UInt32]] {
        var lists = freeLists(zone: zone.index, limit: .max)
        for cpu in 0..<cpuCount {
            lists += perCPULists(cpu: cpu, zone: zone.index, limit: .max)
        }
        return lists.map { $0.pfns.map(\.rawValue) }
            + [pageBlocks(zone: zone.index).map { UInt32($0.type.rawValue) }]
    }
}
