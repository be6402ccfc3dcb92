import KernelMemory

extension Machine {
    /// The caches that a fresh machine has.
    public var cacheAddresses: [VirtualAddress] {
        ["kmalloc-64", "kmalloc-96", "dentry", "pid", "kmem_cache"].compactMap {
            cacheAddress(named: $0)
        }
    }

    /// Asks for everything that can be seen of a machine, whatever state it is in.
    public func lookEverywhere() {
        _ = slabInfoText + memInfoText + buddyInfoText + zoneInfoText + pageTypeInfoText
        for misuse in misuses { _ = misuse.explanation }
        for cache in caches {
            _ = slabs(of: cache, from: PageFrameNumber(0), limit: 50)
            _ = (slub(of: cache), classicSlab(of: cache), liveObjects(ofCache: cache.number))
        }
        _ = (liveKMallocs, liveCacheObjects, shrinkers, freeLists)
        _ = frameRuns(from: 0, to: frameEnd, limit: .max)
        for zone in zones { _ = freeLists(zone: zone.index, limit: 50) }
        _ = vmallocInfoText + vmAreas.map(\.caller).joined()
        _ = (mappedRanges(from: 0, limit: 1_000), pageTables, unpurgedVmRanges, freeVmRanges)
        for cpu in 0..<cpuCount { _ = tlb(ofCPU: cpu) }
        _ = (kmapPool, temporaryMappings, contexts)
        for cpu in 0..<cpuCount { _ = temporarySlots(ofCPU: cpu) }
        _ = (slubRecordings, classicRecordings, liveUse)
    }
}
