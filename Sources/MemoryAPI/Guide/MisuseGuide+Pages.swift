/// Rules of the page allocator.
extension MisuseGuide {
    static let wrongOrderFree = MisuseGuide(
        title: "Pages freed with another order",
        cause: """
            A block was freed with another order than it was allocated with. The page allocator \
            keeps no record of a block's size: the order that the caller passes is all it has.
            """,
        consequence: """
            Too large an order gives away pages behind the block, which others own or will get as \
            well. Too small an order leaves the rest of the block behind: nobody owns it, and \
            nobody gets it again.
            """,
        cure: "Keep the order beside the pointer, and free with that very order.",
        plain: """
            Says nothing if the pages behind look unused, and puts 2^order pages on a list. Where \
            one of them is in use it prints "BUG: Bad page state" for each and gives the whole \
            block up.
            """,
        checking: """
            The same. The free itself is not checked; only a misaligned block that reaches the \
            buddy lists stops it.
            """,
        example: [
            "__get_free_pages(GFP_KERNEL, 2)", "free_pages(0xc1400000, 3)",
        ],
        see: [.misuse(.handedOutTwice), .misuse(.freeInsideBlock), .misuse(.wrongSplit)])

    static let doubleFree = MisuseGuide(
        title: "Pages freed twice",
        cause: """
            A block that had been given back was given back again, most often because two places \
            believe that they own it, or because a pointer was kept after the first free.
            """,
        consequence: """
            A single page gets a reference count of -1. If somebody else has been given it in \
            between, it is taken from him. Of a larger block the upper halves are freed once more, \
            while they are on a list or in use.
            """,
        cure: "Set the pointer to NULL where you free: free_pages(0, order) does nothing.",
        plain: """
            Says nothing at the free. The first page of a larger block is found when it is next \
            handed out: "BUG: Bad page state", "nonzero _refcount"; the block is then skipped.
            """,
        checking: """
            Stops at the free: "page dumped because: VM_BUG_ON_PAGE(page_ref_count(page) == 0)", \
            "kernel BUG at include/linux/mm.h:780!".
            """,
        example: [
            "__get_free_page(GFP_KERNEL)", "free_page(0xc1400000)", "free_page(0xc1400000)",
        ],
        see: [.misuse(.objectFreedTwice), .misuse(.handedOutTwice), .request(.alreadyFreed)])

    static let freeOfUnallocated = MisuseGuide(
        title: "Free of pages that were never allocated",
        cause: """
            A page was freed that no caller had allocated: it is free, or it belongs to a slab \
            whose cache alone may give it back.
            """,
        consequence: """
            The reference count goes wrong, and with an order above 0 the upper halves of what is \
            taken for a block are put on a list a second time. A slab's page gets a new owner while \
            the cache still hands out objects in it.
            """,
        cure: "Free what an allocating function returned, with the function that belongs to it.",
        plain: "Takes the caller's word for it. A page with odd flags is found later, if ever.",
        checking: """
            "kernel BUG at include/linux/mm.h:780!" for a page that nobody holds. "BUG: Bad page \
            state", "PAGE_FLAGS_CHECK_AT_FREE flag(s) set" for a page of a slab.
            """,
        example: ["kmalloc(64, GFP_KERNEL)", "free_page(0xc1400000)"],
        see: [.misuse(.doubleFree), .misuse(.kfreeOfPages), .misuse(.freeOfReserved)])

    static let freeInsideBlock = MisuseGuide(
        title: "Free that starts inside a block",
        cause: """
            A free named a page in the middle of a block: one page of several, or an address that \
            was moved on after the allocation. The pages of a block are one unit until split_page \
            makes them independent.
            """,
        consequence: """
            Only a block's first page holds a reference, so that the count of this one drops below \
            zero. With an order above 0 pages are given away that the owner goes on using.
            """,
        cure: """
            Free the first page with the block's order. To free pages one by one, call split_page \
            first.
            """,
        plain: "Says nothing at the free.",
        checking: """
            "VM_BUG_ON_PAGE(page_ref_count(page) == 0)", "kernel BUG at include/linux/mm.h:780!".
            """,
        example: ["__get_free_pages(GFP_KERNEL, 3)", "free_page(0xc1403000)"],
        see: [.misuse(.wrongOrderFree), .misuse(.wrongSplit), .misuse(.freeInsideObject)])

    static let freeOfReserved = MisuseGuide(
        title: "Free of a reserved page",
        cause: """
            A page was freed that the kernel set aside at boot: its own code and data, the memory \
            map, a hole, the firmware's memory. The page allocator never owned it.
            """,
        consequence: """
            It is handed out like any other, and its new owner overwrites the kernel, or writes to \
            where no memory is.
            """,
        cure: "Never free an address of the kernel's image, or one that was computed by hand.",
        plain: "Says nothing at the free; the reserved page goes on the CPU's list.",
        checking: """
            Refuses it: "BUG: Bad page state", "PAGE_FLAGS_CHECK_AT_FREE flag(s) set". The page \
            does not get onto a list.
            """,
        example: ["free_page(0xc1000000)"],
        see: [.misuse(.freeOfUnallocated), .misuse(.writeToUnowned)])

