/// Rules of mappings of high memory.
extension MisuseGuide {
    static let kunmapUnbalanced = MisuseGuide(
        title: "kunmap more often than kmap",
        cause: """
            kunmap was called for a page that kmap had not mapped, or more often than kmap. The \
            kernel counts the users of a mapping, not who they are.
            """,
        consequence: """
            With other users left, one of them loses his mapping while he goes on using it. Without \
            any the kernel stops.
            """,
        cure: "One kunmap for each kmap, in the same function where that can be.",
        plain: """
            Nothing while the count stays above that of an unused mapping; then "kernel BUG at \
            mm/highmem.c:368!" in kunmap_high, at line 358 for a page without a mapping.
            """,
        checking: "The same.",
        example: [
            "alloc_page(GFP_HIGHUSER)", "kmap(0xf72defc0)", "kunmap(0xf72defc0)",
            "kunmap(0xf72defc0)",
        ],
        see: [.misuse(.usedAfterKunmap), .misuse(.kunmapOfWrongAddress), .misuse(.doubleFree)])

    static let kmapOverwritten = MisuseGuide(
        title: "A kmap_atomic slot used for two pages",
        cause: """
            The older kmap_atomic(page, type) has one slot for each type and CPU. It was called with \
            a type whose slot still maps another page.
            """,
        consequence: """
            Both calls return the same address, and the older one's user reads and writes the new \
            page from now on.
            """,
        cure: """
            Undo the mapping first, or take another type (KM_USER1) for the second page. \
            kmap_local_page, which is newer, nests by itself.
            """,
        plain: "Says nothing: the entry is overwritten.",
        checking: """
            Stops where the slot is in use, as kernels of that time did with CONFIG_DEBUG_HIGHMEM: \
            "kernel BUG at arch/i386/mm/highmem.c:42!".
            """,
        example: [
            "alloc_page(GFP_HIGHUSER)", "alloc_page(GFP_HIGHUSER)",
            "kmap_atomic(0xf72defc0, KM_USER0)", "kmap_atomic(0xf72defe0, KM_USER0)",
        ],
        see: [.misuse(.wrongKmapType), .misuse(.usedAfterKunmap), .misuse(.kunmapOutOfOrder)])

    static let usedAfterKunmap = MisuseGuide(
        title: "Use of an address after kunmap",
        cause: """
            An address was used whose mapping had been given up. kunmap leaves the page-table entry \
            where it is until all slots have been used once; the older kunmap_atomic clears nothing.
            """,
        consequence: """
            The access works, today: it reaches the page, whoever owns it now. Once the slot is used \
            again it reaches another page.
            """,
        cure: "Unmap last; map again where the page is needed again, which costs little.",
        plain: "Says nothing while the entry is there, else a page fault.",
        checking: """
            After kunmap the same. The older kunmap_atomic clears the entry (CONFIG_DEBUG_HIGHMEM), so \
            that the access faults.
            """,
        example: [
            "alloc_page(GFP_HIGHUSER)", "kmap(0xf72defc0)", "kunmap(0xf72defc0)",
            "memset(0xff401000, 0x5a, 8)",
        ],
        see: [.misuse(.usedAfterVfree), .misuse(.kmapOverwritten), .misuse(.writeAfterFree)])

    static let kunmapOutOfOrder = MisuseGuide(
        title: "Local mappings undone in the wrong order",
        cause: """
            kmap_local_page and kmap_atomic put their mappings on a stack. kunmap_local or \
            kunmap_atomic was called for one that is not the last.
            """,
        consequence: """
            The last mapping's entry is cleared instead, while its user goes on: he faults, or \
            reaches the page only because the TLB remembers it. The one that was meant stays mapped.
            """,
        cure: "Undo local mappings in the reverse order, as brackets close.",
        plain: "Warns the first time, \"WARNING: ... at mm/highmem.c:610 kunmap_local_indexed\".",
        checking: "The same.",
        example: [
            "alloc_page(GFP_HIGHUSER)", "alloc_page(GFP_HIGHUSER)", "kmap_local_page(0xf72defc0)",
            "kmap_local_page(0xf72defe0)", "kunmap_local(0xfffbb000)",
        ],
        see: [.misuse(.kunmapOfWrongAddress), .misuse(.kmapNestedTooDeep)])

