/// The page allocator's functions, as calls of a machine.
extension Machine {
    /// The corresponding kernel function is `alloc_pages` (mm/page_alloc.c, 6.1).
    @usableFromInline
    mutating func allocPages(_ gfp: GFPFlags, order: UInt32) -> Outcome {
        let pfn: UInt32
        if beginUsualCall() {
            pfn = core.allocateBlock(gfp, order: order)
        } else {
            guard beginCall() else { return Outcome(.halted) }
            pfn = core.allocateAnywhere(gfp, order: order)
        }
        return pfn == noFrame ? Outcome(.null) : Outcome(.page(PagePointer(core.pagePointer(pfn))))
    }

    /// The corresponding kernel function is `__get_free_pages` (mm/page_alloc.c, 6.1).
    @usableFromInline
    mutating func getFreePages(_ gfp: GFPFlags, order: UInt32) -> Outcome {
        let lowmem = gfp.subtracting(.highmem)
        let pfn: UInt32
        if beginUsualCall() {
            pfn = core.allocateBlock(lowmem, order: order)
        } else {
            guard beginCall() else { return Outcome(.halted) }
            pfn = core.allocateAnywhere(lowmem, order: order)
        }
        return pfn == noFrame ? Outcome(.null) : Outcome(.address(.init(core.directAddress(pfn))))
    }

    /// The corresponding kernel function is `__free_pages` (mm/page_alloc.c, 6.1).
    @usableFromInline
    mutating func freePages(of page: PagePointer, order: UInt32) -> Outcome {
        let isUsual = beginUsualCall()
        guard isUsual || beginCall() else { return Outcome(.halted) }
        let pfn = core.frameNumber(behind: page)
        if pfn < UInt64(core.frames.limit) {
            core.freeBlock(UInt32(truncatingIfNeeded: pfn), order: order, isUsual: isUsual)
        } else {
            core.followWildPointer(to: page.rawValue, order: order)
        }
        return Outcome(.void)
    }

    /// The corresponding kernel function is `free_pages` (mm/page_alloc.c, 6.1).
    @usableFromInline
    mutating func freePages(at address: VirtualAddress, order: UInt32) -> Outcome {
        let isUsual = beginUsualCall()
        guard isUsual || beginCall() else { return Outcome(.halted) }
        if address == .null { return Outcome(.void) }
        let pfn = core.frameNumber(behind: address)
        if pfn < UInt64(core.frames.limit) {
            core.freeBlock(UInt32(truncatingIfNeeded: pfn), order: order, isUsual: isUsual)
        } else {
            core.followWildPointer(to: core.pagePointer(pfn), order: order)
        }
        return Outcome(.void)
    }

    @usableFromInline
    mutating func pageAddress(_ page: PagePointer) -> Outcome {
        beginCall() ? core.pageAddress(page) : Outcome(.halted)
    }

    @usableFromInline
    mutating func splitPage(_ page: PagePointer, order: UInt32) -> Outcome {
        beginCall() ? core.splitPage(page, order: order) : Outcome(.halted)
    }

    @usableFromInline
    mutating func memset(_ address: VirtualAddress, byte: UInt8, length: UInt32) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        return core.fill(address, byte: byte, count: Int(length))
    }

    @usableFromInline
    mutating func store(_ address: VirtualAddress, _ bytes: [UInt8]) -> Outcome {
        beginCall() ? core.store(address, bytes) : Outcome(.halted)
    }

    @usableFromInline
    mutating func setKswapd(awake: Bool) -> Outcome {
        guard beginCall() else { return Outcome(.halted) }
        core.setStatThresholds(underPressure: awake)
        return Outcome(.void)
    }
}

extension Core {
    /// A free of something that is no page: the kernel faults on its `struct page`.
    @inline(never)
    func followWildPointer(to page: UInt64, order: UInt32) {
        noteMisuse(.wildPointer, pfn: nil, order: order)
        oopsOnAccess(to: page, isWrite: false)
    }
}
