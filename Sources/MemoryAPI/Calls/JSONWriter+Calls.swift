import KernelMemory

/// Calls and what they returned, as the interface spells them.
extension JSONWriter {
    /// Writes a call as C source would: `__get_free_pages(GFP_KERNEL, 2)`.
    @inline(__always)
    mutating func call(_ call: KernelCall) {
        string { json in json.rawCall(call) }
    }

    /// Writes the member `call`, which is `null` where no call is known.
    mutating func memberCall(_ call: KernelCall?) {
        key("call")
        if let call { self.call(call) } else { null() }
    }

    mutating func rawCall(_ call: KernelCall) {
        switch call {
        case .allocPages(let gfp, let order): rawCall("alloc_pages(", gfp, order)
        case .allocPage(let gfp): rawCall("alloc_page(", gfp)
        case .getFreePages(let gfp, let order): rawCall("__get_free_pages(", gfp, order)
        case .getFreePage(let gfp): rawCall("__get_free_page(", gfp)
        case .getZeroedPage(let gfp): rawCall("get_zeroed_page(", gfp)
        case .pageAddress(let page): rawCall("page_address(", page.rawValue)
        case .freePagesOf(let page, let order): rawCall("__free_pages(", page.rawValue, order)
        case .freePageOf(let page): rawCall("__free_page(", page.rawValue)
        case .freePages(let address, let order): rawCall("free_pages(", address.rawValue, order)
        case .freePage(let address): rawCall("free_page(", address.rawValue)
        case .splitPage(let page, let order): rawCall("split_page(", page.rawValue, order)
        case .memset(let address, let byte, let length):
            raw("memset(")
            rawPointer(address.rawValue)
            raw(", ")
            rawHexadecimal(UInt64(byte))
            rawLast(length)
        case .store(let address, let bytes):
            rawCall("memcpy_to(", address.rawValue, UInt32(bytes.count))
        case .runOn(let cpu):
            raw("run_on_cpu(")
            rawDecimal(UInt64(cpu))
            raw(")")
        case .registerShrinker, .unregisterShrinker, .listLRUAdd, .listLRUDel, .dropSlab,
            .freeListCreate, .freeListGet, .freeListPut, .vmalloc, .vzalloc, .vfree, .vmap, .vunmap,
            .vmUnmapAliases, .load, .access, .dma, .loadModule, .deleteModule, .kvfree, .kmap,
            .kunmap, .kmapFlushUnused, .kmapAtomic, .kunmapAtomic, .kmapLocalPage, .kunmapLocal,
            .cpu,
            .localIRQRestore, .spinLock, .spinUnlock:
            rawText(call.description)
        case .kswapd(let isAwake): raw(isAwake ? "kswapd_wakes()" : "kswapd_sleeps()")
        case .kmalloc(let size, let gfp): rawCall("kmalloc(", size, gfp)
        case .kzalloc(let size, let gfp): rawCall("kzalloc(", size, gfp)
        case .kfree(let address): rawCall("kfree(", address.rawValue)
        case .ksize(let address): rawCall("ksize(", address.rawValue)
        case .krealloc(let address, let size, let gfp):
            raw("krealloc(")
            rawPointer(address.rawValue)
            rawCall(", ", UInt64(size), gfp)
        case .kmemCacheCreate: rawText(call.description)
        case .kmemCacheAlloc(let cache, let gfp):
            rawCall("kmem_cache_alloc(", cache: cache.rawValue, gfp)
        case .kmemCacheZalloc(let cache, let gfp):
            rawCall("kmem_cache_zalloc(", cache: cache.rawValue, gfp)
        case .kmemCacheFree(let cache, let object):
            raw("kmem_cache_free(")
            rawPointer(cache.rawValue)
            rawCall(", ", object.rawValue)
        case .kmemCacheShrink(let cache): rawCall("kmem_cache_shrink(", cache.rawValue)
        case .kmemCacheDestroy(let cache): rawCall("kmem_cache_destroy(", cache.rawValue)
        }
    }

    private mutating func rawCall(_ name: StaticString, _ size: UInt64, _ gfp: GFPFlags) {
        raw(name)
        rawDecimal(size)
        rawCall(", ", gfp)
    }

    private mutating func rawCall(_ name: StaticString, cache: UInt64, _ gfp: GFPFlags) {
        raw(name)
        rawPointer(cache)
        rawCall(", ", gfp)
    }

    /// Writes what a call returned.
    @inline(__always)
    mutating func returned(_ returned: Outcome.Returned) {
        switch returned {
        case .void, .halted, .blocked: null()
        case .null: literal("NULL")
        case .page(let page): address(page.rawValue)
        case .address(let address): self.address(address.rawValue)
        case .number(let value): number(value)
        }
    }

    @inline(__always)
    private mutating func rawCall(_ name: StaticString, _ gfp: GFPFlags, _ order: UInt32) {
        raw(name)
        GFPText.table.write(gfp, to: &self)
        rawLast(order)
    }

    private mutating func rawCall(_ name: StaticString, _ gfp: GFPFlags) {
        raw(name)
        GFPText.table.write(gfp, to: &self)
        raw(")")
    }

    private mutating func rawCall(_ name: StaticString, _ pointer: UInt64, _ order: UInt32) {
        raw(name)
        rawPointer(pointer)
        rawLast(order)
    }

    private mutating func rawCall(_ name: StaticString, _ pointer: UInt64) {
        raw(name)
        rawPointer(pointer)
        raw(")")
    }

    private mutating func rawPointer(_ value: UInt64) {
        if value == 0 { raw("NULL") } else { rawHexadecimal(value) }
    }

    private mutating func rawLast(_ number: UInt32) {
        raw(", ")
        rawDecimal(UInt64(number))
        raw(")")
    }
}
