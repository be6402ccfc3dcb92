/// Rules of kmalloc and of caches.
extension MisuseGuide {
    static let objectFreedTwice = MisuseGuide(
        title: "An object freed twice",
        cause: """
            An object of kmalloc or of a cache was given back although it is free already: two \
            places own it, or an error path frees what the normal path has freed.
            """,
        consequence: """
            It stands on the free list twice, so that two callers get the same memory. Freed twice \
            in a row it points to itself, and every further request of that size gets it.
            """,
        cure: "Give an object one owner, and set the pointer to NULL where it is freed.",
        plain: "Says nothing.",
        checking: """
            "Object already free", then "FIX ...: Object at 0x... not freed" ("Slab has 0 allocated \
            objects but 1 are to be freed" where no object of the slab is in use). The free has cut \
            the free list by then: a later kmalloc that reaches its end faults.
            """,
        example: ["kmalloc(64, GFP_KERNEL)", "kfree(0xc1400000)", "kfree(0xc1400000)"],
        see: [
            .misuse(.objectHandedOutTwice), .misuse(.doubleFree), .misuse(.usedAfterReclaim),
            .request(.alreadyFreed),
        ])

    static let freeInsideObject = MisuseGuide(
        title: "kfree of an address inside an object",
        cause: """
            kfree or kmem_cache_free got an address that is not an object's first byte: a pointer \
            that was moved on while the object was filled, or a member's address.
            """,
        consequence: """
            The address goes on the free list as it is. A later caller gets memory that overlaps \
            two objects, and the object that was meant is never freed.
            """,
        cure: "Keep the pointer that the allocation returned, and walk with a copy of it.",
        plain: "Says nothing; the next request of that size returns the address itself.",
        checking: "\"Invalid object pointer 0x...\", then \"FIX ...: Object at 0x... not freed\".",
        example: ["kmalloc(64, GFP_KERNEL)", "kfree(0xc1400008)"],
        see: [.misuse(.strayObject), .misuse(.freeInsideBlock)])

    static let kfreeOfPages = MisuseGuide(
        title: "kfree of pages",
        cause: """
            kfree got pages of the page allocator, or an address within a large object. It goes by \
            what the page looks like: a compound page is freed whole, any other as one page.
            """,
        consequence: "Of a block with several pages only one is freed; the others are lost.",
        cure: """
            Free pages with free_pages or __free_pages, and a large kmalloc by the address that it \
            returned.
            """,
        plain: """
            Warns the first time, "WARNING: ... at mm/slab_common.c:904 free_large_kmalloc", and \
            frees one page. It says nothing of a compound page.
            """,
        checking: "The same.",
        example: ["__get_free_pages(GFP_KERNEL, 1)", "kfree(0xc1400000)"],
        see: [.misuse(.wrongOrderFree), .misuse(.freeOfUnallocated), .misuse(.vfreeOfBadAddress)])

    static let wrongCache = MisuseGuide(
        title: "An object given back to another cache",
        cause: "kmem_cache_free was called with an object and a cache that do not belong together.",
        consequence: """
            SLUB writes the free pointer where that cache has it, which may be outside of the \
            object, and may put the slab on that cache's lists. The classic allocator hands the \
            object out as one of that cache's, whatever its size.
            """,
        cure: "Keep the cache with the object, or call kfree, which finds it by the page.",
        plain: "Believes its caller and says nothing.",
        checking: """
            Warns, "cache_from_obj: Wrong slab cache. ... but object is from ...", and frees the \
            object to its own cache.
            """,
        example: ["kmalloc(64, GFP_KERNEL)", "kmem_cache_free(dentry, 0xc1400000)"],
        see: [.misuse(.strayObject), .request(.noSuchCache)])

    static let strayObject = MisuseGuide(
        title: "An allocation that is no object",
        cause: """
            This is what an earlier mistake led to: a kfree inside an object, or a store over a free \
            object's pointer to the next one, made the free list lead to where no object starts.
            """,
        consequence:
            "Whatever the new owner writes lands in other objects, or in no object at all.",
        cure: "Look in GET /report for the wrong free or store before it.",
        plain: "Says nothing.",
        checking:
            "Does not come to it: the wrong free is refused, a changed free pointer reported.",
        example: [
            "kmalloc(64, GFP_KERNEL)", "kfree(0xc1400008)", "kmalloc(64, GFP_KERNEL)",
        ],
        see: [.misuse(.freeInsideObject), .misuse(.writeAfterFree), .misuse(.wrongCache)])

    static let resizedAfterFree = MisuseGuide(
        title: "krealloc of a freed object",
        cause: """
            krealloc got an object that had been given back, and whose memory is large enough for \
            the new size.
            """,
        consequence: """
            The kernel returns the same pointer as if it were the caller's. The next kmalloc of that \
            size returns it too, and both write to it.
            """,
        cure: "After kfree ask kmalloc; krealloc(NULL, size, flags) does that as well.",
        plain: "Says nothing: it compares sizes, not owners.",
        checking: "Says nothing either.",
        example: [
            "kmalloc(64, GFP_KERNEL)", "kfree(0xc1400000)",
            "krealloc(0xc1400000, 32, GFP_KERNEL)",
        ],
        see: [.misuse(.objectFreedTwice), .misuse(.writeAfterFree)])

    static let objectHandedOutTwice = MisuseGuide(
        title: "An object handed out to two owners",
        cause: """
            This is what an earlier mistake led to: an object was freed twice, or a free list was \
            overwritten, and a request got an object that somebody still owns.
            """,
        consequence: "Two owners write to the same memory, each believing that he is alone.",
        cure: "Look in GET /report for the double free or the wrong store before it.",
        plain: "Says nothing.",
        checking: "Does not come to it: the second free is refused.",
        example: [
            "kmalloc(64, GFP_KERNEL)", "kfree(0xc1400000)", "kfree(0xc1400000)",
            "kmalloc(64, GFP_KERNEL)", "kmalloc(64, GFP_KERNEL)",
        ],
        see: [.misuse(.objectFreedTwice), .misuse(.handedOutTwice)])

    static let destroyedCacheInUse = MisuseGuide(
        title: "A cache destroyed while in use",
        cause: """
            kmem_cache_destroy was called while objects of the cache were not yet given back, as \
            when a module is unloaded that lost some.
            """,
        consequence: """
            The cache is not removed, but nobody can use or destroy it any more: its slabs are lost.
            """,
        cure: "Free every object before the cache; GET /caches/{name} shows which are left.",
        plain: """
            "Objects remaining in ... on __kmem_cache_shutdown()" with their addresses, then \
            "kmem_cache_destroy ...: Slab cache still has objects" and a warning at \
            mm/slab_common.c:493. The classic allocator prints the latter only.
            """,
        checking: "The same, and who allocated each object.",
        example: [
            #"kmem_cache_create("mine", 300, 0, 0, NULL)"#, "kmem_cache_alloc(mine, GFP_KERNEL)",
            "kmem_cache_destroy(mine)",
        ],
        see: [.misuse(.wrongCache), .request(.noSuchCache)])
}