    static let wildPointer = MisuseGuide(
        title: "A pointer that leads nowhere",
        cause: """
            A function or the CPU was given an address behind which there is no memory: NULL that \
            was not checked for, the pointer of a kmalloc of 0 bytes (0x10), a number that never \
            was an address.
            """,
        consequence: """
            The CPU faults. The kernel prints an oops and ends the task; this machine, whose only \
            task that is, halts and answers 409 until POST /undo.
            """,
        cure:
            "Check what an allocation returned before using it; kfree(NULL) is safe, a use is not.",
        plain: """
            "BUG: kernel NULL pointer dereference" below 4096, else "BUG: unable to handle page \
            fault for address", then "Oops". Nothing where kmap or page_address takes memory of \
            another kind for a struct page: the address returned is no page's.
            """,
        checking: """
            The same. Where an address has to be turned into a page it stops before that: "kernel \
            BUG at arch/x86/mm/physaddr.c:77!" (CONFIG_DEBUG_VIRTUAL).
            """,
        example: ["kmalloc(0, GFP_KERNEL)", "memset(0x10, 0, 4)"],
        see: [.request(.machineHalted), .misuse(.usedAfterVfree), .misuse(.writeToReadOnly)])

    static let handedOutTwice = MisuseGuide(
        title: "A page handed out to two owners",
        cause: """
            This is no call's own fault but what an earlier one led to: a wrong free put a page on \
            a list although a block still covers it, and now a request got it from there.
            """,
        consequence: """
            Two owners write to the same memory, each believing that he is alone. It shows as data \
            that changes by itself, far from the mistake.
            """,
        cure: "Look in GET /report for the wrong free before it; that is the call to mend.",
        plain: "Says nothing.",
        checking: """
            Says nothing either: the free that caused it is where it might have stopped.
            """,
        example: [
            "__get_free_pages(GFP_KERNEL, 2)", "free_pages(0xc1400000, 3)",
            "__get_free_pages(GFP_KERNEL, 3)", "__get_free_pages(GFP_KERNEL, 2)",
        ],
        see: [.misuse(.wrongOrderFree), .misuse(.doubleFree), .misuse(.objectHandedOutTwice)])

    static let orderTooLarge = MisuseGuide(
        title: "An order above 10",
        cause: """
            More contiguous memory was asked for than the page allocator has: order 10 (1,024 \
            pages, 4 MiB) is its largest block. A kmalloc of more than 4 MiB asks for such an order.
            """,
        consequence: "The request gets NULL, however much memory is free.",
        cure: "Ask vmalloc, whose pages need not lie side by side, or use several smaller blocks.",
        plain: """
            Warns the first time, "WARNING: ... at mm/page_alloc.c:5634 __alloc_pages", unless \
            __GFP_NOWARN was passed, and returns NULL.
            """,
        checking: "The same.",
        example: ["alloc_pages(GFP_KERNEL, 11)"],
        see: [.misuse(.vmallocOfNothing), .misuse(.wrongOrderFree)])

    static let wrongSplit = MisuseGuide(
        title: "split_page of what is not that block",
        cause: """
            split_page makes the pages of one allocated block independent. It was called for a \
            page that is not a block's first, with another order, or for a compound page.
            """,
        consequence: """
            Pages get a reference that nobody counted: with too large an order those of others, \
            with too small a one the rest of the block stays as it was and is lost when its \
            pages are freed one by one.
            """,
        cure: "Pass the first page and the order of the allocation, made without __GFP_COMP.",
        plain: "Says nothing: it sets the reference counts of the pages that the order names.",
        checking: """
            Says nothing about a wrong order. Linux stops with VM_BUG_ON_PAGE for a compound page \
            and for one that nobody holds; the simulator records the rule and goes on.
            """,
        example: ["alloc_pages(GFP_KERNEL, 2)", "split_page(0xf6c1f000, 1)"],
        see: [.misuse(.wrongOrderFree), .misuse(.freeInsideBlock)])

    static let conflictingMobility = MisuseGuide(
        title: "Movable and reclaimable at once",
        cause: """
            A gfp mask has both __GFP_MOVABLE and __GFP_RECLAIMABLE. The first says that the page \
            can be moved elsewhere, the second that its content can be dropped; a page block \
            is kept for one kind.
            """,
        consequence: """
            The page stands among those of another kind, which is what fragments memory: large \
            blocks can no longer be put together there.
            """,
        cure: "Pass one of them, or none for memory that stays where it is.",
        plain: """
            Takes both bits together for a number, which is the highatomic reserve's and no \
            request's. The simulator takes the request as unmovable.
            """,
        checking: """
            Warns in gfp_migratetype (VM_WARN_ON); the simulator records the rule and prints \
            nothing.
            """,
        example: ["alloc_page(GFP_KERNEL|__GFP_MOVABLE|__GFP_RECLAIMABLE)"],
        see: [.request(.unknownGFPFlag)])
}
