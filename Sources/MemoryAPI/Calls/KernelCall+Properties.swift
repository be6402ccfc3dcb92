import KernelMemory

/// What the interface asks about a call.
extension KernelCall {
    /// The mask and order of a call that allocates pages; `nil` for any other call.
    var request: (gfp: GFPFlags, order: UInt32)? {
        @inline(__always) get {
            switch self {
            case .allocPages(let gfp, let order), .getFreePages(let gfp, let order): (gfp, order)
            case .allocPage(let gfp), .getFreePage(let gfp), .getZeroedPage(let gfp): (gfp, 0)
            default: nil
            }
        }
    }

    /// Whether it allocates pages.
    var isAllocation: Bool { request != nil }

    /// Whether it allocates bytes: an object of a cache, or what kmalloc has no cache for.
    var allocatesObject: Bool {
        switch self {
        case .kmalloc, .kzalloc, .krealloc, .kmemCacheAlloc, .kmemCacheZalloc, .freeListGet: true
        default: false
        }
    }

    /// Whether it makes an area of the vmalloc address space.
    var makesArea: Bool {
        switch self {
        case .vmalloc, .vzalloc, .vmap: true
        default: false
        }
    }

    /// Whether it maps a page of high memory.
    var mapsPage: Bool {
        if case .kmap = self { true } else { mapsTemporarily }
    }

    /// Whether it does so for a moment.
    var mapsTemporarily: Bool {
        switch self {
        case .kmapAtomic, .kmapLocalPage: true
        default: false
        }
    }

    /// Whether it changes what a CPU does and may do.
    var changesContext: Bool {
        switch self {
        case .cpu, .localIRQRestore, .spinLock, .spinUnlock, .runOn, .kmapAtomic, .kunmapAtomic:
            true
        default: false
        }
    }

    /// Whether it can be made on a CPU that spins: it only goes to another one.
    var leavesCPU: Bool {
        if case .runOn = self { true } else { false }
    }

    /// Whether it makes room for a module.
    var loadsModule: Bool {
        if case .loadModule = self { true } else { false }
    }

    /// The address by which the call gives an area up; `nil` if it does not.
    var freedArea: VirtualAddress? {
        switch self {
        case .vfree(let address), .vunmap(let address): address
        default: nil
        }
    }

    /// The allocation that the call gives up: frees it, moves it, or puts it on a home-made list;
    /// `nil` if it does none of that.
    var freedObject: VirtualAddress? {
        switch self {
        case .kfree(let address), .kmemCacheFree(_, let address), .krealloc(let address, _, _),
            .freeListPut(_, let address):
            address
        default: nil
        }
    }

    /// Whether what it stores into the machine's memory is not its own: contents of an allocation
    /// that moves, of new objects, pointers between free ones, or page tables.
    var mayStore: Bool {
        switch self {
        case .krealloc, .kfree, .kmemCacheAlloc, .kmemCacheZalloc, .kmemCacheFree, .kmemCacheShrink,
            .kmemCacheDestroy, .dropSlab, .freeListGet, .vmalloc, .vzalloc, .vmap, .loadModule:
            true
        default: false
        }
    }

    /// How many bytes it writes into the machine's memory. Calls that take long for other reasons
    /// count as if they wrote: they too have to be run again to see an earlier state.
    var writtenByteCount: Int {
        @inline(__always) get {
            switch self {
            case .memset(_, _, let length): Int(length)
            case .store(_, let bytes): bytes.count
            case .vmalloc(let size), .vzalloc(let size): Self.areaCost(size)
            case .access(let pattern): Int(pattern.count) * 4
            case .dma(let request): Int(request.length)
            case .loadModule(let module): Self.areaCost(module.textSize &+ module.dataSize)
            case .vmap(let pages): pages.count * MemoryLayout<PagePointer>.size
            default: 0
            }
        }
    }

    /// What an area counts as: four bytes a page, up to 512 MiB; more than there is costs nothing more.
    private static func areaCost(_ size: UInt64) -> Int { Int(min(size >> 12, 1 << 17)) * 4 }
}

extension MigrateType {
    /// The name as a literal.
    var literal: StaticString {
        switch self {
        case .unmovable: "Unmovable"
        case .movable: "Movable"
        case .reclaimable: "Reclaimable"
        case .highAtomic: "HighAtomic"
        }
    }
}

extension Architecture {
    /// A zone's name as a literal.
    func zoneLiteral(_ index: Int) -> StaticString {
        switch (self, index) {
        case (_, 0): "DMA"
        case (.i386, 1), (.x86_64, 2): "Normal"
        case (.i386, _): "HighMem"
        case (.x86_64, _): "DMA32"
        }
    }
}
