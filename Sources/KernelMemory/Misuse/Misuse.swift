/// One rule of the kernel's interface that a caller broke.
public struct Misuse: Hashable, Sendable {
    /// Which rule. The raw value is the stable code that reports and graders use.
    public enum Code: String, CaseIterable, Sendable {
        /// A block was freed with another order than it was allocated with.
        case wrongOrderFree = "wrong-order-free"
        /// A block that is free already was freed again.
        case doubleFree = "double-free"
        /// A block was freed that was never allocated.
        case freeOfUnallocated = "free-of-unallocated"
        /// A free that starts in the middle of somebody's block.
        case freeInsideBlock = "free-inside-block"
        /// A frame that the kernel keeps for itself was freed.
        case freeOfReserved = "free-of-reserved"
        /// A pointer that leads to no page frame at all.
        case wildPointer = "wild-pointer"
        /// Consequence: a frame was handed out while another block still covers it.
        case handedOutTwice = "page-handed-out-twice"
        /// An order that the page allocator cannot have.
        case orderTooLarge = "order-too-large"
        /// `split_page` of something that is not an allocated block of that order.
        case wrongSplit = "wrong-split"
        /// An object that is free already was freed again.
        case objectFreedTwice = "double-kfree"
        /// A free of an address that lies within an object, or between two.
        case freeInsideObject = "kfree-inside-object"
        /// `kfree` of pages that did not come from kmalloc.
        case kfreeOfPages = "kfree-of-pages"
        /// An object was given back to a cache that it is not from.
        case wrongCache = "wrong-cache"
        /// Consequence: an allocation got an address that is no object's.
        case strayObject = "stray-object-handed-out"
        /// Bytes were written behind the end of what the caller owns.
        case writePastEnd = "write-past-end"
        /// Bytes were written before the start of what the caller owns.
        case writeBeforeStart = "write-before-start"
        /// Bytes were written that belong to an object, but that its owner did not ask for.
        case writeIntoSlack = "write-into-slack"
        /// Bytes were written to memory that was given back.
        case writeAfterFree = "write-after-free"
        /// Bytes were written to memory that no caller owns.
        case writeToUnowned = "write-to-unowned"
        /// `krealloc` of an object that was given back, and that had room enough to stay.
        case resizedAfterFree = "krealloc-after-free"
        /// Consequence: an object was handed out that somebody still owns.
        case objectHandedOutTwice = "object-handed-out-twice"
        /// A cache was destroyed while objects of it were in use.
        case destroyedCacheInUse = "destroyed-cache-in-use"
        /// `list_lru_add` of something that is no live object of the cache.
        case wronglyUnused = "wrongly-unused"
        /// `list_lru_add` for a cache without a shrinker.
        case noShrinker = "no-shrinker"
        /// An object was used that a shrinker had freed.
        case usedAfterReclaim = "used-after-reclaim"
        /// An object was freed while it was marked unused, so that a shrinker freed it again.
        case freedWhileUnused = "freed-while-unused"
        /// A home-made list got or gave something that is no live object, or too small for it.
        case wronglyStored = "wrongly-stored"
        /// `vmalloc` of 0 bytes.
        case vmallocOfNothing = "vmalloc-of-nothing"
        /// `vfree` of an address that is not at the start of a page.
        case vfreeOfBadAddress = "vfree-of-bad-address"
        /// `vfree` of an address that is in no area.
        case vfreeOfNoArea = "vfree-of-no-area"
        /// `vfree` of an address within an area, which frees all of it.
        case vfreeInsideArea = "vfree-inside-area"
        /// `vunmap` of what vmalloc gave: its pages are lost.
        case vunmapOfVmalloc = "vunmap-of-vmalloc"
        /// `vfree` of what vmap gave.
        case vfreeOfVmap = "vfree-of-vmap"
        /// An address of an area that is freed, but that a TLB still knew.
        case usedAfterVfree = "used-after-vfree"
        /// A page that belongs to a mapping of the kernel's was freed by itself.
        case freeOfMapping = "free-of-mapping"
        /// A free page was touched on a kernel that unmaps it.
        case usedAfterFree = "used-after-free"
        /// Bytes were to be written to a page that is mapped for reading only.
        case writeToReadOnly = "write-to-read-only"
        /// A device read or wrote memory that is not the caller's.
        case dmaToForeign = "dma-to-foreign"
        /// `__GFP_MOVABLE` and `__GFP_RECLAIMABLE` at once.
        case conflictingMobility = "conflicting-mobility"
        /// A function that may sleep was called where nothing may sleep.
        case sleepInAtomic = "sleep-in-atomic"
        /// A call that really slept where nothing may sleep.
        case schedulingWhileAtomic = "scheduling-while-atomic"
        /// An area was asked for, or unmapped by `vunmap`, in an interrupt.
        case vmallocInInterrupt = "vmalloc-in-interrupt"
        /// Preemption or softirqs were switched on more often than off, or an interrupt changed that.
        case preemptUnbalanced = "preempt-unbalanced"
        /// The end of an interrupt that had not begun, or a state restored that was not saved.
        case interruptUnbalanced = "interrupt-unbalanced"
        /// A spin lock was released by a CPU that does not hold it.
        case lockNotHeld = "lock-not-held"
        /// A spin lock was taken by the CPU that holds it already.
        case lockRecursion = "lock-recursion"
        /// All CPUs spin for locks that others of them hold.
        case deadlock = "deadlock"
        /// A task went to sleep with a spin lock held.
        case heldAtSleep = "lock-held-at-sleep"
        /// `kunmap` of a page that is not mapped, or more often than it was mapped.
        case kunmapUnbalanced = "kunmap-unbalanced"
        /// A slot of the older `kmap_atomic` was used again while it still mapped another page.
        case kmapOverwritten = "kmap-slot-overwritten"
        /// An access through a mapping that was given up, but whose entry is still there.
        case usedAfterKunmap = "used-after-kunmap"
        /// Local mappings were not undone in the reverse order.
        case kunmapOutOfOrder = "kunmap-out-of-order"
        /// More local mappings at once than a CPU has slots.
        case kmapNestedTooDeep = "kmap-nested-too-deep"
        /// A mapping was to be undone by an address that is none, or that takes a page.
        case kunmapOfWrongAddress = "kunmap-of-wrong-address"
        /// A `km_type` that belongs to another context.
        case wrongKmapType = "wrong-kmap-type"
        /// A page was freed that is still mapped by kmap or kmap_atomic.
        case freeOfKmappedPage = "free-of-kmapped-page"
    }

