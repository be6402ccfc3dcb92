/// One call of the kernel's own interface, or one thing that happens to a CPU.
///
/// Nothing else changes a ``Machine``. A session is the list of these.
public enum KernelCall: Hashable, Sendable {
    /// `alloc_pages(gfp_mask, order)`: returns a `struct page *`.
    case allocPages(GFPFlags, order: UInt32)
    /// `alloc_page(gfp_mask)`: one page.
    case allocPage(GFPFlags)
    /// `__get_free_pages(gfp_mask, order)`: returns the logical address; never high memory.
    case getFreePages(GFPFlags, order: UInt32)
    /// `__get_free_page(gfp_mask)`: one page.
    case getFreePage(GFPFlags)
    /// `get_zeroed_page(gfp_mask)`: one page full of zeroes.
    case getZeroedPage(GFPFlags)
    /// `page_address(page)`: the logical address, NULL for high memory that is not mapped.
    case pageAddress(PagePointer)
    /// `__free_pages(page, order)`.
    case freePagesOf(PagePointer, order: UInt32)
    /// `__free_page(page)`.
    case freePageOf(PagePointer)
    /// `free_pages(addr, order)`; does nothing for address 0.
    case freePages(VirtualAddress, order: UInt32)
    /// `free_page(addr)`; does nothing for address 0.
    case freePage(VirtualAddress)
    /// `split_page(page, order)`: makes a block's pages independent of each other.
    case splitPage(PagePointer, order: UInt32)
    /// `kmalloc(size, gfp)`: bytes that are physically contiguous.
    case kmalloc(size: UInt64, GFPFlags)
    /// `kzalloc(size, gfp)`: the same, all zero.
    case kzalloc(size: UInt64, GFPFlags)
    /// `krealloc(addr, size, gfp)`: the same bytes with room for more, or less.
    case krealloc(VirtualAddress, size: UInt32, GFPFlags)
    /// `kfree(addr)`; does nothing for NULL.
    case kfree(VirtualAddress)
    /// `ksize(addr)`: the bytes that an allocation really has.
    case ksize(VirtualAddress)
    /// `kmem_cache_create(name, size, align, flags, ctor)`: returns a `struct kmem_cache *`.
    case kmemCacheCreate(CacheRequest)
    /// `kmem_cache_alloc(cache, gfp)`.
    case kmemCacheAlloc(VirtualAddress, GFPFlags)
    /// `kmem_cache_zalloc(cache, gfp)`.
    case kmemCacheZalloc(VirtualAddress, GFPFlags)
    /// `kmem_cache_free(cache, object)`.
    case kmemCacheFree(VirtualAddress, object: VirtualAddress)
    /// `kmem_cache_shrink(cache)`: gives empty slabs back.
    case kmemCacheShrink(VirtualAddress)
    /// `kmem_cache_destroy(cache)`; does nothing for NULL.
    case kmemCacheDestroy(VirtualAddress)
    /// `register_shrinker(cache)`: the kernel may free the cache's unused objects.
    case registerShrinker(VirtualAddress)
    /// `unregister_shrinker(cache)`: it may not any more.
    case unregisterShrinker(VirtualAddress)
    /// `list_lru_add(cache, object)`: the object is kept but not used; returns whether it was added.
    case listLRUAdd(VirtualAddress, object: VirtualAddress)
    /// `list_lru_del(cache, object)`: it is used again; returns whether it was still there.
    case listLRUDel(VirtualAddress, object: VirtualAddress)
    /// `drop_slab()`: what writing 2 to `/proc/sys/vm/drop_caches` does; returns the objects freed.
    case dropSlab
    /// `free_list_create(name, size)`: a home-made list of free objects; returns its number.
    case freeListCreate(CacheRequest)
    /// `free_list_get(list, gfp)`: an object from the list, else from kmalloc.
    case freeListGet(list: UInt32, GFPFlags)
    /// `free_list_put(list, object)`: keeps the object; does nothing for NULL.
    case freeListPut(list: UInt32, object: VirtualAddress)
    /// `vmalloc(size)`: bytes at consecutive addresses, from any frames.
    case vmalloc(size: UInt64)
    /// `vzalloc(size)`: the same, all zero.
    case vzalloc(size: UInt64)
    /// `vfree(addr)`; does nothing for NULL.
    case vfree(VirtualAddress)
    /// `vmap(pages, count, VM_MAP, PAGE_KERNEL)`: consecutive addresses for pages that one has.
    case vmap([PagePointer])
    /// `vunmap(addr)`; does nothing for NULL.
    case vunmap(VirtualAddress)
    /// `vm_unmap_aliases()`: flushes the TLBs of lazily freed areas and makes these free.
    case vmUnmapAliases
    /// `kvfree(addr)`: `vfree` or `kfree`, by where the address lies; does nothing for NULL.
    case kvfree(VirtualAddress)
    /// `kmap(page)`: an address for a page of high memory, for as long as it is wanted; may sleep.
    case kmap(PagePointer)
    /// `kunmap(page)`: gives up one use of that address.
    ///
    /// `use` is no argument of the kernel's: it says which `kmap` is meant, by its step; 0 for the last
    /// one of the page.
    case kunmap(PagePointer, use: UInt32)
    /// `kmap_flush_unused()`: takes back the addresses that nobody uses any more.
    case kmapFlushUnused
    /// `kmap_atomic(page)`, or `kmap_atomic(page, type)` as 2.6 had it: an address for a moment, on
    /// this CPU, in any context.
    case kmapAtomic(PagePointer, type: KmapType?)
    /// `kunmap_atomic(addr)`, or `kunmap_atomic(addr, type)`.
    case kunmapAtomic(VirtualAddress, type: KmapType?, use: UInt32)
    /// `kmap_local_page(page)`: the same for a task that may be interrupted, and sleep.
    case kmapLocalPage(PagePointer)
    /// `kunmap_local(addr)`.
    case kunmapLocal(VirtualAddress, use: UInt32)
    /// Something that a CPU is told, or that happens to it.
    case cpu(CPUEvent)
    /// `local_irq_restore(flags)`: interrupts are as they were when the flags were saved.
    case localIRQRestore(flags: UInt64)
    /// `spin_lock(lock)` and its variants; those that save the flags return them.
    case spinLock(SpinLock, LockVariant)
    /// `spin_unlock(lock)` and its variants.
    case spinUnlock(SpinLock, LockVariant, flags: UInt32)
    /// The CPU loads 1...8 bytes as a number.
    case load(VirtualAddress, width: UInt32)
    /// The CPU loads words in a pattern; returns how many translations its TLB did not know.
    case access(AccessPattern)
    /// A device moves bytes; returns how many.
    case dma(DMARequest)
    /// `load_module`: memory for a module's code and data; returns its address.
    case loadModule(ModuleRequest)
    /// `delete_module(name)`: gives it back; returns 0, or the error as a number below zero.
    case deleteModule(ModuleRequest)
    /// `memset(addr, byte, length)`: the CPU stores the same byte again and again.
    case memset(VirtualAddress, byte: UInt8, length: UInt32)
    /// `memcpy(addr, bytes, length)`: the CPU stores bytes that come from outside.
    case store(VirtualAddress, [UInt8])
    /// The next calls run on this CPU.
    case runOn(cpu: UInt32)
    /// kswapd wakes up, or goes back to sleep, on another CPU.
    case kswapd(isAwake: Bool)
}
