/// What the page allocator may do for one request; made from the gfp mask.
///
/// The corresponding kernel constants are `ALLOC_*` (mm/internal.h, 6.1).
struct AllocationFlags: OptionSet {
    let rawValue: UInt32

    /// The two lowest bits are the watermark to respect, an index of ``Watermark``.
    static let low = AllocationFlags(rawValue: 1)
    static let highMark = AllocationFlags(rawValue: 2)
    /// `ALLOC_NO_WATERMARKS`: take what is there.
    static let noWatermarks = AllocationFlags(rawValue: 4)
    /// `ALLOC_OOM`: half of the reserve, for a task that is being killed.
    static let oom = AllocationFlags(rawValue: 8)
    /// `ALLOC_NON_BLOCK`: the caller cannot sleep.
    static let nonBlocking = AllocationFlags(rawValue: 0x10)
    /// `ALLOC_MIN_RESERVE`: `__GFP_HIGH`, half of the reserve.
    static let minReserve = AllocationFlags(rawValue: 0x20)
    /// `ALLOC_NOFRAGMENT`: rather another zone than a block of another migrate type.
    static let noFragment = AllocationFlags(rawValue: 0x100)
    /// `ALLOC_HIGHATOMIC`: may use, and make, the highatomic reserve.
    static let highAtomic = AllocationFlags(rawValue: 0x200)
    /// `ALLOC_KSWAPD`: kswapd may be woken.
    static let kswapd = AllocationFlags(rawValue: 0x800)
    /// Any right to go below the `min` watermark.
    static let reserves: AllocationFlags = [.oom, .nonBlocking, .minReserve, .highAtomic]

    /// Which watermark applies, as an index.
    var watermark: Int { Int(rawValue & 3) }
}

extension AllocationFlags {
    /// The rights of a request that the first, easy attempt could not meet.
    ///
    /// The corresponding kernel function is `gfp_to_alloc_flags` (mm/page_alloc.c, 6.1).
    init(slowPathFor gfp: GFPFlags, order: UInt32) {
        self = gfp.contains(.kswapdReclaim) ? .kswapd : []
        if gfp.contains(.high) { insert(.minReserve) }
        if !gfp.contains(.directReclaim), !gfp.contains(.noMemalloc) {
            insert(.nonBlocking)
            if order > 0, contains(.minReserve) { insert(.highAtomic) }
        }
    }
}
