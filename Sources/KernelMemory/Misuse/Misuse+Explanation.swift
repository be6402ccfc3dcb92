extension Misuse {
    /// What went wrong and what it leads to, in plain words.
    public var explanation: String {
        switch code {
        case .wrongOrderFree: wrongOrderText
        case .doubleFree: doubleFreeText
        case .freeOfUnallocated: freeOfUnallocatedText
        case .freeInsideBlock:
            "\(frameText) lies in the middle of a block that was allocated at step "
                + "\(allocatedAtStep ?? 0). Free a block by its first page and with its own order; "
                + "now the owner keeps using pages that others may get."
        case .freeOfReserved:
            "\(frameText) belongs to the kernel image, the firmware or a hole, never to the page "
                + "allocator. If it is handed out, its new owner overwrites the kernel."
        case .wildPointer: wildPointerText
        case .handedOutTwice:
            "\(frameText) was handed out although the block allocated at step "
                + "\(allocatedAtStep ?? 0) still covers it. Two owners now write to the same "
                + "memory, each believing it is alone."
        case .orderTooLarge:
            "Order \(order) was asked for; the largest is \(Order.largest) "
                + "(\(1 << Order.largest) pages, 4 MiB). The kernel warns once and returns NULL."
        case .wrongSplit:
            "split_page wants the first page of an allocated block and its own order; "
                + "here it makes pages independent that are not the caller's."
        case .objectFreedTwice, .freeInsideObject, .kfreeOfPages, .wrongCache,
            .objectHandedOutTwice, .strayObject, .destroyedCacheInUse, .resizedAfterFree,
            .writePastEnd, .writeBeforeStart, .writeIntoSlack, .writeAfterFree, .writeToUnowned:
            objectExplanation
        case .wronglyUnused, .noShrinker, .usedAfterReclaim, .freedWhileUnused, .wronglyStored:
            reclaimExplanation
        case .vmallocOfNothing, .vfreeOfBadAddress, .vfreeOfNoArea, .vfreeInsideArea,
            .vunmapOfVmalloc, .vfreeOfVmap, .usedAfterVfree, .freeOfMapping, .dmaToForeign,
            .writeToReadOnly, .usedAfterFree:
            mappingExplanation
        case .sleepInAtomic, .schedulingWhileAtomic, .vmallocInInterrupt, .preemptUnbalanced,
            .interruptUnbalanced, .lockNotHeld, .lockRecursion, .deadlock, .heldAtSleep:
            contextExplanation
        case .kunmapUnbalanced, .kmapOverwritten, .usedAfterKunmap, .kunmapOutOfOrder,
            .kmapNestedTooDeep, .kunmapOfWrongAddress, .wrongKmapType, .freeOfKmappedPage:
            kmapExplanation
        case .conflictingMobility:
            "__GFP_MOVABLE and __GFP_RECLAIMABLE exclude each other; the request was treated as "
                + "unmovable."
        }
    }

    private var freeOfUnallocatedText: String {
        if let cache {
            return "\(frameText) was freed but belongs to a slab of \(cache): its objects are "
                + "given back with kfree or kmem_cache_free, the page by nobody but the cache. "
                + "The slab goes on handing out objects in a page that others may get."
        }
        return "\(frameText) was freed but no call here had allocated it. The kernel takes the "
            + "caller's word for it: its reference count is wrong from now on, and its neighbours "
            + "may be handed out although they are not free."
    }

    private var wildPointerText: String {
        let pointer = address.map { "The pointer \($0)" } ?? "The pointer"
        if let address, address.rawValue < 4096 {
            return "\(pointer) is NULL, the pointer of a kmalloc of 0 bytes, or close to them: "
                + "nothing is mapped there, so that whoever follows it faults at once."
        }
        if !noticedByKernel {
            return "\(pointer) is no struct page. The kernel took it for one all the same, and "
                + "what it computed from it is no page's address."
        }
        return "\(pointer) leads to no page frame of this machine. The kernel follows it anyway "
            + "and faults."
    }

    var frameText: String { "Page frame \(pfn?.rawValue ?? 0)" }

    private var wrongOrderText: String {
        let expected = expectedOrder ?? 0
        let given = UInt64(1) << UInt64(min(order, 32))
        let owned = UInt64(1) << UInt64(expected)
        let first =
            "The block at \(frameText.lowercasedFirst) was allocated at step "
            + "\(allocatedAtStep ?? 0) with order \(expected) (\(pages(owned))) but freed with "
            + "order \(order) (\(pages(given))). "
        if order < expected {
            guard owned - given > 1 else {
                return first + "The other page is lost: nobody owns it and nobody can get it again."
            }
            return first + "The other \(owned - given) pages are lost: nobody owns them and "
                + "nobody can get them again."
        }
        let others =
            given - owned == 1
            ? "The page behind it was never the caller's"
            : "The \(given - owned) pages behind it were never the caller's"
        if noticedByKernel {
            return first + others + ". This time the kernel noticed: see its log."
        }
        let them = given - owned == 1 ? "it" : "them"
        return first + others + "; whoever owns or gets \(them) will share \(them) with the next "
            + "owner of this block."
    }

    private func pages(_ count: UInt64) -> String { count == 1 ? "1 page" : "\(count) pages" }

    private var doubleFreeText: String {
        let when = freedAtStep.map { " (it was freed at step \($0))" } ?? ""
        let first = "\(frameText) was freed a second time\(when). "
        if noticedByKernel { return first + "This time the kernel noticed: see its log." }
        return first + "Its reference count drops below zero; if somebody else had got the "
            + "page in between, it would be taken from them."
    }
}

extension String {
    var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
