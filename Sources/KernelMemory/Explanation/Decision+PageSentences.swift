extension Decision.Code {
    /// The sentence of a decision about pages; `nil` for other decisions.
    var pageSentence: String? {
        switch self {
        case .pageRequest:
            "The mask {gfp} allows {zone} and the zones below it, and asks for {migratetype} "
                + "memory. The order is {order}: {pages} pages in one piece."
        case .orderTooLarge:
            "Order {order} is more than the largest block's, {highest_order}: no zone is "
                + "looked at."
        case .willNotSleep:
            "The mask {gfp} has no __GFP_DIRECT_RECLAIM: this request never sleeps, and never"
                + " reclaims."
        case .maySleep:
            "{function} may sleep ({place}), and this CPU is in a context that allows it."
        case .mustNotSleep:
            "{function} may sleep ({place}), but this CPU is in a context that must not: a "
                + "broken rule, whether it sleeps now or not."
        case .zonePassed:
            "{zone} may be used: its {nr_free_pages} free pages count as {counted_pages} "
                + "(without the other pages of the block and reserves of others), more than the "
                + "{required_pages} that must stay ({watermark} watermark {watermark_pages} + boost"
                + " {boost}, less what the request has a right to) plus lowmem_reserve "
                + "{lowmem_reserve}."
        case .zoneBelowWatermark:
            "{zone} is skipped: its {nr_free_pages} free pages count as {counted_pages} "
                + "(without the other pages of the block and reserves of others), not more than the"
                + " {required_pages} that must stay ({watermark} watermark {watermark_pages} + "
                + "boost {boost}, less what the request has a right to) plus lowmem_reserve "
                + "{lowmem_reserve}."
        case .zoneWithoutBlock:
            "{zone} is skipped: {counted_pages} free pages would be enough (more than "
                + "{required_pages} + {lowmem_reserve}), but no free block has order {order} or "
                + "more: memory is fragmented."
        case .zoneWithoutWatermark:
            "{zone} may be used down to its last page: __GFP_MEMALLOC ignores the watermarks."
        case .boostIgnored:
            "__GFP_ATOMIC for a single page: {zone} is looked at again without its boost of "
                + "{boost} pages."
        case .pcpBypassed:
            "CPUs keep blocks up to order {highest_order}: order {order} goes straight to the"
                + " zone's buddy lists."
        case .pcpEmpty:
            "CPU {cpu} has no {migratetype} block of order {order} of {zone} at hand: up to "
                + "{blocks} move over from the buddy lists (batch {batch} pages)."
        case .pcpRefill:
            "Blocks moved to CPU {cpu}'s list for order {order} of {zone}: {blocks}. Its "
                + "lists hold {count} pages now."
        case .pcpHit:
            "The first block of CPU {cpu}'s list for order {order} of {zone} is taken, pfn "
                + "{pfn}; {count} pages stay on its lists. No lock of the zone is needed."
        case .buddyTake:
            "The smallest free {migratetype} block of {zone} with order {wanted_order} or "
                + "more has order {order}: pfn {pfn}."
        case .buddySplit:
            "The block of order {order} at pfn {pfn} is halved: pfn {buddy_pfn}, its upper "
                + "half, becomes a free block of order {half_order}."
        case .buddyEmpty:
            "{zone} has no free {migratetype} block of order {order} or more."
        case .mixingAllowed:
            "No zone had a block of the right migrate type: a second round may mix types "
                + "within a page block (without ALLOC_NOFRAGMENT)."
        case .fallbackSteal:
            "A {from_migratetype} block of order {order} at pfn {pfn} of {zone} is to serve "
                + "{migratetype} requests (order {wanted_order} is wanted)."
        case .fallbackNone:
            "No other type than {migratetype} has a free block of order {lowest_order} or "
                + "more in {zone}."
        case .fallbackAvoided:
            "No other type than {migratetype} has a whole free page block (order "
                + "{lowest_order}) in {zone}, and nothing smaller may be taken in this round "
                + "(ALLOC_NOFRAGMENT)."
        case .fallbackBlockOnly:
            "Only this block moves, order {order} at pfn {pfn}: movable requests leave the "
                + "rest of a page block alone when they get less than half of its order."
        case .pageBlocksTaken:
            "The block of order {order} at pfn {pfn} is a page block or more: all of it "
                + "becomes {migratetype}."
        case .pageBlockClaimed:
            "The page block at pfn {pageblock_pfn} changes from {from_migratetype} to "
                + "{migratetype}: {moved_pages} free pages moved and {alike_pages} in use suit, "
                + "half of {pages} or more."
        case .pageBlockKept:
            "The page block at pfn {pageblock_pfn} stays {from_migratetype}: {moved_pages} "
                + "free pages moved to {migratetype} and {alike_pages} in use suit, less than half "
                + "of {pages}."
        case .watermarkBoost:
            "A steal of less than a page block mixes types: the watermarks of {zone} rise by "
                + "{boost} pages in all, so that kswapd frees more."
        case .pagesCleared:
            "__GFP_ZERO: the {pages} pages from pfn {pfn} on are filled with zeroes."
        case .slowPath:
            "No zone could serve the request above its low watermark: it tries again down to "
                + "min, with the rights {rights}."
        case .kswapdWoken:
            "The mask has __GFP_KSWAPD_RECLAIM: Linux wakes kswapd here. This model has no "
                + "kswapd that reclaims."
        case .secondAttempt:
            "Still nothing: the zones are tried once more before anything else."
        case .directReclaim:
            "The request may sleep, so it reclaims itself: {shrinkers} shrinkers can be "
                + "asked."
        case .shrinkerAsked:
            "The shrinker of {cache} has {unused_objects} unused objects; at priority "
                + "{priority} its share is {share}, with {deferred} put off before."
        case .shrinkerFrees:
            "The oldest unused object is freed: {object}, unused since step "
                + "{unused_since_step}."
        case .reclaimRound:
            "The round of reclaim ended at priority {priority} with {freed_pages} pages "
                + "freed; it is after {wanted_pages}."
        case .allCPUsDrained:
            "The {cpus} CPUs give all pages that they keep back to the buddy lists."
        case .highAtomicReserved:
            "An urgent request of several pages got through: the page block at pfn "
                + "{pageblock_pfn} of {zone} is kept for more of them, {nr_reserved_highatomic} "
                + "pages in all."
        case .highAtomicOpened:
            "Nothing else is left: the reserved page block at pfn {pageblock_pfn} of {zone} "
                + "is opened as {migratetype}."
        case .allocationFailed:
            "No zone can serve order {order} for {gfp}: the caller gets NULL."
        case .lastReference:
            "The caller had the last reference to pfn {pfn}: all of the block of order "
                + "{order} is freed."
        case .otherReferences:
            "The reference count of pfn {pfn} is {references} after this free, not 0: the "
                + "kernel takes the page for one that somebody still looks at."
        case .pcpFree:
            "The block of order {order} at pfn {pfn} becomes the first of CPU {cpu}'s "
                + "{migratetype} list of {zone}, not of the buddy lists: {count} pages are there "
                + "now, {high} are too many."
        case .pcpFull:
            "{count} pages of {zone} on this CPU's lists reach its high mark {high}: at least"
                + " {batch} go back to the buddy lists (free_factor {free_factor})."
        case .pcpDrainAll:
            "A freed block of order 1 to 3 while frees outnumber requests (free_factor "
                + "{free_factor}): all {count} pages of {zone} on this CPU go back."
        case .pcpDrain:
            "The last block of a CPU's list for order {order} goes back to {zone}: pfn {pfn}."
        case .buddyMerge:
            "The buddy of the block of order {order} at pfn {pfn} is free, pfn {buddy_pfn}: "
                + "together they are order {merged_order} at pfn {merged_pfn}."
        case .buddyInUse:
            "The buddy of the block of order {order} at pfn {pfn}, pfn {buddy_pfn}, is not "
                + "free as a whole, or keeps to its own type: merging ends."
        case .buddyToHead:
            "The free block of order {order} at pfn {pfn} is the first of {zone}'s "
                + "{migratetype} list: the next to be handed out."
        case .buddyToTail:
            "The free block of order {order} at pfn {pfn} is the last of {zone}'s "
                + "{migratetype} list: the buddy of the block around it is free, and it may soon be"
                + " whole."
        default: nil
        }
    }
}
