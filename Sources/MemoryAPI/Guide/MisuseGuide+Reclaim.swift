/// Rules of objects that can be taken back, and of home-made lists.
extension MisuseGuide {
    static let wronglyUnused = MisuseGuide(
        title: "Marked unused without being an object in use",
        cause: """
            list_lru_add was given something that is no object of that cache, or one that was \
            freed. The list links whatever it is given.
            """,
        consequence: """
            The shrinker will free it as an object of the cache: somebody's memory, or memory that \
            is free already, is handed out again.
            """,
        cure: "Add only objects of the shrinker's own cache, while they are allocated.",
        plain: "Says nothing at the call; what follows is that of the wrong free.",
        checking: "Says nothing at the call; the shrinker's free is checked as any other.",
        example: [
            "register_shrinker(dentry)", "kmalloc(64, GFP_KERNEL)",
            "list_lru_add(dentry, 0xc1400000)",
        ],
        see: [.misuse(.freedWhileUnused), .misuse(.wrongCache), .misuse(.noShrinker)])

    static let noShrinker = MisuseGuide(
        title: "Marked unused without a shrinker",
        cause: "list_lru_add was called for a cache whose owner has registered no shrinker.",
        consequence: """
            There is no list to put the object on, so that the kernel will never take it back when \
            memory is short.
            """,
        cure: "Call register_shrinker for the cache first.",
        plain: """
            The list belongs to whoever registers the shrinker; without one there is nothing to \
            call. The simulator returns 0.
            """,
        checking: "The same.",
        example: [
            "kmem_cache_alloc(dentry, GFP_KERNEL)", "list_lru_add(dentry, 0xc1400000)",
        ],
        see: [.misuse(.wronglyUnused)])

    static let usedAfterReclaim = MisuseGuide(
        title: "Use of an object that was reclaimed",
        cause: """
            An object was marked unused, the kernel ran short of memory, and its shrinker freed it. \
            Then its former owner wrote to it, freed it or marked it again.
            """,
        consequence: """
            It may be somebody else's by now, or its page may be: writes change what is his, and a \
            free takes it from him.
            """,
        cure: """
            Take an object off the list with list_lru_del before using it again; 0 means that it is \
            gone.
            """,
        plain: "Says nothing.",
        checking: """
            A write is found as "Poison overwritten" when the object is next handed out, a free at \
            once, as "Object already free".
            """,
        example: [
            "register_shrinker(dentry)", "kmem_cache_alloc(dentry, GFP_KERNEL)",
            "list_lru_add(dentry, 0xc1400000)", "drop_slab()", "memset(0xc1400000, 0x5a, 8)",
        ],
        see: [.misuse(.writeAfterFree), .misuse(.objectFreedTwice), .misuse(.freedWhileUnused)])

    static let freedWhileUnused = MisuseGuide(
        title: "Freed while on the list of unused objects",
        cause: """
            An object was freed although it was still marked unused, and now the shrinker freed it \
            again.
            """,
        consequence: """
            It is on the free list twice. If somebody had got it in between, it was taken from him.
            """,
        cure: "Call list_lru_del before kmem_cache_free.",
        plain: "Says nothing at either free.",
        checking: "\"Object already free\" when the shrinker frees it.",
        example: [
            "register_shrinker(dentry)", "kmem_cache_alloc(dentry, GFP_KERNEL)",
            "list_lru_add(dentry, 0xc1400000)", "kmem_cache_free(dentry, 0xc1400000)",
            "drop_slab()",
        ],
        see: [.misuse(.objectFreedTwice), .misuse(.usedAfterReclaim)])

    static let wronglyStored = MisuseGuide(
        title: "A home-made list with a wrong object",
        cause: """
            A list of one's own was given an object that is on a list already, too small, freed, or \
            not from kmalloc, or it handed out one that was freed while it lay there.
            """,
        consequence: """
            The list hands out whatever it has: twice the same object, or memory that belongs to \
            somebody else.
            """,
        cure: """
            Put an object back once, and leave its memory alone from then on; or make a cache, \
            whose debugging checks what it gets.
            """,
        plain: "Knows nothing of such lists: they are drivers' own code.",
        checking: "Knows nothing of them either.",
        example: [
            #"free_list_create("mine", 100)"#, "free_list_get(1, GFP_KERNEL)",
            "free_list_put(1, 0xc1400000)", "free_list_put(1, 0xc1400000)",
        ],
        see: [.misuse(.objectFreedTwice), .request(.noSuchFreeList)])
}
