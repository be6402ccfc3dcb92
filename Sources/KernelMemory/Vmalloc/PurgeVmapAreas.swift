/// Freed address space stays unused until its entries are out of every TLB: one flush for many areas.
extension Core {
    /// Unmaps an area; its address space becomes free at the next purge.
    ///
    /// - Returns: the area as it was.
    ///
    /// The corresponding kernel functions are `remove_vm_area` and `free_unmap_vmap_area`
    /// (mm/vmalloc.c, 6.1).
    func removeArea(_ index: Int) -> VmArea {
        let area = vmap.pointee.remove(at: index)
        vmap.pointee.note(
            .init(
                allocated: area.step == 0 ? nil : area.step, step: control.pointee.step,
                range: area.range.start..<area.range.end))
        unmapPages(area.range.start..<area.range.end)
        if shape.debug { flushTLB(area.range.start..<area.range.end) }
        vmap.pointee.lazyPages += area.range.pageCount
        if vmap.pointee.lazyPages > lazyPagesLimit { vmap.pointee.isDrainQueued = true }
        explain(
            .vmapLazy,
            [
                "start": VirtualAddress(area.range.start), "pages": area.range.pageCount,
                "lazy_pages": vmap.pointee.lazyPages, "lazy_limit": lazyPagesLimit,
            ])
        freeRangeObjects(vmap.pointee.unpurged.add(area.range))
        return area
    }

    /// Pages that may wait for a purge before the kernel starts one by itself.
    ///
    /// The corresponding kernel function is `lazy_max_pages` (mm/vmalloc.c, 6.1).
    var lazyPagesLimit: UInt64 {
        UInt64(UInt64.bitWidth - UInt64(shape.cpuCount).leadingZeroBitCount) * 8192
    }

    /// The kernel's worker, which is woken when more wait than may: it runs as soon as the caller gives
    /// way, at the latest when the call is done.
    ///
    /// The corresponding kernel function is `drain_vmap_area_work` (mm/vmalloc.c, 6.1).
    func drainIfQueued() {
        guard vmap.pointee.isDrainQueued, vmap.pointee.worker != .absent, !isHalted else { return }
        vmap.pointee.isDrainQueued = false
        purgeVmapAreas()
    }

    /// A place in the middle of a long call where the worker may run before it goes on.
    ///
    /// The corresponding kernel function is `cond_resched` (include/linux/sched.h, 6.1).
    @inline(__always)
    func giveWay() {
        if vmap.pointee.isDrainQueued, vmap.pointee.worker == .prompt { drainIfQueued() }
    }

    /// Flushes the TLBs and makes all lazily freed address space free.
    ///
    /// - Parameter flushesAll: whether more than those addresses must be forgotten.
    /// - Complexity: O(areas freed + free ranges).
    ///
    /// The corresponding kernel function is `__purge_vmap_area_lazy` (mm/vmalloc.c, 6.1).
    func purgeVmapAreas(flushesAll: Bool = false) {
        let freed = vmap.pointee.unpurged.removeAll()
        guard let first = freed.first, let last = freed.last else { return }
        explain(
            .vmapPurge,
            [
                "ranges": freed.count, "start": VirtualAddress(first.start),
                "end": VirtualAddress(last.end),
            ])
        flushTLB(flushesAll ? 0..<pointerMask : first.start..<last.end)
        for range in freed {
            trimTables(range.start..<range.end)
            freeRangeObjects(vmap.pointee.free.add(range))
            vmap.pointee.lazyPages -= range.pageCount
        }
    }
}
