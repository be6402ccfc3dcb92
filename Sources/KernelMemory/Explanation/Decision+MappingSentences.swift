extension Decision.Code {
    /// The sentence of a decision about mappings; `nil` for other decisions.
    var mappingSentence: String? {
        switch self {
        case .vmallocSize:
            "{size_bytes} bytes need {pages} pages; with the guard page behind them the area "
                + "takes {area_bytes} bytes of address space."
        case .vmallocOfNothing:
            "vmalloc of no bytes gets NULL; the kernel warns of it the first time."
        case .vmallocTooLarge:
            "{size_bytes} bytes are {pages} pages, more than the {total_pages} that all zones have:"
                + " the caller gets NULL."
        case .vmapGap:
            "The lowest room for {size_bytes} bytes at or above {window_start} is {address}, "
                + "in the free range {gap_start} to {gap_end}; {gaps_passed_over} ranges below were"
                + " too small. The guard page is {guard_page}."
        case .vmapNoGap:
            "No free range has {size_bytes} bytes: address space that was freed lazily is "
                + "purged first."
        case .pageArrayFromKMalloc:
            "The array of the {pages} pages has {size_bytes} bytes: kmalloc gives it."
        case .pageArrayFromVmalloc:
            "The array of the {pages} pages has {size_bytes} bytes, more than a page: vmalloc"
                + " gives it, too."
        case .bulkZone:
            "{pages} single pages are taken at once from CPU lists of {zone}, which stays "
                + "above its low watermark without them."
        case .bulkWithoutZone:
            "No zone stays above its low watermark without {pages} pages: they are asked for "
                + "one by one."
        case .vmallocPages:
            "{pages} of {wanted_pages} single pages were found; they need not be contiguous."
        case .tableMade:
            "No page table covers {address} yet: pfn {table_pfn} becomes one, entry {index} "
                + "of the table above."
        case .entriesWritten:
            "{entries} entries are written from index {index} on in the page table at pfn "
                + "{table_pfn}: {address} leads to pfn {first_pfn}, the last one to pfn {last_pfn}."
        case .entriesCleared:
            "{entries} entries are cleared from index {index} on in the page table at pfn "
                + "{table_pfn}: nothing is at {address} any more."
        case .vmapAreaFound:
            "{address} is in the area that begins at {start}, with {pages} pages."
        case .vmapLazy:
            "The {pages} pages of address space at {start}, guard page included, stay unused "
                + "until a purge flushes the TLBs for all that wait: {lazy_pages} pages wait now, "
                + "and more than {lazy_limit} are too many."
        case .vmapPurge:
            "{ranges} ranges of address space between {start} and {end} become free again, "
                + "after one flush for all."
        case .vfreePages:
            "The {pages} pages of the area are freed one by one."
        case .vfreePutOff:
            "vfree in an interrupt: {address} joins CPU {cpu}'s list for a worker, linked "
                + "through its own first word."
        case .tlbFlushedPages:
            "The TLBs of {cpus} CPUs forget {pages} pages from {start} on, one by one: at "
                + "most {most_pages} are flushed so."
        case .tlbFlushedWhole:
            "The TLBs of {cpus} CPUs forget everything: {pages} pages from {start} on are "
                + "more than {most_pages}."
        case .tlbFlushedLocally:
            "CPU {cpu}'s TLB forgets {address}; no other CPU is told."
        case .kmapOfLowMemory:
            "pfn {pfn} is low memory: its address is {address}, always, and no mapping is "
                + "needed."
        case .kmapShared:
            "pfn {pfn} is mapped in slot {slot}, at {address}: its users are {users} now."
        case .kmapUsed:
            "pfn {pfn} is in slot {slot}, at {address}: its count is 2, one more than its "
                + "users ({users})."
        case .kmapSlot:
            "The search went on behind slot {last_pkmap_nr} (last_pkmap_nr) and passed over "
                + "{slots_passed_over} slots: slot {slot} is free, its address {address}."
        case .kmapWrap:
            "Behind slot {last_pkmap_nr} the search of the pool's {slots} slots came round to"
                + " 0: slots that nobody uses are flushed first."
        case .kmapFlush:
            "{freed_slots} slots without users lost their entries and are free; {used_slots} "
                + "of {slots} are in use."
        case .kmapWaits:
            "All {slots} slots are in use: the task sleeps until one is given up."
        case .kunmapShared:
            "Slot {slot}, at {address}, is given up once; its users are {users} now."
        case .kunmapLast:
            "Slot {slot} has no user any more ({users}), but {address} stays mapped until the"
                + " search comes round: its count is 1, not 0."
        case .kmapWaitersWoken:
            "{tasks} tasks wait for a slot and are woken: the first gets it."
        case .kmapTypedSlot:
            "{type} on CPU {cpu} is slot {index}, address {address}, whatever is mapped there"
                + " now: pfn {pfn} is."
        case .kunmapTypedLazy:
            "Nothing is unmapped at {address}: the next mapping of {type} on this CPU will "
                + "overwrite it."
        case .kmapLocalSlot:
            "Temporary mapping {index} of the task on CPU {cpu} is at {address}: pfn {pfn}."
        case .kunmapLocalSlot:
            "Temporary mapping {index} on CPU {cpu}, at {address}, is given up, since it was "
                + "made last; {passed_address} was passed."
        case .preemptionOff:
            "Preemption is off on CPU {cpu}, depth {depth}: until it is on again nothing here"
                + " may sleep."
        case .preemptionOn:
            "Preemption was enabled once on CPU {cpu}: depth {depth} is left."
        case .lockSpins:
            "CPU {holder_cpu} has held {lock} since step {held_since_step}: CPU {cpu} spins until"
                + " it is given back, and runs nothing else."
        case .lockDeadlock:
            "{lock} is never given back: CPU {holder_cpu}, which holds it, waits for CPU {cpu} "
                + "itself."
        case .machineHalted:
            "The machine stops here and runs no call any more: {oops}"
        default: nil
        }
    }
}