    static let kmapNestedTooDeep = MisuseGuide(
        title: "Too many local mappings at once",
        cause: """
            More than 15 local mappings were nested without being undone: a loop that maps and \
            forgets to unmap, or recursion.
            """,
        consequence: "The CPU has no slot left, and the kernel stops.",
        cure: "Undo each mapping before the next turn; keep two or three at once at most.",
        plain: "\"kernel BUG at mm/highmem.c:467!\", in kmap_local_idx_push.",
        checking: "The same.",
        example: Example(
            ["alloc_page(GFP_HIGHUSER)"]
                + Array(repeating: "kmap_local_page(0xf72defc0)", count: 16)),
        see: [.misuse(.kunmapOutOfOrder), .request(.machineHalted)])

    static let kunmapOfWrongAddress = MisuseGuide(
        title: "kunmap of what is no such mapping",
        cause: """
            kunmap takes the page, kunmap_atomic and kunmap_local the address that the mapping \
            returned. The other one was passed, or an address that is no slot's, or that of a mapping \
            which was given up before.
            """,
        consequence: """
            The mapping stays, and its slot is lost. kunmap_atomic switches preemption on again all \
            the same; kunmap takes the address for a struct page and reads what is there.
            """,
        cure: "kunmap(page), kunmap_atomic(address), kunmap_local(address).",
        plain: """
            kunmap_atomic and kunmap_local do nothing with an address that is no slot's, and warn \
            once if it is not even the kernel's. With no local mapping left to undo, they stop: \
            "kernel BUG at mm/highmem.c:479!". The compiler refuses a struct page there.
            """,
        checking: """
            The same. The older kunmap_atomic stops at another slot's address, "kernel BUG at \
            arch/i386/mm/highmem.c:67!".
            """,
        example: [
            "alloc_page(GFP_HIGHUSER)", "kmap_atomic(0xf72defc0)", "kunmap_atomic(0xf72defc0)",
        ],
        see: [.misuse(.kunmapUnbalanced), .misuse(.kunmapOutOfOrder)])

    static let wrongKmapType = MisuseGuide(
        title: "A km_type of another context",
        cause: """
            The older kmap_atomic was called with a type that belongs elsewhere: KM_USER0 in an \
            interrupt, or KM_IRQ0 with interrupts on.
            """,
        consequence: """
            An interrupt that uses the slot of the code that it interrupts replaces that code's \
            mapping, and gives it back a page that is not its own.
            """,
        cure: """
            KM_USER0 and KM_USER1 in tasks, KM_SOFTIRQ0 and KM_SOFTIRQ1 in softirqs, KM_IRQ0 and \
            KM_IRQ1 with interrupts off. kmap_local_page needs no type.
            """,
        plain: "Says nothing.",
        checking: """
            Says nothing. Late kernels of the 2.6 series with CONFIG_DEBUG_HIGHMEM would warn in \
            debug_kmap_atomic.
            """,
        example: [
            "alloc_page(GFP_HIGHUSER)", "enter_irq()", "kmap_atomic(0xf72defc0, KM_USER0)",
        ],
        see: [.misuse(.kmapOverwritten)])

    static let freeOfKmappedPage = MisuseGuide(
        title: "Free of a page that is still mapped",
        cause: "A page of high memory was freed before kunmap or kunmap_atomic.",
        consequence: """
            Its address still leads to it: whoever uses the mapping shares the page with its next \
            owner. With kmap the slot stays taken for as long as nobody calls kunmap.
            """,
        cure: "Unmap first, then free.",
        plain: "Says nothing.",
        checking: "Says nothing either.",
        example: ["alloc_page(GFP_HIGHUSER)", "kmap(0xf72defc0)", "__free_page(0xf72defc0)"],
        see: [.misuse(.usedAfterKunmap), .misuse(.freeOfMapping)])
}
