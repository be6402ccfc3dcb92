extension Decision.Code {
    /// The sentence of a decision about objects and slabs; `nil` for other decisions.
    var slabSentence: String? {
        switch self {
        case .kmallocSize:
            "{size_bytes} bytes come from {cache}, whose objects have {object_bytes}: "
                + "{waste_bytes} bytes are wasted."
        case .kmallocOfNothing:
            "kmalloc of no bytes returns {returned}, ZERO_SIZE_PTR: not NULL, and not to be "
                + "touched."
        case .kmallocLarge:
            "{size_bytes} bytes are more than kmalloc has objects for: whole pages, order "
                + "{order}, {block_bytes} bytes; {waste_bytes} bytes are wasted."
        case .kfreeOfNothing:
            "kfree({address}) does nothing."
        case .kfreeLarge:
            "{address} is in no slab but in a compound page: its order, {order}, says how "
                + "much is freed, from pfn {pfn} on."
        case .objectFreed:
            "The page of {object}, pfn {pfn}, is a slab of {cache}: the object goes back "
                + "there."
        case .objectCleared:
            "__GFP_ZERO: the object's {bytes} bytes are filled with zeroes."
        case .slabCPUFreelist:
            "The first free object on CPU {cpu}'s own list of {cache} is taken without a "
                + "lock: {object}; {next} is first now."
        case .slabFreeListTaken:
            "The CPU's list is empty, but others gave objects back to its slab at pfn "
                + "{slab_pfn} of {cache}: it takes them all."
        case .slabFull:
            "All {objects} objects of the CPU's slab at pfn {slab_pfn} of {cache} are in use:"
                + " the CPU lets it go, on no list."
        case .slabCPUPartial:
            "The CPU takes the slab at pfn {slab_pfn} of {cache} next, which it kept: {inuse}"
                + " of {objects} objects are in use."
        case .slabNodePartial:
            "The CPU takes the first slab of the node's partial list of {cache}, pfn "
                + "{slab_pfn}: {inuse} of {objects} objects are in use."
        case .slabKeptByCPU:
            "The CPU keeps the slab at pfn {slab_pfn} of {cache} for later, on its partial "
                + "list: {inuse} of {objects} objects are in use."
        case .cpuPartialFull:
            "CPU {cpu} keeps {slabs} slabs of {cache} already, and {most_slabs} is the most: "
                + "they go to the node's list."
        case .slabToNode:
            "The slab at pfn {slab_pfn} of {cache} joins the node's partial list: {inuse} of "
                + "{objects} objects are in use."
        case .slabNewWanted:
            "No slab of {cache} at hand has a free object: a new one needs a block of order "
                + "{order} for {objects} objects."
        case .slabSmallerOrder:
            "There is no such block: {cache} makes do with order {order}, {objects} objects."
        case .slabNew:
            "The block of order {order} at pfn {slab_pfn} is the new slab of {cache}: "
                + "{objects} objects, linked in ascending order."
        case .slabColour:
            "Its objects begin {offset_bytes} bytes behind its start: slabs take the cache's "
                + "{colours} colours in turn, so that equal objects do not share lines of the "
                + "processor's cache."
        case .slabChecked:
            "{cache} checks every call: the object comes straight from the slab at pfn "
                + "{slab_pfn}, never from a CPU's list."
        case .slabFreeChecked:
            "The object passed the checks of {cache} and goes back to its slab at pfn "
                + "{slab_pfn}: {inuse} of {objects} objects are still in use."
        case .slabFreeToCPU:
            "The object is of the slab that the CPU takes from, pfn {slab_pfn}: it becomes "
                + "the first of the CPU's own list, without a lock."
        case .slabFreeToSlab:
            "The object is not of the CPU's slab: it joins the list of its own, pfn "
                + "{slab_pfn} of {cache}; {inuse} of {objects} objects are still in use."
        case .slabEmptyKept:
            "The slab at pfn {slab_pfn} of {cache} is empty, but the node's list is short: it"
                + " stays for later."
        case .slabDiscarded:
            "The slab at pfn {slab_pfn} of {cache} is not needed any more: its block of order"
                + " {order} goes back to the page allocator."
        case .arrayHit:
            "The last object of CPU {cpu}'s array of {cache} is taken: {object}; {left} are "
                + "left."
        case .arrayEmpty:
            "CPU {cpu}'s array of {cache} is empty: up to {wanted} objects are to be had "
                + "(batchcount {batchcount})."
        case .arrayRefillShared:
            "The CPUs' shared array has {shared_objects} objects: they come first."
        case .arrayRefillPartial:
            "{taken} of the {free_objects} free objects of the slab at pfn {slab_pfn}, which "
                + "is partly used, move to the CPU's array."
        case .arrayRefillFree:
            "{taken} of the {free_objects} objects of the slab at pfn {slab_pfn}, all of them"
                + " free, move to the CPU's array."
        case .arrayPut:
            "The object {object} stays in CPU {cpu}'s array of {cache}: {count} of at most "
                + "{limit}."
        case .arrayFlushShared:
            "The CPU's array of {cache} is full: its {objects} oldest objects move to the "
                + "shared array."
        case .arrayFlushSlabs:
            "The CPU's array of {cache} is full: its {objects} oldest objects go back to "
                + "their slabs."
        default: nil
        }
    }
}
