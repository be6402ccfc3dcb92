/// What a cache of objects is asked to be, with the kernel's values of 6.1.
///
/// The corresponding kernel type is `slab_flags_t`.
public struct CacheFlags: OptionSet, Hashable, Sendable {
    /// The kernel's bits.
    public let rawValue: UInt32

    /// Flags by their bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Check free lists on every call. `SLAB_CONSISTENCY_CHECKS`.
    public static let consistencyChecks = CacheFlags(rawValue: 0x100)
    /// Guard bytes around every object. `SLAB_RED_ZONE`.
    public static let redZone = CacheFlags(rawValue: 0x400)
    /// Fill free objects with a known byte. `SLAB_POISON`.
    public static let poison = CacheFlags(rawValue: 0x800)
    /// One of the kmalloc caches. `SLAB_KMALLOC`.
    public static let kmalloc = CacheFlags(rawValue: 0x1000)
    /// Align objects to cache lines. `SLAB_HWCACHE_ALIGN`.
    public static let hardwareCacheAlign = CacheFlags(rawValue: 0x2000)
    /// Take pages from the DMA zone. `SLAB_CACHE_DMA`.
    public static let cacheDMA = CacheFlags(rawValue: 0x4000)
    /// Remember who allocated and freed each object. `SLAB_STORE_USER`.
    public static let storeUser = CacheFlags(rawValue: 0x1_0000)
    /// Objects can be reclaimed: their pages are of the reclaimable type. `SLAB_RECLAIM_ACCOUNT`.
    public static let reclaimAccount = CacheFlags(rawValue: 0x2_0000)
    /// Panic if the cache cannot be made. `SLAB_PANIC`.
    public static let panic = CacheFlags(rawValue: 0x4_0000)
    /// Slabs outlive a grace period. `SLAB_TYPESAFE_BY_RCU`.
    public static let typesafeByRCU = CacheFlags(rawValue: 0x8_0000)
    /// Charge objects to a control group. `SLAB_ACCOUNT`.
    public static let account = CacheFlags(rawValue: 0x400_0000)
    /// Free objects are poisoned and the poison checked. `__OBJECT_POISON`.
    static let poisonsObjects = CacheFlags(rawValue: 0x8000_0000)

    /// Flags with which a cache is never merged. `SLAB_NEVER_MERGE`.
    static let neverMerge: CacheFlags = [.redZone, .poison, .storeUser, .typesafeByRCU]
    /// Flags that two caches must share to be merged. `SLAB_MERGE_SAME`.
    static let mergeSame: CacheFlags = [.reclaimAccount, .cacheDMA, .account]
    /// What `kmem_cache_create` takes. `SLAB_FLAGS_PERMITTED`.
    static let permitted: CacheFlags = [
        .consistencyChecks, .redZone, .poison, .hardwareCacheAlign, .cacheDMA, .storeUser,
        .reclaimAccount, .panic, .typesafeByRCU, .account,
    ]
    /// Those that the model knows.
    package static let known: CacheFlags = permitted.union([.kmalloc, .poisonsObjects])
    /// Flags that make every call take the slow, checked way. `SLAB_DEBUG_FLAGS`.
    static let debugging: CacheFlags = [.redZone, .poison, .storeUser, .consistencyChecks]
    /// What `slub_debug=FZPU` turns on.
    static let fullDebugging: CacheFlags = debugging

    /// Whether every call is checked. `kmem_cache_debug`.
    var isDebugging: Bool { !isDisjoint(with: Self.debugging) }

    /// What slabs of such a cache ask the page allocator for.
    var allocationFlags: GFPFlags {
        var gfp = GFPFlags()
        if contains(.cacheDMA) { gfp.insert(.dma) }
        if contains(.reclaimAccount) { gfp.insert(.reclaimable) }
        return gfp
    }
}

/// What a cache's constructor does to the objects of a new slab.
///
/// The kernel's constructor is a function; here it is the byte that it fills objects with.
public enum Constructor: Hashable, Sendable {
    /// There is none.
    case none
    /// There is one; what it writes is not known.
    case unknown
    /// It fills objects with this byte.
    case fill(UInt8)
}
