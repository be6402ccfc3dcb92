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
        /// `__GFP_MOVABLE` and `__GFP_RECLAIMABLE` at once.
        case conflictingMobility = "conflicting-mobility"
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
}

extension Misuse.Code {
    /// How bad it is: `consequence` of an earlier mistake, `leak`, `corruption`, `warning` or
    /// `crash`.
    public var severity: String {
        switch self {
        case .handedOutTwice, .objectHandedOutTwice: "consequence"
        case .destroyedCacheInUse: "leak"
        case .orderTooLarge, .conflictingMobility, .noShrinker: "warning"
        case .wildPointer: "crash"
        case .wronglyUnused, .usedAfterReclaim, .freedWhileUnused, .wronglyStored: "corruption"
        case .wrongOrderFree, .doubleFree, .freeOfUnallocated, .freeInsideBlock, .freeOfReserved,
            .wrongSplit, .objectFreedTwice, .freeInsideObject, .kfreeOfPages, .wrongCache:
            "corruption"
        }
    }
}