    /// Which rule was broken.
    public let code: Code
    /// The step of the call that broke it.
    public let step: UInt32
    /// The first frame concerned; `nil` if there is none.
    public let pfn: PageFrameNumber?
    /// The order that the call passed.
    public let order: UInt32
    /// The order that would have been right; `nil` if none would.
    public let expectedOrder: UInt32?
    /// The step that allocated the block concerned, as far as it is known.
    public let allocatedAtStep: UInt32?
    /// The step that freed it before, as far as it is known.
    public let freedAtStep: UInt32?
    /// Whether the kernel said anything about it in its log.
    public internal(set) var noticedByKernel: Bool
    /// The address that the caller passed, or the first byte written that was not the caller's.
    public var address: VirtualAddress?
    /// The object of a slab that is concerned.
    public var object: Object?
    /// The cache that the caller named.
    public var cache: String?
    /// Whose memory is concerned, where a device took it.
    public var owner: MemoryOwner?
    /// What there is to say beside the rule: why the CPU must not sleep, whose mapping was undone, what a
    /// handler left unbalanced, where an area is that was to be freed.
    public var circumstance: String?
    /// How many objects are concerned, where there are several.
    public var objectCount: UInt32?
    /// The machine has the classic slab allocator, which keeps free objects in arrays and whose
    /// kernel checks none of them.
    public var isOfClassicSlab = false

    /// An object of a slab, as it was when a rule was broken.
    public struct Object: Hashable, Sendable {
        /// Where it starts.
        public let address: VirtualAddress
        /// The name of the cache that it is from.
        public let cache: String
        /// Bytes that an owner may use.
        public let sizeInBytes: UInt32
        /// Bytes that its owner asked for; `nil` if it is a whole object of a cache.
        public let requestedInBytes: UInt32?
        /// The kernel allocated it for itself.
        public let isKernels: Bool
        /// Somebody owned it.
        public let isLive: Bool
    }
}

extension Misuse {
    /// How bad it is, as ``Code/severity`` says of its code; less so where it cannot do any harm.
    public var severity: String { isKunmapOfLowMemory ? "warning" : code.severity }

    /// A page of low memory has an address of its own, which nobody can take away.
    var isKunmapOfLowMemory: Bool { code == .kunmapUnbalanced && address != nil }
}

extension Misuse.Code {
    /// Whether it is a call where it must not be made, however bad that is.
    public var isContextViolation: Bool {
        severity == "context" || self == .vmallocInInterrupt || self == .wrongKmapType
    }

    /// How bad it is: `consequence` of an earlier mistake, `leak`, `corruption`, `warning`,
    /// `context` (the wrong place for the call) or `crash`.
    public var severity: String {
        switch self {
        case .handedOutTwice, .objectHandedOutTwice, .strayObject: "consequence"
        case .destroyedCacheInUse, .vunmapOfVmalloc: "leak"
        case .orderTooLarge, .conflictingMobility, .noShrinker, .writeIntoSlack,
            .vmallocOfNothing, .vfreeOfBadAddress, .vfreeOfNoArea, .vfreeOfVmap,
            .kunmapOfWrongAddress, .wrongKmapType:
            "warning"
        case .sleepInAtomic, .schedulingWhileAtomic, .preemptUnbalanced, .interruptUnbalanced,
            .lockNotHeld, .heldAtSleep:
            "context"
        case .wildPointer, .writeToReadOnly, .usedAfterFree, .vmallocInInterrupt, .lockRecursion,
            .deadlock, .kmapNestedTooDeep:
            "crash"
        case .wronglyUnused, .usedAfterReclaim, .freedWhileUnused, .wronglyStored: "corruption"
        case .wrongOrderFree, .doubleFree, .freeOfUnallocated, .freeInsideBlock, .freeOfReserved,
            .wrongSplit, .objectFreedTwice, .freeInsideObject, .kfreeOfPages, .wrongCache,
            .writePastEnd, .writeBeforeStart, .writeAfterFree, .writeToUnowned, .resizedAfterFree,
            .vfreeInsideArea, .usedAfterVfree, .freeOfMapping, .dmaToForeign,
            .kunmapUnbalanced, .kmapOverwritten, .usedAfterKunmap, .kunmapOutOfOrder,
            .freeOfKmappedPage:
            "corruption"
        }
    }
}
