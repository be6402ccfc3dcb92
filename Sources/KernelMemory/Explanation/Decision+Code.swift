extension Decision {
    /// The kinds of decisions, by the code that clients see.
    public enum Code: String, CaseIterable, Sendable {
        // Pages

        /// The page allocator reads the mask and the order.
        case pageRequest = "page-request"
        /// An order that no block has.
        case orderTooLarge = "order-too-large"
        /// The mask forbids to wait for memory.
        case willNotSleep = "will-not-sleep"
        /// The context allows to sleep.
        case maySleep = "may-sleep"
        /// The context forbids to sleep.
        case mustNotSleep = "must-not-sleep"
        /// A zone has enough free pages.
        case zonePassed = "zone-passed-watermark"
        /// A zone would fall to its watermark.
        case zoneBelowWatermark = "zone-skipped-watermark"
        /// A zone has the pages, but in blocks that are too small.
        case zoneWithoutBlock = "zone-skipped-no-block"
        /// A request that may use the last page.
        case zoneWithoutWatermark = "zone-without-watermark"
        /// An urgent single page ignores the boost.
        case boostIgnored = "boost-ignored"
        /// Blocks of this order are not kept by CPUs.
        case pcpBypassed = "pcp-bypassed"
        /// The CPU has no block at hand.
        case pcpEmpty = "pcp-empty"
        /// The CPU got blocks from the buddy lists.
        case pcpRefill = "pcp-refill"
        /// The CPU had a block at hand.
        case pcpHit = "pcp-hit"
        /// A block comes off a buddy list.
        case buddyTake = "buddy-take"
        /// A block is halved.
        case buddySplit = "buddy-split"
        /// A migrate type has no block left that is large enough.
        case buddyEmpty = "buddy-empty"
        /// A second round may mix migrate types.
        case mixingAllowed = "mixing-allowed"
        /// A block is taken from another migrate type.
        case fallbackSteal = "fallback-steal"
        /// No other migrate type has a block, either.
        case fallbackNone = "fallback-none"
        /// Only whole page blocks may be taken from other types in this round.
        case fallbackAvoided = "fallback-avoided"
        /// Only the free block itself changes its type.
        case fallbackBlockOnly = "fallback-block-only"
        /// Whole page blocks change their type.
        case pageBlocksTaken = "pageblocks-taken"
        /// The page block changes its type.
        case pageBlockClaimed = "pageblock-claimed"
        /// The page block keeps its type.
        case pageBlockKept = "pageblock-kept"
        /// The watermarks rise after a steal.
        case watermarkBoost = "watermark-boost"
        /// Pages are filled with zeroes.
        case pagesCleared = "pages-cleared"
        /// The easy attempt failed.
        case slowPath = "slow-path"
        /// kswapd would be woken.
        case kswapdWoken = "kswapd-woken"
        /// The zones are tried once more.
        case secondAttempt = "second-attempt"
        /// The caller takes memory back itself.
        case directReclaim = "direct-reclaim"
        /// A shrinker is asked for unused objects.
        case shrinkerAsked = "shrinker-asked"
        /// A shrinker frees an object.
        case shrinkerFrees = "shrinker-frees"
        /// A round of reclaim is over.
        case reclaimRound = "reclaim-round"
        /// CPUs give back what they keep.
        case allCPUsDrained = "all-cpus-drained"
        /// A page block is kept for urgent requests.
        case highAtomicReserved = "highatomic-reserved"
        /// The reserve is opened to all.
        case highAtomicOpened = "highatomic-opened"
        /// There is no memory for the request.
        case allocationFailed = "allocation-failed"
        /// Nobody else has the page.
        case lastReference = "last-reference"
        /// Somebody else still has the page.
        case otherReferences = "other-references"
        /// A freed block stays with the CPU.
        case pcpFree = "pcp-free"
        /// The CPU keeps too many pages.
        case pcpFull = "pcp-full"
        /// Larger blocks are not kept while frees outnumber requests.
        case pcpDrainAll = "pcp-drain-all"
        /// A block goes from the CPU to the buddy lists.
        case pcpDrain = "pcp-drain"
        /// Two free buddies become one block.
        case buddyMerge = "buddy-merge"
        /// The buddy is not free as a whole.
        case buddyInUse = "buddy-not-free"
        /// A free block joins its list first.
        case buddyToHead = "buddy-to-head"
        /// A free block joins its list last.
        case buddyToTail = "buddy-to-tail"

        // Objects

        /// A size finds its cache.
        case kmallocSize = "kmalloc-size-class"
        /// No bytes.
        case kmallocOfNothing = "kmalloc-of-nothing"
        /// More than any cache has.
        case kmallocLarge = "kmalloc-large"
        /// Nothing to free.
        case kfreeOfNothing = "kfree-of-nothing"
        /// Whole pages are freed.
        case kfreeLarge = "kfree-large"
        /// The page of an object says whose it is.
        case objectFreed = "object-freed"
        /// An object is filled with zeroes.
        case objectCleared = "object-cleared"
        /// The CPU has a free object at hand.
        case slabCPUFreelist = "slab-cpu-freelist"
        /// Others freed objects of the CPU's slab.
        case slabFreeListTaken = "slab-freelist-taken"
        /// The CPU's slab has no free object.
        case slabFull = "slab-full"
        /// The CPU takes a slab that it kept.
        case slabCPUPartial = "slab-cpu-partial"
        /// The CPU takes a slab from the cache's list.
        case slabNodePartial = "slab-node-partial"
        /// The CPU keeps a slab for later.
        case slabKeptByCPU = "slab-kept-by-cpu"
        /// The CPU keeps too many slabs.
        case cpuPartialFull = "cpu-partial-full"
        /// A slab joins the cache's list.
        case slabToNode = "slab-to-node"
        /// No slab has a free object.
        case slabNewWanted = "slab-new-wanted"
        /// A new slab has to be smaller.
        case slabSmallerOrder = "slab-smaller-order"
        /// A new slab is made.
        case slabNew = "slab-new"
        /// Where the objects of a new slab begin.
        case slabColour = "slab-colour"
        /// A cache that is debugged.
        case slabChecked = "slab-checked"
        /// A free passed its checks.
        case slabFreeChecked = "slab-free-checked"
        /// The object is of the CPU's own slab.
        case slabFreeToCPU = "slab-free-to-cpu"
        /// The object is of another slab.
        case slabFreeToSlab = "slab-free-to-slab"
        /// An empty slab stays.
        case slabEmptyKept = "slab-empty-kept"
        /// A slab's pages go back.
        case slabDiscarded = "slab-discarded"
        /// The CPU's array has an object.
        case arrayHit = "array-hit"
        /// The CPU's array is empty.
        case arrayEmpty = "array-empty"
        /// The shared array has objects.
        case arrayRefillShared = "array-refill-shared"
        /// A partly used slab has objects.
        case arrayRefillPartial = "array-refill-partial"
        /// An empty slab has objects.
        case arrayRefillFree = "array-refill-free"
        /// A freed object stays with the CPU.
        case arrayPut = "array-put"
        /// A full array gives to the shared one.
        case arrayFlushShared = "array-flush-shared"
        /// A full array gives to the slabs.
        case arrayFlushSlabs = "array-flush-slabs"

        // Mappings

        /// A size is rounded up to pages.
        case vmallocSize = "vmalloc-size"
        /// No bytes of vmalloc.
        case vmallocOfNothing = "vmalloc-of-nothing"
        /// More than the machine has.
        case vmallocTooLarge = "vmalloc-too-large"
        /// Address space is found.
        case vmapGap = "vmap-gap"
        /// No gap is large enough.
        case vmapNoGap = "vmap-no-gap"
        /// Where the area's pages are noted.
        case pageArrayFromKMalloc = "page-array-from-kmalloc"
        /// The array is larger than a page.
        case pageArrayFromVmalloc = "page-array-from-vmalloc"
        /// A zone for many single pages.
        case bulkZone = "bulk-zone"
        /// No zone has so many to spare.
        case bulkWithoutZone = "bulk-without-zone"
        /// The area has its pages.
        case vmallocPages = "vmalloc-pages"
        /// A page table is missing.
        case tableMade = "page-table-made"
        /// Entries of a page table are written.
        case entriesWritten = "pte-written"
        /// Entries of a page table are cleared.
        case entriesCleared = "pte-cleared"
        /// An address names an area.
        case vmapAreaFound = "vmap-area-found"
        /// Address space is freed lazily.
        case vmapLazy = "vmap-lazy"
        /// Address space that waited is free.
        case vmapPurge = "vmap-purge"
        /// The area's pages are freed.
        case vfreePages = "vfree-pages"
        /// vfree in an interrupt waits.
        case vfreePutOff = "vfree-put-off"
        /// TLBs forget some pages.
        case tlbFlushedPages = "tlb-flush-pages"
        /// TLBs forget everything.
        case tlbFlushedWhole = "tlb-flush-all"
        /// One TLB forgets a page.
        case tlbFlushedLocally = "tlb-flush-local"
        /// A page of low memory.
        case kmapOfLowMemory = "kmap-low-memory"
        /// The page is mapped already.
        case kmapShared = "kmap-shared"
        /// The slot has its first user.
        case kmapUsed = "kmap-first-user"
        /// A slot of the pool is found.
        case kmapSlot = "kmap-slot"
        /// The search comes round.
        case kmapWrap = "kmap-wrap"
        /// Unused slots become free.
        case kmapFlush = "kmap-flush"
        /// Every slot is in use.
        case kmapWaits = "kmap-waits"
        /// The slot has other users.
        case kunmapShared = "kunmap-shared"
        /// The slot has no user any more.
        case kunmapLast = "kunmap-last-user"
        /// Those who wait for a slot wake up.
        case kmapWaitersWoken = "kmap-waiters-woken"
        /// A slot of 2.6's kmap_atomic.
        case kmapTypedSlot = "kmap-typed-slot"
        /// 2.6's kunmap_atomic leaves the entry.
        case kunmapTypedLazy = "kunmap-typed-lazy"
        /// The next slot of the CPU's stack.
        case kmapLocalSlot = "kmap-local-slot"
        /// The last slot of the CPU's stack is given up.
        case kunmapLocalSlot = "kunmap-local-slot"
        /// The CPU is kept.
        case preemptionOff = "preemption-off"
        /// The CPU is given free.
        case preemptionOn = "preemption-on"
        /// The lock is held by another CPU.
        case lockSpins = "lock-spins"
        /// The lock can never be had.
        case lockDeadlock = "lock-deadlock"

        // The machine

        /// The machine stops.
        case machineHalted = "machine-halted"
    }
}
