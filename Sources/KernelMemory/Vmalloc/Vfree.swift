/// Giving areas back.
extension Core {
    /// Frees what vmalloc gave, whichever of its addresses is passed; does nothing for NULL.
    ///
    /// The pages are free at once and the entries of the page tables are cleared, but the address space
    /// waits for a purge and a TLB may still know the way.
    ///
    /// The corresponding kernel function is `vfree` (mm/vmalloc.c, 6.1).
    func vfree(_ address: UInt64) {
        if isInInterrupt { return putOffFree(address) }
        mightSleep(.vfree)
        unmapDeferred(address)
    }

    /// Frees an area where that is allowed. `__vfree` (mm/vmalloc.c, 6.1).
    func unmapDeferred(_ address: UInt64) {
        unmapArea(address, freesPages: true)
        drainIfQueued()
    }

    /// Unmaps what vmap mapped and leaves its pages alone; does nothing for NULL.
    ///
    /// The corresponding kernel function is `vunmap` (mm/vmalloc.c, 6.1).
    func vunmap(_ address: UInt64) {
        if isInInterrupt {
            noteMisuse(.vmallocInInterrupt, at: address)
            return bug(at: "mm/vmalloc.c:2878", in: "vunmap")
        }
        mightSleep(.vunmap)
        unmapArea(address, freesPages: false)
        drainIfQueued()
    }

    /// The corresponding kernel function is `__vunmap` (mm/vmalloc.c, 6.1).
    private func unmapArea(_ address: UInt64, freesPages: Bool) {
        if address == 0 { return }
        if address & 4095 != 0 {
            return refuse(address, "bad address", at: 2752, .vfreeOfBadAddress)
        }
        guard let index = vmap.pointee.area(containing: address) else {
            return refuse(address, "nonexistent vm area", at: 2758, .vfreeOfNoArea)
        }
        noteWrongUnmap(address, vmap.pointee.areas[index], freesPages: freesPages)
        explain(
            .vmapAreaFound,
            [
                "address": VirtualAddress(address),
                "start": VirtualAddress(vmap.pointee.areas[index].range.start),
                "pages": vmap.pointee.areas[index].pageCount,
            ])
        let area = removeArea(index)
        if area.flags.contains(.resetPermissions) { resetPermissions(of: area, freesPages) }
        if freesPages { freePages(of: area) }
        if !isHalted { kfree(area.object) }
    }

    /// Code that was there must not be found any more, nor what the direct map allowed of its pages.
    ///
    /// The corresponding kernel function is `vm_remove_mappings` (mm/vmalloc.c, 6.1).
    private func resetPermissions(of area: VmArea, _ freesPages: Bool) {
        var hasLowPages = false
        withPagePointers(area.pageCount, at: area.pages) { pages in
            for index in 0..<pages.count {
                let pfn = frame(of: pages[index])
                if let pfn, !shape.architecture.isHighmem(zoneIndex(of: pfn)) {
                    hasLowPages = true
                }
            }
        }
        purgeVmapAreas(flushesAll: freesPages && hasLowPages)
    }

    private func freePages(of area: VmArea) {
        if isHalted || area.pages == 0 { return }
        explain(.vfreePages, ["pages": area.pageCount])
        explainRounds(of: .lastReference)
        withPagePointers(area.pageCount, at: area.pages) { pages in
            for index in 0..<pages.count {
                freePage(pages[index])
                // What waits for the caller to give way was queued before the first page.
                if index == 0 { giveWay() }
            }
            forgetAreaPages(pages.count)
        }
        endExplainedRounds()
        if isHalted { return }
        if area.pageCount >= Self.largeArea { forgetFreeFrames() }
        vmap.pointee.pageCount -= Int64(area.pageCount)
        if isVmallocAddress(area.pages) {
            unmapArea(area.pages, freesPages: true)
        } else {
            kfree(area.pages)
        }
    }

    /// Pages of an area after which it is worth looking at all free blocks: 16 MiB.
    private static var largeArea: UInt32 { 4096 }

    @inline(__always)
    private func freePage(_ page: PagePointer) {
        let pfn = frameNumber(behind: page)
        if _fastPath(pfn < UInt64(frames.limit) && page.rawValue != 0) {
            freeMapped(UInt32(truncatingIfNeeded: pfn))
        } else {
            freeWildPage(page)
        }
    }

    @inline(never)
    private func freeWildPage(_ page: PagePointer) {
        keepAreaPage()
        if isHalted { return }
        if page.rawValue == 0 {
            bug(at: "mm/vmalloc.c:2776", in: "__vunmap")
        } else {
            followWildPointer(to: page.rawValue, order: 0)
        }
    }

    /// Whether an address is where vmalloc's areas lie. `is_vmalloc_addr` (mm/vmalloc.c, 6.1).
    func isVmallocAddress(_ address: UInt64) -> Bool {
        address >= layout.vmallocStart && address < layout.vmallocEnd
    }
}

// MARK: - Wrong calls

extension Core {
    private func refuse(
        _ address: UInt64, _ what: String, at line: Int, _ code: Misuse.Code
    ) {
        let freed = vmap.pointee.freedArea(containing: address)
        noteMisuse(
            code, at: address, allocatedAtStep: freed?.allocated, freedAtStep: freed?.step)
        beginWarning()
        printk("Trying to vfree() \(what) (\(pointerDigits(address)))")
        finishWarning(at: "mm/vmalloc.c:\(line)", in: "__vunmap")
    }

    /// The kernel finds an area by any address in it, and asks nobody whose it is.
    private func noteWrongUnmap(_ address: UInt64, _ area: VmArea, freesPages: Bool) {
        let step = area.step == 0 ? nil : area.step
        if address != area.range.start {
            noteMisuse(.vfreeInsideArea, at: address, allocatedAtStep: step)
        }
        if area.flags.contains(.alloc), !freesPages {
            noteMisuse(.vunmapOfVmalloc, at: address, allocatedAtStep: step)
        } else if area.flags.contains(.map), freesPages, !area.flags.contains(.putPages) {
            noteMisuse(.vfreeOfVmap, at: address, allocatedAtStep: step)
        }
    }
}
