/// What the kernel uses a frame for that is part of a mapping.
enum MappingUse: Equatable {
    /// It is a page table.
    case pageTable
    /// It lies behind a page of the vmalloc area, counted from that area's start; or of a module's
    /// where these lie elsewhere, counted from there and with the highest bit set.
    case vmallocPage(UInt32)

    /// As frames remember it.
    var code: UInt32 {
        switch self {
        case .pageTable: .max
        case .vmallocPage(let page): min(page, .max - 1)
        }
    }

    init(code: UInt32) { self = code == .max ? .pageTable : .vmallocPage(code) }
}

extension Core {
    private var moduleBit: UInt32 { 1 << 31 }

    /// The number of the page at an address of an area, as the frame behind it remembers it.
    func mappedPage(_ address: UInt64) -> UInt32 {
        if isVmallocAddress(address) {
            return UInt32(truncatingIfNeeded: (address - layout.vmallocStart) >> 12)
        }
        let page = (address &- moduleWindow.start) >> 12
        return UInt32(truncatingIfNeeded: page) | moduleBit
    }

    /// The address that a frame of an area lies behind.
    func mappedAddress(_ page: UInt32) -> UInt64 {
        page & moduleBit == 0
            ? layout.vmallocStart + UInt64(page) << 12
            : moduleWindow.start + UInt64(page & ~moduleBit) << 12
    }
}

// MARK: - Taking them and giving them back

extension Core {
    /// Takes a page for a mapping; no caller of the machine owns it.
    ///
    /// - Returns: ``noFrame`` if there is none.
    func allocateForMapping(_ gfp: GFPFlags, _ use: MappingUse) -> UInt32 {
        settlePeak()
        let pfn = allocatePages(gfp, order: 0)
        if pfn == noFrame { return noFrame }
        if use == .pageTable {
            control.pointee.kernelPages.tables &+= 1
        } else {
            control.pointee.kernelPages.areas &+= 1
        }
        mark(frames.writable(pfn), use)
        return pfn
    }

    @inline(__always)
    private func mark(_ frame: UnsafeMutablePointer<Frame>, _ use: MappingUse) {
        frame.pointee.flags = frame.pointee.flags & ~Frame.live | Frame.mapping
        frame.pointee.next = use.code
    }

    /// Gives a page of an area back that ``allocateForMapping(_:_:)`` gave. What it became in the meantime,
    /// because somebody freed it behind the kernel's back, is freed as the kernel would: without asking.
    ///
    /// It counts as an area's until ``forgetAreaPages(_:)``.
    @inline(__always)
    func freeMapped(_ pfn: UInt32) {
        let frame = frames.writable(pfn)
        let word = frame.pointee.word
        let ours = 1 << 16 | UInt32(Frame.mapping)
        let isOurs = word & (0xffff_0000 | UInt32(Frame.mapping)) == ours
        guard _fastPath(isOurs && control.pointee.state == 0) else {
            return freeUnusual(pfn, frame, isOurs: isOurs)
        }
        frame.pointee.step = control.pointee.step
        freeLocal(zoneIndex(of: pfn), pfn, frame, word: 0, order: 0)
    }

    @inline(never)
    private func freeUnusual(_ pfn: UInt32, _ frame: UnsafeMutablePointer<Frame>, isOurs: Bool) {
        if isHalted { return keepAreaPage() }
        if isOurs {
            frame.pointee.word = Frame.ownedWord(order: 0)
            control.pointee.takenPages &+= 1
        } else {
            keepAreaPage()
        }
        freePages(pfn, order: 0)
    }

    /// Takes down that a page for a mapping was freed by somebody else.
    func forgetMapped(_ use: MappingUse) {
        settlePeak()
        control.pointee.takenPages &-= 1
        if use == .pageTable {
            control.pointee.kernelPages.tables &-= 1
        } else {
            control.pointee.kernelPages.areas &-= 1
        }
    }
}
