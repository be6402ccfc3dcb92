import KernelMemory

extension RecordReader {
    /// A call: the number of its function, and its arguments.
    ///
    /// - Throws: ``RecordError`` for whatever is no call; nothing that stands here can do harm.
    mutating func call() throws(RecordError) -> KernelCall {
        let tag = try byte()
        guard let function = FunctionTag(rawValue: tag) else { throw .unknownFunction(tag) }
        switch function {
        case .allocPages: return .allocPages(try read(), order: try read())
        case .allocPage: return .allocPage(try read())
        case .getFreePages: return .getFreePages(try read(), order: try read())
        case .getFreePage: return .getFreePage(try read())
        case .getZeroedPage: return .getZeroedPage(try read())
        case .pageAddress: return .pageAddress(try read())
        case .freePagesOf: return .freePagesOf(try read(), order: try read())
        case .freePageOf: return .freePageOf(try read())
        case .freePages: return .freePages(try read(), order: try read())
        case .freePage: return .freePage(try read())
        case .splitPage: return .splitPage(try read(), order: try read())
        case .kmalloc: return .kmalloc(size: try read(), try read())
        case .kzalloc: return .kzalloc(size: try read(), try read())
        case .krealloc: return .krealloc(try read(), size: try read(), try read())
        case .kfree: return .kfree(try read())
        case .ksize: return .ksize(try read())
        case .kmemCacheCreate: return .kmemCacheCreate(try read())
        case .kmemCacheAlloc: return .kmemCacheAlloc(try read(), try read())
        case .kmemCacheZalloc: return .kmemCacheZalloc(try read(), try read())
        case .kmemCacheFree: return .kmemCacheFree(try read(), object: try read())
        case .kmemCacheShrink: return .kmemCacheShrink(try read())
        case .kmemCacheDestroy: return .kmemCacheDestroy(try read())
        case .registerShrinker: return .registerShrinker(try read())
        case .unregisterShrinker: return .unregisterShrinker(try read())
        case .listLRUAdd: return .listLRUAdd(try read(), object: try read())
        case .listLRUDel: return .listLRUDel(try read(), object: try read())
        case .dropSlab: return .dropSlab
        case .freeListCreate: return .freeListCreate(try read())
        case .freeListGet: return .freeListGet(list: try read(), try read())
        case .freeListPut: return .freeListPut(list: try read(), object: try read())
        case .vmalloc: return .vmalloc(size: try read())
        case .vzalloc: return .vzalloc(size: try read())
        case .vfree: return .vfree(try read())
        case .vmap: return .vmap(try read())
        case .vunmap: return .vunmap(try read())
        case .vmUnmapAliases: return .vmUnmapAliases
        case .kvfree: return .kvfree(try read())
        case .kmap: return .kmap(try read())
        case .kunmap: return .kunmap(try read(), use: try read())
        case .kmapFlushUnused: return .kmapFlushUnused
        case .kmapAtomic: return .kmapAtomic(try read(), type: try read())
        case .kunmapAtomic: return .kunmapAtomic(try read(), type: try read(), use: try read())
        case .kmapLocalPage: return .kmapLocalPage(try read())
        case .kunmapLocal: return .kunmapLocal(try read(), use: try read())
        case .cpu: return .cpu(try read())
        case .localIRQRestore: return .localIRQRestore(flags: try read())
        case .spinLock: return .spinLock(try read(), try read())
        case .spinUnlock: return .spinUnlock(try read(), try read(), flags: try read())
        case .load: return .load(try read(), width: try read())
        case .access: return .access(try read())
        case .dma: return .dma(try read())
        case .loadModule: return .loadModule(try read())
        case .deleteModule: return .deleteModule(try read())
        case .memset: return .memset(try read(), byte: try read(), length: try read())
        case .store: return .store(try read(), try read())
        case .runOn: return .runOn(cpu: try read())
        case .kswapd: return .kswapd(isAwake: try read())
        }
    }

    @inline(__always)
    private mutating func read<Field: RecordField>() throws(RecordError) -> Field {
        try Field(from: &self)
    }
}
