extension KernelCall: CustomStringConvertible {
    /// The call as C source would write it: `__get_free_pages(GFP_KERNEL, 2)`.
    public var description: String {
        switch self {
        case .allocPages(let gfp, let order): "alloc_pages(\(gfp), \(order))"
        case .allocPage(let gfp): "alloc_page(\(gfp))"
        case .getFreePages(let gfp, let order): "__get_free_pages(\(gfp), \(order))"
        case .getFreePage(let gfp): "__get_free_page(\(gfp))"
        case .getZeroedPage(let gfp): "get_zeroed_page(\(gfp))"
        case .pageAddress(let page): "page_address(\(page))"
        case .freePagesOf(let page, let order): "__free_pages(\(page), \(order))"
        case .freePageOf(let page): "__free_page(\(page))"
        case .freePages(let address, let order): "free_pages(\(address), \(order))"
        case .freePage(let address): "free_page(\(address))"
        case .splitPage(let page, let order): "split_page(\(page), \(order))"
        case .kmalloc(let size, let gfp): "kmalloc(\(size), \(gfp))"
        case .kzalloc(let size, let gfp): "kzalloc(\(size), \(gfp))"
        case .krealloc(let address, let size, let gfp): "krealloc(\(address), \(size), \(gfp))"
        case .kfree(let address): "kfree(\(address))"
        case .ksize(let address): "ksize(\(address))"
        case .kmemCacheCreate(let request): "kmem_cache_create(\(request))"
        case .kmemCacheAlloc(let cache, let gfp): "kmem_cache_alloc(\(cache), \(gfp))"
        case .kmemCacheZalloc(let cache, let gfp): "kmem_cache_zalloc(\(cache), \(gfp))"
        case .kmemCacheFree(let cache, let object): "kmem_cache_free(\(cache), \(object))"
        case .kmemCacheShrink(let cache): "kmem_cache_shrink(\(cache))"
        case .kmemCacheDestroy(let cache): "kmem_cache_destroy(\(cache))"
        case .registerShrinker(let cache): "register_shrinker(\(cache))"
        case .unregisterShrinker(let cache): "unregister_shrinker(\(cache))"
        case .listLRUAdd(let cache, let object): "list_lru_add(\(cache), \(object))"
        case .listLRUDel(let cache, let object): "list_lru_del(\(cache), \(object))"
        case .dropSlab: "drop_slab()"
        case .freeListCreate(let list): "free_list_create(\"\(list.name)\", \(list.size))"
        case .freeListGet(let list, let gfp): "free_list_get(\(list), \(gfp))"
        case .freeListPut(let list, let object): "free_list_put(\(list), \(object))"
        case .vmalloc(let size): "vmalloc(\(size))"
        case .vzalloc(let size): "vzalloc(\(size))"
        case .vfree(let address): "vfree(\(address))"
        case .vmap(let pages): "vmap([\(Self.list(pages))])"
        case .vunmap(let address): "vunmap(\(address))"
        case .vmUnmapAliases: "vm_unmap_aliases()"
        case .access(let pattern): "access(\(pattern))"
        case .dma(let request): "dma(\(request))"
        case .loadModule(let module):
            "load_module(\"\(module.name)\", \(module.textSize), \(module.dataSize))"
        case .deleteModule(let module): "delete_module(\"\(module.name)\")"
        case .kvfree(let address): "kvfree(\(address))"
        case .kmap(let page): "kmap(\(page))"
        case .kunmap(let page, _): "kunmap(\(page))"
        case .kmapFlushUnused: "kmap_flush_unused()"
        case .kmapAtomic(let page, let type): "kmap_atomic(\(page)\(Self.suffix(type)))"
        case .kunmapAtomic(let address, let type, _):
            "kunmap_atomic(\(address)\(Self.suffix(type)))"
        case .kmapLocalPage(let page): "kmap_local_page(\(page))"
        case .kunmapLocal(let address, _): "kunmap_local(\(address))"
        case .cpu(let event): "\(event.rawValue)()"
        case .localIRQRestore(let flags): "local_irq_restore(\(hexadecimal(flags)))"
        case .spinLock(let lock, let variant): "spin_lock\(variant.lockSuffix)(\(lock.name))"
        case .spinUnlock(let lock, let variant, let flags):
            "spin_unlock\(variant.unlockSuffix)(\(lock.name)"
                + (variant == .irqsave ? ", \(hexadecimal(UInt64(flags))))" : ")")
        case .load(let address, let width): "load(\(address), \(width))"
        case .memset(let address, let byte, let length):
            "memset(\(address), \(hexadecimal(UInt64(byte))), \(length))"
        case .store(let address, let bytes): "memcpy_to(\(address), \(bytes.count))"
        case .runOn(let cpu): "run_on_cpu(\(cpu))"
        case .kswapd(let isAwake): isAwake ? "kswapd_wakes()" : "kswapd_sleeps()"
        }
    }
}

extension KernelCall {
    /// Pages of a list that are written down; behind them stands how many there are.
    private static let shownPages = 16

    private static func suffix(_ type: KmapType?) -> String { type.map { ", \($0)" } ?? "" }

    private static func list(_ pages: [PagePointer]) -> String {
        let shown = pages.prefix(shownPages).map(\.description).joined(separator: " ")
        return pages.count <= shownPages ? shown : shown + " ... \(pages.count) pages"
    }
}

extension VirtualAddress: CustomStringConvertible {
    /// `0x` and hexadecimal digits; `NULL` for 0.
    public var description: String { rawValue == 0 ? "NULL" : hexadecimal(rawValue) }
}

extension PagePointer: CustomStringConvertible {
    /// `0x` and hexadecimal digits; `NULL` for 0.
    public var description: String { rawValue == 0 ? "NULL" : hexadecimal(rawValue) }
}

extension PhysicalAddress: CustomStringConvertible {
    /// `0x` and hexadecimal digits.
    public var description: String { hexadecimal(rawValue) }
}
