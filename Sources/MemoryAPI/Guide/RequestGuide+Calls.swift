/// Requests for calls that cannot be made, or for memory that is not there.
extension RequestGuide {
    static let unknownFunction = RequestGuide(
        cause: """
            No kernel function of this name can be called here: a slip such as get_zereod_page, an \
            older name, or a function that allocates no memory.
            """,
        cure: "Look at the answer's suggestions. The documentation of POST /calls lists them all.",
        see: [.request(.invalidCall)])

    static let invalidCall = RequestGuide(
        cause: """
            The call cannot be read: no brackets, too few or too many arguments, or an argument that \
            its parameter does not take.
            """,
        consequence: "The call did not run, nor did any other of its batch.",
        cure:
            "Write it as in C, with numbers and addresses for variables: free_pages(0xc1400000, 2).",
        see: [.request(.unknownFunction), .request(.unknownGFPFlag)])

    static let unknownResult = RequestGuide(
        cause: """
            An argument such as $p1 stands for what an earlier call of the same batch returned, the one \
            with "as": "p1". There is none before this call, or it is misspelt.
            """,
        consequence: "No call of the batch has been made.",
        cure: """
            Name the result where it is made, as in {"call": "alloc_page(GFP_KERNEL)", "as": "p1"}. \
            Names last for one request.
            """,
        see: [.request(.invalidCall)])

    static let invalidTrace = RequestGuide(
        cause: """
            A line of a trace of allocations (.rep, mtrace or ftrace) is none of its format: a word is \
            missing, a number is too large, or the body is of another format than its media type.
            """,
        consequence: "No call of the batch has been made.",
        cure: """
            The answer's line says which line it is. kmemlab import shows the calls that a trace comes \
            to, and finds out the format itself.
            """,
        see: [.request(.unsupportedMediaType), .request(.invalidCall)])

    static let tooManyBatches = RequestGuide(
        cause: """
            A batch of more than 64 KiB keeps its calls until the last answer is sent, and the service has \
            as many of those as it allows.
            """,
        consequence: "No call of the batch has been made.",
        cure: "Send it again a little later, or in smaller parts.",
        see: [.request(.tooManyCalls)])

    static let unknownGFPFlag = RequestGuide(
        cause: """
            The mask has a name that is no gfp flag, or a bar with no name beside it. Flags of caches \
            (SLAB_...) are none.
            """,
        cure: "Join names with bars, GFP_KERNEL|__GFP_ZERO; the answer suggests what was meant.",
        see: [.request(.unknownSlabFlag), .misuse(.conflictingMobility)])

    static let unknownSlabFlag = RequestGuide(
        cause: "A name among the flags of kmem_cache_create is no flag of a cache.",
        cure: "Join names with bars, SLAB_HWCACHE_ALIGN|SLAB_POISON; 0 is none.",
        see: [.request(.unknownGFPFlag)])

    static let noSuchPage = RequestGuide(
        cause: """
            No call of this session allocated pages with this id, or no block in use covers this \
            address.
            """,
        cure: """
            GET /pages lists what is in use. To run the kernel's free on any address, as the kernel \
            would, use POST /calls.
            """,
        see: [.request(.alreadyFreed), .request(.invalidReference), .misuse(.freeOfUnallocated)])

    static let noSuchAllocation = RequestGuide(
        cause: """
            No call of this session made an object, an area or a mapping with this id, or there is none \
            at this address.
            """,
        cure: """
            GET /kmalloc, /vmalloc and /kmap list what is in use; ids of pages belong to /pages.
            """,
        see: [.request(.alreadyFreed), .request(.noSuchPage)])

    static let alreadyFreed = RequestGuide(
        cause: """
            What this id named has been freed, at the step that the answer tells. A request that is \
            sent twice must not free twice, so that a free by id checks this; the kernel would not.
            """,
        consequence: "Nothing has changed: memory that somebody else has got by now is safe.",
        cure: """
            Nothing has to be done. To see what the kernel does, free the address with POST /calls: \
            that is a double free.
            """,
        see: [.misuse(.doubleFree), .misuse(.objectFreedTwice), .misuse(.vfreeOfNoArea)])

    static let noSuchCache = RequestGuide(
        cause: "No cache has this name: it is misspelt, was destroyed, or is yet to be made.",
        cure: "GET /caches lists them; POST /caches makes one.",
        see: [.misuse(.destroyedCacheInUse), .request(.noSuchAllocation)])

    static let noSuchFreeList = RequestGuide(
        cause:
            "No home-made list has this number. They are counted from 1, in the order of making.",
        cure: "GET /freelists lists them; POST /freelists makes one.",
        see: [.misuse(.wronglyStored)])

    static let noSuchModule = RequestGuide(
        cause: "No module of this name is loaded.",
        cure: "GET /modules lists them; POST /modules loads one.",
        see: [.request(.noSuchAllocation)])

    static let machineHalted = RequestGuide(
        cause: """
            An earlier call made the kernel fault, hang or stop with a BUG. The answer's oops is the \
            kernel's last word.
            """,
        consequence:
            "The machine runs no calls any more, as a real one would not. Looking still works.",
        cure: "GET /report says which rule was broken; POST /undo goes back to before it.",
        see: [.misuse(.wildPointer), .misuse(.lockRecursion), .misuse(.vmallocInInterrupt)])

    static let cpuSpins = RequestGuide(
        cause: """
            An earlier call on this CPU wants a spin lock that another CPU holds. Until it is \
            released the CPU goes round in a loop and runs nothing else.
            """,
        consequence: "The call did not run. The other CPUs go on.",
        cure: """
            Have the CPU that holds the lock call spin_unlock ("cpu" in the body says which CPU runs a \
            call), or POST /undo. GET /context shows who holds what.
            """,
        see: [.request(.machineHalted), .misuse(.lockRecursion)])

    static let contextUnreachable = RequestGuide(
        cause: """
            PUT /context found no calls that bring the CPU there. Either its preempt_count is out of \
            balance (more enables than disables), so that the kernel takes it for being in an \
            interrupt; or it is to enable what a spin lock or an atomic mapping of its own keeps off; \
            or the machine would halt on the way.
            """,
        consequence: "The CPU is as it was before the request.",
        cure:
            """
            GET /report names the call that lost the balance; POST /undo goes back to before it. Locks \
            and mappings are given back by calls of their own.
            """,
        see: [.misuse(.preemptUnbalanced), .misuse(.interruptUnbalanced)])

    static let invalidRecording = RequestGuide(
        cause: """
            The recorded machine contradicts itself, is not complete, or is larger than the service \
            takes: a free page on two lists, a count that is not that of its list.
            """,
        consequence: "No machine was booted.",
        cure: """
            The answer's errors have the record, the field, and what would be right. kmemlab extract \
            cuts a valid dump out of a trace.
            """,
        see: [.request(.invalidField), .request(.payloadTooLarge)])
}
