/// Stores to memory that is not the caller's, of the CPU and of devices.
extension MisuseGuide {
    static let writePastEnd = MisuseGuide(
        title: "A write past the end",
        cause: """
            Bytes were written behind the end of an object, a block of pages or an area of vmalloc: \
            a length that was not checked, a string without room for its final zero.
            """,
        consequence: """
            The next object or page is changed, or the pointer to the next free object. Behind an \
            area of vmalloc lies a guard page without memory, where the CPU faults.
            """,
        cure: "Check the length against what was asked for, not against what ksize says.",
        plain: """
            Says nothing in slabs and pages. In a guard page: "BUG: unable to handle page fault for \
            address".
            """,
        checking: """
            Finds it in a slab when the object is freed: "Right Redzone overwritten"; the bytes are \
            restored and the object is not freed. Guard pages as plain.
            """,
        example: ["kmalloc(60, GFP_KERNEL)", "memset(0xc1400000, 0x5a, 65)"],
        see: [.misuse(.writeBeforeStart), .misuse(.writeIntoSlack), .misuse(.writeToUnowned)])

    static let writeBeforeStart = MisuseGuide(
        title: "A write before the start",
        cause: """
            Bytes were written just before an object: a negative index, a loop that runs backwards \
            one step too far.
            """,
        consequence: "The end of the object or page before it is changed.",
        cure: "Check the lower bound as well as the upper one.",
        plain: "Says nothing.",
        checking: """
            Finds it when the object is freed: "Left Redzone overwritten"; the bytes are restored \
            and the object is not freed.
            """,
        example: ["kmalloc(64, GFP_KERNEL)", "memset(0xc13fffff, 0x5a, 1)"],
        see: [.misuse(.writePastEnd), .misuse(.writeToUnowned)])

    static let writeIntoSlack = MisuseGuide(
        title: "A write into the rounding",
        cause: """
            Memory comes in fixed sizes, and a request is rounded up to one. Bytes were written \
            behind those that were asked for, but within those that were given.
            """,
        consequence: """
            Nobody is hurt today. With another size, another allocator or another architecture a \
            neighbour begins there.
            """,
        cure: "Ask for as many bytes as are written.",
        plain: "Says nothing.",
        checking: "Says nothing either: in 6.1 the red zone begins behind the whole object.",
        example: ["kmalloc(60, GFP_KERNEL)", "memset(0xc1400000, 0x5a, 61)"],
        see: [.misuse(.writePastEnd)])

    static let writeAfterFree = MisuseGuide(
        title: "A write to memory that was given back",
        cause: "Bytes were written through a pointer that was kept after kfree or free_pages.",
        consequence: """
            The next owner finds them changed. If they cover a free object's pointer to the next \
            one, which SLUB keeps in the middle of it, the allocation after the next goes wherever \
            they lead.
            """,
        cure: "Free last, and set the pointer to NULL where you do.",
        plain: "Says nothing.",
        checking: """
            Finds it in a slab when the object is next handed out: "Poison overwritten", restored, \
            "Marking all objects used". Freed pages are unmapped (CONFIG_DEBUG_PAGEALLOC), so that \
            the write faults: see used-after-free.
            """,
        example: [
            "kmalloc(64, GFP_KERNEL)", "kfree(0xc1400000)", "memset(0xc1400000, 0x5a, 8)",
        ],
        see: [
            .misuse(.usedAfterFree), .misuse(.strayObject), .misuse(.usedAfterVfree),
            .misuse(.usedAfterReclaim),
        ])

    static let writeToUnowned = MisuseGuide(
        title: "A write to memory that nobody gave",
        cause: """
            Bytes were written to memory that no call had allocated: free since the machine booted, \
            or the kernel's own.
            """,
        consequence:
            "Free memory hands the bytes on to its next owner; the kernel's own is damaged.",
        cure: "Write only where an allocation returned a pointer to, and within its size.",
        plain: "Says nothing: all low memory is mapped, and the CPU does not ask whose it is.",
        checking: """
            Faults where the page is free, and so unmapped: see used-after-free. Says nothing of the \
            kernel's own, unless the bytes lie in a red zone or in poison.
            """,
        example: ["memset(0xc1400000, 0x5a, 8)"],
        see: [.misuse(.writeAfterFree), .misuse(.wildPointer)])

    static let usedAfterFree = MisuseGuide(
        title: "A free page was touched",
        cause: """
            A pointer was kept and used after the page had been freed, or one was made up. The kernel \
            was built with CONFIG_DEBUG_PAGEALLOC, which unmaps pages while they are free.
            """,
        consequence: """
            The CPU faults at once, with the culprit still in the call. The kernel prints an oops and \
            ends the task; this machine halts.
            """,
        cure: "Free last, and set the pointer to NULL where you do.",
        plain: """
            Leaves free pages mapped: it reads the old bytes, or writes into the next owner's. Recorded \
            here for loads through kmap and kmap_atomic.
            """,
        checking: """
            "BUG: unable to handle page fault for address", with the page's entry, whose lowest bit \
            is 0: "*pte = 01400060".
            """,
        example: Example(
            [
                "__get_free_page(GFP_KERNEL)", "free_page(0xc1400000)",
                "memset(0xc1400000, 0x5a, 8)",
            ], debug: true),
        see: [.misuse(.writeAfterFree), .misuse(.usedAfterVfree), .request(.machineHalted)])

    static let writeToReadOnly = MisuseGuide(
        title: "A write to a read-only page",
        cause: "Bytes were to be written to a page that is mapped for reading: a module's code.",
        consequence: """
            The CPU faults before anything is written. The kernel prints an oops and ends the task; \
            this machine halts.
            """,
        cure: "Keep what changes in data. Code is changed with the kernel's own functions only.",
        plain: """
            "BUG: unable to handle page fault for address", "supervisor write access in kernel \
            mode", "error_code(0x0003) - permissions violation".
            """,
        checking: "The same.",
        example: [#"load_module("sound", 4096, 4096)"#, "memset(0xf7bfe000, 0, 4)"],
        see: [.misuse(.wildPointer), .request(.machineHalted)])

    static let dmaToForeign = MisuseGuide(
        title: "A device that took others' memory",
        cause: """
            A device goes from its first physical address on, byte by byte. It was given a length \
            that runs over the end of the memory meant, or the address of an area of vmalloc, whose \
            next page is not the next frame.
            """,
        consequence: """
            It reads or overwrites frames of other owners, and neither page tables nor the CPU have \
            any part in it.
            """,
        cure: """
            Give devices memory of kmalloc or the page allocator, and an area of vmalloc page by \
            page.
            """,
        plain:
            "Does not see it. An IOMMU, which this machine does not have, would stop the device.",
        checking: "Does not see it either.",
        example: Example(["vmalloc(12288)"], transfer: (0xf7bf_e000, 12_288)),
        see: [.misuse(.writePastEnd), .misuse(.writeToUnowned)])
}
