/// A request that may sleep takes back memory itself before it fails.
extension Core {
    /// Reclaims and tries again, as long as reclaim finds something.
    ///
    /// The kernel asks the OOM killer for help where a round freed pages and the request still
    /// failed, and goes on after it. There are no tasks to kill here, so the rounds follow each
    /// other directly.
    ///
    /// - Returns: the first frame, or ``noFrame``.
    ///
    /// The corresponding kernel functions are `__alloc_pages_direct_reclaim` and
    /// `should_reclaim_retry` (mm/page_alloc.c, 6.1).
    @inline(never)
    func allocateAfterReclaim(
        _ gfp: GFPFlags, order: UInt32, highest: Int, type: Int, _ flags: AllocationFlags
    ) -> UInt32 {
        var rounds = 0
        cold.reclaim.directReclaims += 1
        explain(.directReclaim, ["shrinkers": cold.reclaim.shrinkers.count])
        while !isHalted, reclaimPages(gfp) > 0, !isHalted {
            var pfn = allocate(gfp, order: order, highest: highest, type: type, flags)
            if pfn == noFrame, !isHalted {
                _ = unreserveHighAtomic(highest: highest, type: type, keepsLast: true)
                drainAllPages()
                pfn = allocate(gfp, order: order, highest: highest, type: type, flags)
            }
            if pfn != noFrame { return pfn }
            rounds += 1
            if gfp.contains(.noRetry) { return noFrame }
            guard order > Order.costly else { continue }
            if !gfp.contains(.retryMayFail) || rounds > Self.roundLimit { return noFrame }
        }
        return noFrame
    }

    /// Rounds for more than eight pages, which reclaim seldom makes contiguous.
    /// `MAX_RECLAIM_RETRIES`.
    private static let roundLimit = 16

    /// Takes objects back, a few at first and all at last, until a batch of pages is free.
    ///
    /// - Returns: how many pages were freed.
    ///
    /// The corresponding kernel function is `try_to_free_pages` (mm/vmscan.c, 6.1).
    private func reclaimPages(_ gfp: GFPFlags) -> Int {
        let before = freePagesInAll
        var last = Self.firstPriority
        for priority in (0...Self.firstPriority).reversed() where !isHalted {
            last = priority
            _ = shrinkSlab(gfp, priority: priority)
            if freePagesInAll - before >= Self.wantedPages { break }
        }
        explain(
            .reclaimRound,
            [
                "freed_pages": freePagesInAll - before, "wanted_pages": Self.wantedPages,
                "priority": last,
            ])
        return freePagesInAll - before
    }

    /// How carefully reclaim begins. `DEF_PRIORITY`.
    private static let firstPriority = 12
    /// The pages that one round is after. `SWAP_CLUSTER_MAX`.
    private static let wantedPages = 32

    /// Gives the pages that CPUs keep back to the buddy lists.
    ///
    /// The corresponding kernel function is `drain_all_pages` (mm/page_alloc.c, 6.1).
    private func drainAllPages() {
        explain(.allCPUsDrained, ["cpus": shape.cpuCount])
        for cpu in 0..<shape.cpuCount {
            for zone in 0..<MachineShape.zoneCount where zones[zone].isPopulated && !isHalted {
                let local = perCPU + (cpu * MachineShape.zoneCount + zone)
                drain(zone, local, pages: local.pointee.count, from: 0)
            }
        }
    }
}
