import KernelMemory

extension RecordWriter {
    /// A call: the number of its function, and its arguments.
    ///
    /// The switch has no default, so that a new call cannot be forgotten here.
    mutating func call(_ call: KernelCall) {
        switch call {
        case .allocPages(let gfp, let order): write(.allocPages, gfp, order)
        case .allocPage(let gfp): write(.allocPage, gfp)
        case .getFreePages(let gfp, let order): write(.getFreePages, gfp, order)
        case .getFreePage(let gfp): write(.getFreePage, gfp)
        case .getZeroedPage(let gfp): write(.getZeroedPage, gfp)
        case .pageAddress(let page): write(.pageAddress, page)
        case .freePagesOf(let page, let order): write(.freePagesOf, page, order)
        case .freePageOf(let page): write(.freePageOf, page)
        case .freePages(let address, let order): write(.freePages, address, order)
        case .freePage(let address): write(.freePage, address)
        case .splitPage(let page, let order): write(.splitPage, page, order)
        case .kmalloc(let size, let gfp): write(.kmalloc, size, gfp)
        case .kzalloc(let size, let gfp): write(.kzalloc, size, gfp)
        case .krealloc(let address, let size, let gfp): write(.krealloc, address, size, gfp)
        case .kfree(let address): write(.kfree, address)
        case .ksize(let address): write(.ksize, address)
        case .kmemCacheCreate(let request): write(.kmemCacheCreate, request)
        case .kmemCacheAlloc(let cache, let gfp): write(.kmemCacheAlloc, cache, gfp)
        case .kmemCacheZalloc(let cache, let gfp): write(.kmemCacheZalloc, cache, gfp)
        case .kmemCacheFree(let cache, let object): write(.kmemCacheFree, cache, object)
        case .kmemCacheShrink(let cache): write(.kmemCacheShrink, cache)
        case .kmemCacheDestroy(let cache): write(.kmemCacheDestroy, cache)
        case .registerShrinker(let cache): write(.registerShrinker, cache)
        case .unregisterShrinker(let cache): write(.unregisterShrinker, cache)
        case .listLRUAdd(let cache, let object): write(.listLRUAdd, cache, object)
        case .listLRUDel(let cache, let object): write(.listLRUDel, cache, object)
        case .dropSlab: write(.dropSlab)
        case .freeListCreate(let request): write(.freeListCreate, request)
        case .freeListGet(let list, let gfp): write(.freeListGet, list, gfp)
        case .freeListPut(let list, let object): write(.freeListPut, list, object)
        case .vmalloc(let size): write(.vmalloc, size)
        case .vzalloc(let size): write(.vzalloc, size)
        case .vfree(let address): write(.vfree, address)
        case .vmap(let pages): write(.vmap, pages)
        case .vunmap(let address): write(.vunmap, address)
        case .vmUnmapAliases: write(.vmUnmapAliases)
        case .kvfree(let address): write(.kvfree, address)
        case .kmap(let page): write(.kmap, page)
        case .kunmap(let page, let use): write(.kunmap, page, use)
        case .kmapFlushUnused: write(.kmapFlushUnused)
        case .kmapAtomic(let page, let type): write(.kmapAtomic, page, type)
        case .kunmapAtomic(let address, let type, let use):
            write(.kunmapAtomic, address, type, use)
        case .kmapLocalPage(let page): write(.kmapLocalPage, page)
        case .kunmapLocal(let address, let use): write(.kunmapLocal, address, use)
        case .cpu(let event): write(.cpu, event)
        case .localIRQRestore(let flags): write(.localIRQRestore, flags)
        case .spinLock(let lock, let variant): write(.spinLock, lock, variant)
        case .spinUnlock(let lock, let variant, let flags):
            write(.spinUnlock, lock, variant, flags)
        case .load(let address, let width): write(.load, address, width)
        case .access(let pattern): write(.access, pattern)
        case .dma(let request): write(.dma, request)
        case .loadModule(let module): write(.loadModule, module)
        case .deleteModule(let module): write(.deleteModule, module)
        case .memset(let address, let byte, let length): write(.memset, address, byte, length)
        case .store(let address, let bytes): write(.store, address, bytes)
        case .runOn(let cpu): write(.runOn, cpu)
        case .kswapd(let isAwake): write(.kswapd, isAwake)
        }
    }

    /// A function's number and its arguments, in the order in which they are read.
    @inline(__always)
    private mutating func write<each Argument: RecordField>(
        _ function: FunctionTag, _ argument: repeat each Argument
    ) {
        byte(function.rawValue)
        repeat (each argument).write(to: &self)
    }
}
