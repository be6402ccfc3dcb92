/// Memory that is contiguous for software and scattered for hardware.
extension Core {
    /// Allocates bytes at consecutive addresses of the vmalloc area, page by page.
    ///
    /// - Parameter size: bytes, rounded up to whole pages.
    /// - Returns: the address; 0 if it cannot be done, and then nothing has changed but that page tables
    ///   may have been made and freed address space purged.
    /// - Complexity: O(pages + areas).
    ///
    /// The corresponding kernel function is `vmalloc` (mm/vmalloc.c, 6.1).
    func vmalloc(_ size: UInt64, _ gfp: GFPFlags) -> UInt64 {
        vmalloc(
            VmallocRequest(
                size: size, gfp: gfp, window: vmallocWindow,
                protection: PageTableEntry.kernel(shape.architecture),
                caller: .call))
    }

    /// The corresponding kernel function is `__vmalloc_node_range` (mm/vmalloc.c, 6.1).
    func vmalloc(_ request: VmallocRequest) -> UInt64 {
        if request.size == 0 { return refuseNothing() }
        let total = (0..<MachineShape.zoneCount).reduce(0) { $0 + UInt64(zones[$1].managed) }
        if request.size >> 12 > total {
            explain(
                .vmallocTooLarge,
                [
                    "size_bytes": request.size, "pages": request.size >> 12, "total_pages": total,
                ])
            warnOfVmalloc(request.gfp, "size \(request.size), exceeds total pages")
            return 0
        }
        explain(
            .vmallocSize,
            [
                "size_bytes": request.size, "pages": request.mapped >> 12,
                "area_bytes": request.mapped + 4096,
            ])
        guard
            let start = makeArea(
                request.mapped, requested: request.size, request.flags.union(.alloc),
                in: request.window, request.gfp, caller: request.caller)
        else {
            if !isHalted {
                warnOfVmalloc(
                    request.gfp, "size \(request.size), vm_struct allocation failed")
            }
            return 0
        }
        return fillArea(start, request) ? start : 0
    }

    /// Gives an area its pages; takes it back if that cannot be done.
    ///
    /// The corresponding kernel function is `__vmalloc_area_node` (mm/vmalloc.c, 6.1).
    private func fillArea(_ start: UInt64, _ request: VmallocRequest) -> Bool {
        var gfp = request.gfp.union(.noWarn)
        if gfp.isDisjoint(with: [.dma, .dma32]) { gfp.insert(.highmem) }
        guard makePageArray(start, request) else { return false }
        let count = Int(request.mapped >> 12)
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: count) { buffer in
            let taken = takePages(start, gfp, buffer)
            if isHalted { return false }
            explain(.vmallocPages, ["pages": taken, "wanted_pages": count])
            let pfns = UnsafeBufferPointer(rebasing: buffer[..<taken])
            notePages(start, pfns)
            if taken != count {
                failToFill(start, gfp, "page order 0, failed to allocate pages", taken)
                return false
            }
            guard mapPages(pfns, at: start, request.protection) else {
                failToFill(start, gfp, "failed to map pages", taken)
                return false
            }
            return !isHalted
        }
    }

    /// Makes the array of the area's pages; more than a page of them come from vmalloc again.
    private func makePageArray(_ start: UInt64, _ request: VmallocRequest) -> Bool {
        let size = (request.mapped >> 12) * UInt64(shape.architecture.pointerSize)
        let gfp = request.gfp.intersection(.reclaimMask).union(.zero)
        explain(
            size > 4096 ? .pageArrayFromVmalloc : .pageArrayFromKMalloc,
            ["pages": request.mapped >> 12, "size_bytes": size])
        let array =
            size > 4096
            ? vmalloc(
                VmallocRequest(
                    size: size, gfp: gfp, window: vmallocWindow,
                    protection: PageTableEntry.kernel(shape.architecture),
                    caller: request.caller))
            : kmallocForKernel(size, gfp)
        if isHalted { return false }
        guard let index = vmap.pointee.area(containing: start) else { return false }
        if array != 0 {
            vmap.pointee.change(index) { $0.pages = array }
            return true
        }
        warnOfVmalloc(
            gfp, "size \(request.mapped), failed to allocated page array size \(size)")
        kfree(removeArea(index).object)
        drainIfQueued()
        return false
    }

    /// Takes single pages, a hundred at a time at most, and says how many.
    ///
    /// The corresponding kernel function is `vm_area_alloc_pages` (mm/vmalloc.c, 6.1).
    private func takePages(
        _ start: UInt64, _ gfp: GFPFlags, _ pfns: UnsafeMutableBufferPointer<UInt32>
    ) -> Int {
        guard let buffer = pfns.baseAddress else { return 0 }
        let first = mappedPage(start)
        var done = 0
        explainRounds(of: .pageRequest)
        explainRounds(of: .pcpHit)
        while done < pfns.count, !isHalted {
            let wanted = min(100, pfns.count - done)
            let taken = allocateBulk(
                gfp, count: wanted, to: buffer + done, first: first &+ UInt32(done))
            done += taken
            if taken != wanted { break }
        }
        while done < pfns.count, !isHalted {
            let pfn = allocateForMapping(gfp, .vmallocPage(first &+ UInt32(done)))
            if pfn == noFrame { break }
            buffer[done] = pfn
            done += 1
        }
        endExplainedRounds(2)
        return done
    }

    /// Writes the pages into the area's array.
    private func notePages(_ start: UInt64, _ pfns: UnsafeBufferPointer<UInt32>) {
        guard let index = vmap.pointee.area(containing: start) else { return }
        storePagePointers(pfns, at: vmap.pointee.areas[index].pages)
        vmap.pointee.change(index) { $0.pageCount = UInt32(pfns.count) }
        vmap.pointee.pageCount += Int64(pfns.count)
    }

    private func failToFill(_ start: UInt64, _ gfp: GFPFlags, _ what: String, _ count: Int) {
        if isHalted { return }
        warnOfVmalloc(gfp.subtracting(.noWarn), "size \(count * 4096), " + what)
        vfree(start)
    }
}

/// What vmalloc is asked for.
struct VmallocRequest {
    /// Bytes.
    var size: UInt64
    var gfp: GFPFlags
    var window: VmapWindow
    /// What every entry of the page tables gets beside its frame.
    var protection: UInt64
    var flags: VmFlags = []
    /// Who asks, for `/proc/vmallocinfo`.
    var caller: AreaCaller

    /// Whole pages.
    var mapped: UInt64 { (size + 4095) & ~4095 }
}

// MARK: - What the kernel says when it cannot

extension Core {
    /// The corresponding kernel macro is `WARN_ON_ONCE` in `__vmalloc_node_range` (mm/vmalloc.c, 6.1).
    private func refuseNothing() -> UInt64 {
        explain(.vmallocOfNothing, [:])
        noteMisuse(.vmallocOfNothing, at: nil)
        if cold.warnedOnce.insert(.vmallocOfNothing).inserted {
            beginWarning()
            finishWarning(at: "mm/vmalloc.c:3227", in: "__vmalloc_node_range")
        }
        return 0
    }

    /// The corresponding kernel function is `warn_alloc` (mm/page_alloc.c, 6.1).
    private func warnOfVmalloc(_ gfp: GFPFlags, _ what: String) {
        warnOfFailure("vmalloc error: " + what, gfp, from: ["__vmalloc_node_range", "vmalloc"])
    }
}
