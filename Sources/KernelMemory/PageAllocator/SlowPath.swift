/// What is tried when memory is short.
extension Core {
    /// The request again, down to the `min` watermark and into the reserves it has a right to.
    ///
    /// A caller that may sleep reclaims: shrinkers are all that there is to take from. Then comes
    /// what the kernel does last: the highatomic reserve is opened, and if that does not help the
    /// request fails where Linux would start to kill tasks.
    ///
    /// The corresponding kernel function is `__alloc_pages_slowpath` (mm/page_alloc.c, 6.1).
    @inline(never)
    func allocateSlowly(_ gfp: GFPFlags, order: UInt32, highest: Int, type: Int) -> UInt32 {
        var gfp = gfp
        if gfp.isSuperset(of: [.atomic, .directReclaim]) { gfp.remove(.atomic) }
        var flags = AllocationFlags(slowPathFor: gfp, order: order)
        explainSlowPath(gfp, flags)
        var pfn = allocate(gfp, order: order, highest: highest, type: type, flags)
        if pfn != noFrame || isHalted { return pfn }
        if gfp.contains(.memalloc), !gfp.contains(.noMemalloc) {
            flags = flags.contains(.kswapd) ? [.noWatermarks, .kswapd] : .noWatermarks
        }
        explain(.secondAttempt, [:])
        pfn = allocate(gfp, order: order, highest: highest, type: type, flags)
        if pfn != noFrame { return pfn }
        if gfp.contains(.directReclaim) {
            if cold.reclaim.hasShrinkers {
                pfn = allocateAfterReclaim(gfp, order: order, highest: highest, type: type, flags)
                if pfn != noFrame || isHalted { return pfn }
            }
            pfn = reclaimDirectly(gfp, order: order, highest: highest, type: type, flags)
            if pfn != noFrame { return pfn }
        }
        explain(.allocationFailed, ["order": order, "gfp": gfp.description])
        if !gfp.contains(.noWarn), !isHalted {
            warnAllocationFailure(gfp, order: order, highest: highest)
        }
        return noFrame
    }

    /// The last resorts of a caller that may sleep.
    private func reclaimDirectly(
        _ gfp: GFPFlags, order: UInt32, highest: Int, type: Int, _ flags: AllocationFlags
    ) -> UInt32 {
        let isHopeless = order > Order.costly && !gfp.contains(.retryMayFail)
        let givesUp = gfp.contains(.noRetry) || isHopeless
        if givesUp, !gfp.contains(.noFail) { return noFrame }
        // Each round opens a page block, so there are no more rounds than page blocks.
        for _ in 0..<shape.pageBlockCount
        where !isHalted && unreserveHighAtomic(highest: highest, type: type) {
            let pfn = allocate(gfp, order: order, highest: highest, type: type, flags)
            if pfn != noFrame { return pfn }
        }
        if gfp.contains(.noFail), !isHalted {
            let pfn = allocate(gfp, order: order, highest: highest, type: type, .minReserve)
            if pfn == noFrame { hang(in: "__alloc_pages_slowpath") }
            return pfn
        }
        return noFrame
    }
}
