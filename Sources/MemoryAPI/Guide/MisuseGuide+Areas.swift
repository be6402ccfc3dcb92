/// Rules of vmalloc and vmap.
extension MisuseGuide {
    static let vmallocOfNothing = MisuseGuide(
        title: "vmalloc of 0 bytes",
        cause: "vmalloc was asked for 0 bytes, often because a computed size came out as 0.",
        consequence: """
            It returns NULL, which callers take for a lack of memory. (kmalloc of 0 bytes returns \
            0x10, which kfree takes.)
            """,
        cure: "Treat the empty case before asking for memory.",
        plain: """
            Warns the first time, "WARNING: ... at mm/vmalloc.c:3227 __vmalloc_node_range", and \
            returns NULL.
            """,
        checking: "The same.",
        example: ["vmalloc(0)"],
        see: [.misuse(.orderTooLarge), .misuse(.wildPointer)])

    static let vfreeOfBadAddress = MisuseGuide(
        title: "vfree of an address that vmalloc never gives",
        cause: """
            vfree got an address that is not at the start of a page: a pointer that was moved on, \
            or an object of kmalloc's.
            """,
        consequence: "Nothing is freed: the memory that was meant stays allocated.",
        cure: """
            Pass what vmalloc returned. Where memory may come from either, kvfree chooses by the \
            address.
            """,
        plain: "\"Trying to vfree() bad address (...)\", with a warning at mm/vmalloc.c:2752.",
        checking: "The same.",
        example: ["vmalloc(8192)", "vfree(0xf7bfe010)"],
        see: [.misuse(.vfreeOfNoArea), .misuse(.kfreeOfPages)])

    static let vfreeOfNoArea = MisuseGuide(
        title: "vfree where no area is",
        cause: """
            vfree got the address of a page that is in no area: a second vfree, or pages of kmalloc \
            or the page allocator.
            """,
        consequence: """
            Nothing is freed. If the addresses had been given to a new area meanwhile, a second \
            vfree would have freed that one without a word.
            """,
        cure: "Set the pointer to NULL where you free: vfree(NULL) does nothing.",
        plain:
            "\"Trying to vfree() nonexistent vm area (...)\", with a warning at mm/vmalloc.c:2758.",
        checking: "The same.",
        example: ["vmalloc(8192)", "vfree(0xf7bfe000)", "vfree(0xf7bfe000)"],
        see: [.misuse(.vfreeOfBadAddress), .misuse(.vfreeInsideArea), .misuse(.doubleFree)])

    static let vfreeInsideArea = MisuseGuide(
        title: "vfree of a page inside an area",
        cause: """
            vfree got an address within an area. The kernel looks for the area around an address, \
            not for one that begins there.
            """,
        consequence: """
            All of the area is freed. Whoever meant to free its end only goes on using the rest.
            """,
        cure: "Pass what vmalloc returned; part of an area cannot be freed.",
        plain: "Says nothing.",
        checking: "Says nothing either.",
        example: ["vmalloc(8192)", "vfree(0xf7bff000)"],
        see: [.misuse(.vfreeOfBadAddress), .misuse(.freeInsideBlock), .misuse(.usedAfterVfree)])

    static let vunmapOfVmalloc = MisuseGuide(
        title: "vunmap of what vmalloc gave",
        cause: """
            vunmap, which belongs to vmap, was called for an area of vmalloc's. It gives up \
            addresses and leaves the pages to their owner; here their only owner was the area.
            """,
        consequence: "The pages are lost: nobody knows them any more.",
        cure: "vfree for vmalloc, vunmap for vmap.",
        plain: "Says nothing.",
        checking: "Says nothing either.",
        example: ["vmalloc(8192)", "vunmap(0xf7bfe000)"],
        see: [.misuse(.vfreeOfVmap)])

    static let vfreeOfVmap = MisuseGuide(
        title: "vfree of what vmap gave",
        cause: """
            vfree, which belongs to vmalloc, was called for pages that vmap had mapped. (Only an \
            area made with VM_MAP_PUT_PAGES may be freed so.)
            """,
        consequence: """
            In 6.1 it does what vunmap does, since such an area holds no pages of its own. Whoever \
            believes that the pages are freed loses them.
            """,
        cure: "Call vunmap, then free the pages as they were allocated.",
        plain: "Says nothing.",
        checking: "Says nothing either.",
        example: ["alloc_page(GFP_KERNEL)", "vmap([0xf6c1f000])", "vfree(0xf7bfe000)"],
        see: [.misuse(.vunmapOfVmalloc)])

    static let usedAfterVfree = MisuseGuide(
        title: "Use of an area that was freed",
        cause: """
            An address was used whose area is freed. vfree clears the page table at once, but the \
            TLBs, which remember translations, are flushed only when many areas wait for it.
            """,
        consequence: """
            If this CPU's TLB still knows the page, the access reaches a frame that has, or will \
            have, another owner. Otherwise the CPU faults. Which of them is a matter of luck.
            """,
        cure: "Free last, and set the pointer to NULL where you do.",
        plain: """
            Nothing while the TLB knows the page, else "BUG: unable to handle page fault for \
            address".
            """,
        checking: "Always the page fault: with CONFIG_DEBUG_PAGEALLOC each vfree flushes the TLBs.",
        example: [
            "vmalloc(8192)", "memset(0xf7bfe000, 0x5a, 8)", "vfree(0xf7bfe000)",
            "memset(0xf7bfe000, 0x5a, 8)",
        ],
        see: [.misuse(.writeAfterFree), .misuse(.usedAfterKunmap), .request(.machineHalted)])

    static let freeOfMapping = MisuseGuide(
        title: "Free of a page that is mapped by the kernel",
        cause: """
            A page was freed by itself that lies behind an area of vmalloc or holds a page table.
            """,
        consequence: """
            It gets a new owner, while the mapping still leads to it: what is written through the \
            area changes his data. A page table's new owner decides what is mapped. vfree will \
            free the page a second time.
            """,
        cure: "Free the area with vfree; its pages go with it.",
        plain: "Says nothing: the page has the one reference that a free gives up.",
        checking: """
            Says nothing here; the second free, by vfree, is "kernel BUG at \
            include/linux/mm.h:780!" unless somebody has got the page meanwhile.
            """,
        example: ["vmalloc(4096)", "__free_page(0xf72defc0)"],
        see: [.misuse(.freeOfKmappedPage), .misuse(.doubleFree)])
}
