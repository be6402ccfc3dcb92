/// Finding room in the address space.
extension Core {
    /// Makes an area with a guard page behind it.
    ///
    /// - Parameters:
    ///   - size: bytes to map, a multiple of the page size and more than 0.
    ///   - window: the addresses that may be used.
    /// - Returns: where it starts; `nil` if there is no room, or no memory for what describes it, and
    ///   then nothing has changed but that lazily freed areas may have been purged.
    ///
    /// The corresponding kernel function is `__get_vm_area_node` (mm/vmalloc.c, 6.1).
    func makeArea(
        _ size: UInt64, requested: UInt64, _ flags: VmFlags, in window: VmapWindow,
        _ gfp: GFPFlags, caller: AreaCaller
    ) -> UInt64? {
        if isInInterrupt {
            noteMisuse(.vmallocInInterrupt, at: nil)
            bug(at: "mm/vmalloc.c:2554", in: "__get_vm_area_node")
            return nil
        }
        let gfp = gfp.intersection(.reclaimMask)
        let object = kmallocForKernel(shape.architecture.vmStructSize, gfp.union(.zero))
        if object == 0 { return nil }
        guard let range = allocateRange(size + 4096, in: window, gfp) else {
            kfree(object)
            return nil
        }
        vmap.pointee.insert(
            VmArea(
                range: range, object: object, flags: flags, requested: requested,
                step: control.pointee.step, caller: caller))
        return range.start
    }

    /// Takes address space: first fit, and once more after a purge.
    ///
    /// The corresponding kernel function is `alloc_vmap_area` (mm/vmalloc.c, 6.1).
    private func allocateRange(
        _ size: UInt64, in window: VmapWindow, _ gfp: GFPFlags
    ) -> VmapRange? {
        mightSleep(.areaAllocation)
        let object = allocateRangeObject(gfp)
        if object == 0 { return nil }
        for round in 0..<2 {
            if round > 0 {
                explain(.vmapNoGap, ["size_bytes": size])
                purgeVmapAreas()
            }
            preload(gfp)
            if isHalted { return nil }
            if let start = takeRange(size, in: window) {
                return VmapRange(start: start, end: start + size, object: object)
            }
        }
        printk(
            "vmap allocation for size \(size) failed: use vmalloc=<size> to increase size")
        kfree(object)
        return nil
    }

    /// The corresponding kernel function is `__alloc_vmap_area` (mm/vmalloc.c, 6.1).
    private func takeRange(_ size: UInt64, in window: VmapWindow) -> UInt64? {
        guard let place = vmap.pointee.free.lowestPlace(size, from: window.start),
            size <= window.end, place.address <= window.end - size
        else { return nil }
        if isExplained { explainGap(place, size, in: window) }
        var object: UInt64 = 0
        if vmap.pointee.free.splits(place.index, place.address, size) {
            object = takePreloaded()
            if object == 0 { return nil }
        }
        let unneeded = vmap.pointee.free.take(
            place.index, place.address, size, splittingWith: object)
        if let unneeded { freeRangeObject(unneeded) }
        return place.address
    }

    private func explainGap(
        _ place: (index: Int, address: UInt64), _ size: UInt64, in window: VmapWindow
    ) {
        let gap = vmap.pointee.free.ranges[place.index]
        explain(
            .vmapGap,
            [
                "address": VirtualAddress(place.address), "size_bytes": size,
                "window_start": VirtualAddress(window.start),
                "gap_start": VirtualAddress(gap.start), "gap_end": VirtualAddress(gap.end),
                "guard_page": VirtualAddress(place.address + size - 4096),
                "gaps_passed_over": vmap.pointee.free.gapsBelow(place.index, from: window.start),
            ])
    }
}

/// Where an area may lie.
struct VmapWindow {
    /// The lowest address.
    var start: UInt64
    /// One past the highest, or the highest itself, as the architecture's constants have it.
    var end: UInt64
}

extension Core {
    /// Where vmalloc's areas lie.
    var vmallocWindow: VmapWindow {
        VmapWindow(start: (layout.vmallocStart + 4095) & ~4095, end: layout.vmallocEnd)
    }
}

// MARK: - What describes address space

extension Core {
    private func allocateRangeObject(_ gfp: GFPFlags) -> UInt64 {
        allocateForKernel(vmap.pointee.cache, gfp)
    }

    /// Gives a `struct vmap_area` back; those from before this machine began are not its to free.
    func freeRangeObject(_ object: UInt64) {
        if object > VmapRange.elsewhere, !isHalted { kfree(object) }
    }

    func freeRangeObjects(_ objects: (UInt64, UInt64)) {
        freeRangeObject(objects.0)
        freeRangeObject(objects.1)
    }

    /// Makes sure that this CPU can split free space without asking for memory.
    ///
    /// The corresponding kernel function is `preload_this_cpu_lock` (mm/vmalloc.c, 6.1).
    private func preload(_ gfp: GFPFlags) {
        let cpu = Int(control.pointee.cpu)
        if vmap.pointee.preloaded[cpu] == 0 {
            vmap.pointee.preloaded[cpu] = allocateRangeObject(gfp)
        }
    }

    private func takePreloaded() -> UInt64 {
        let cpu = Int(control.pointee.cpu)
        let object = vmap.pointee.preloaded[cpu]
        vmap.pointee.preloaded[cpu] = 0
        return object != 0 ? object : allocateRangeObject(.noWait)
    }
}

extension GFPFlags {
    /// What a request passes on to those that it has to make for itself. `GFP_RECLAIM_MASK`.
    static let reclaimMask: GFPFlags = [
        .reclaim, .high, .io, .fs, .noWarn, .retryMayFail, .noFail, .noRetry, .memalloc,
        .noMemalloc, .atomic,
    ]
}

extension Architecture {
    /// Bytes of a `struct vm_struct`.
    var vmStructSize: UInt64 { self == .i386 ? 32 : 64 }
}
