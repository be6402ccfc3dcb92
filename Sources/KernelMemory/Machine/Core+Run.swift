/// From a call to the kernel function that it names.
extension Core {
    func run(_ call: KernelCall) -> Outcome {
        if control.pointee.state & Control.halted != 0 { return Outcome(.halted) }
        control.pointee.step &+= 1
        switch call {
        case .allocPages(let gfp, let order): return page(allocateBlock(gfp, order: order))
        case .allocPage(let gfp): return page(allocateBlock(gfp, order: 0))
        case .getFreePages(let gfp, let order): return getFreePages(gfp, order: order)
        case .getFreePage(let gfp): return getFreePages(gfp, order: 0)
        case .getZeroedPage(let gfp): return getFreePages(gfp.union(.zero), order: 0)
        case .freePagesOf(let page, let order): return freePages(of: page, order: order)
        case .freePageOf(let page): return freePages(of: page, order: 0)
        case .freePages(let address, let order): return freePages(at: address, order: order)
        case .freePage(let address): return freePages(at: address, order: 0)
        case .pageAddress(let page): return pageAddress(page)
        case .splitPage(let page, let order): return splitPage(page, order: order)
        case .memset(let address, let byte, let length):
            return store(address, repeatElement(byte, count: Int(length)))
        case .store(let address, let bytes): return store(address, bytes)
        case .runOn(let cpu): return runOn(cpu)
        }
    }

    @inline(__always)
    private func page(_ pfn: UInt32) -> Outcome {
        pfn == noFrame ? Outcome(.null) : Outcome(.page(PagePointer(pagePointer(pfn))))
    }

    /// The corresponding kernel function is `__get_free_pages` (mm/page_alloc.c, 6.1).
    @inline(__always)
    private func getFreePages(_ gfp: GFPFlags, order: UInt32) -> Outcome {
        let pfn = allocateBlock(gfp.subtracting(.highmem), order: order)
        return pfn == noFrame ? Outcome(.null) : Outcome(.address(.init(directAddress(pfn))))
    }

    @inline(__always)
    private func freePages(of page: PagePointer, order: UInt32) -> Outcome {
        if let pfn = frame(of: page) {
            freeBlock(pfn, order: order)
        } else {
            followWildPointer(to: page.rawValue, order: order)
        }
        return Outcome(.void)
    }

    /// The corresponding kernel function is `free_pages` (mm/page_alloc.c, 6.1).
    @inline(__always)
    private func freePages(at address: VirtualAddress, order: UInt32) -> Outcome {
        if address == .null { return Outcome(.void) }
        let pfn = frameNumber(behind: address)
        if pfn < UInt64(shape.frameEnd), shape.hasFrame(UInt32(pfn)) {
            freeBlock(UInt32(pfn), order: order)
        } else {
            followWildPointer(to: pagePointer(pfn), order: order)
        }
        return Outcome(.void)
    }

    private func followWildPointer(to page: UInt64, order: UInt32) {
        noteMisuse(.wildPointer, pfn: nil, order: order)
        oopsOnAccess(to: page, isWrite: false)
    }

    private func runOn(_ cpu: UInt32) -> Outcome {
        if cpu < UInt32(shape.cpuCount) { control.pointee.cpu = cpu }
        return Outcome(.void)
    }
}
