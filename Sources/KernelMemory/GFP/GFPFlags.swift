/// "Get free page" flags: how an allocation may be met, and from where.
///
/// The low bits choose the zone, the next two the migrate type, the rest what the allocator
/// may do. Values are those of Linux 6.1 without KASAN or lockdep.
///
/// The corresponding kernel type is `gfp_t` (include/linux/gfp_types.h, 6.1).
public struct GFPFlags: OptionSet, Hashable, Sendable {
    /// The mask as the kernel passes it around.
    public let rawValue: UInt32

    /// Makes a mask of any bits; unknown ones are ignored by the allocator.
    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// The single bits, by their kernel names without the underscores.
extension GFPFlags {
    /// `__GFP_DMA`: only the first 16 MiB.
    public static let dma = GFPFlags(rawValue: 0x01)
    /// `__GFP_HIGHMEM`: memory that the kernel has no permanent address for will do.
    public static let highmem = GFPFlags(rawValue: 0x02)
    /// `__GFP_DMA32`: only the first 4 GiB.
    public static let dma32 = GFPFlags(rawValue: 0x04)
    /// `__GFP_MOVABLE`: the page can be moved later.
    public static let movable = GFPFlags(rawValue: 0x08)
    /// `__GFP_RECLAIMABLE`: a slab page that a shrinker can empty.
    public static let reclaimable = GFPFlags(rawValue: 0x10)
    /// `__GFP_HIGH`: urgent, may dip into the reserve below the `min` watermark.
    public static let high = GFPFlags(rawValue: 0x20)
    /// `__GFP_IO`: may start physical I/O.
    public static let io = GFPFlags(rawValue: 0x40)
    /// `__GFP_FS`: may call down into file systems.
    public static let fs = GFPFlags(rawValue: 0x80)
    /// `__GFP_ZERO`: hand out zeroed pages.
    public static let zero = GFPFlags(rawValue: 0x100)
    /// `__GFP_ATOMIC`: the caller cannot wait and has high priority.
    public static let atomic = GFPFlags(rawValue: 0x200)
    /// `__GFP_DIRECT_RECLAIM`: the caller may sleep and reclaim memory itself.
    public static let directReclaim = GFPFlags(rawValue: 0x400)
    /// `__GFP_KSWAPD_RECLAIM`: wake kswapd when memory runs low.
    public static let kswapdReclaim = GFPFlags(rawValue: 0x800)
    /// `__GFP_WRITE`: the page will be dirtied.
    public static let write = GFPFlags(rawValue: 0x1000)
    /// `__GFP_NOWARN`: no report in the log when the request fails.
    public static let noWarn = GFPFlags(rawValue: 0x2000)
    /// `__GFP_RETRY_MAYFAIL`: try hard, but do not call the OOM killer.
    public static let retryMayFail = GFPFlags(rawValue: 0x4000)
    /// `__GFP_NOFAIL`: never give up.
    public static let noFail = GFPFlags(rawValue: 0x8000)
    /// `__GFP_NORETRY`: give up early.
    public static let noRetry = GFPFlags(rawValue: 0x10000)
    /// `__GFP_MEMALLOC`: may use all of memory, because it will free more soon.
    public static let memalloc = GFPFlags(rawValue: 0x20000)
    /// `__GFP_COMP`: make a compound page.
    public static let comp = GFPFlags(rawValue: 0x40000)
    /// `__GFP_NOMEMALLOC`: never use the emergency reserves.
    public static let noMemalloc = GFPFlags(rawValue: 0x80000)
    /// `__GFP_HARDWALL`: keep to the task's cpuset.
    public static let hardwall = GFPFlags(rawValue: 0x100000)
    /// `__GFP_THISNODE`: only from the node asked for.
    public static let thisNode = GFPFlags(rawValue: 0x200000)
    /// `__GFP_ACCOUNT`: charge the task's memory control group.
    public static let account = GFPFlags(rawValue: 0x400000)
    /// `__GFP_ZEROTAGS`: zero memory tags too; nothing on x86.
    public static let zeroTags = GFPFlags(rawValue: 0x800000)
    /// `__GFP_RECLAIM`: both ways of reclaim.
    public static let reclaim: GFPFlags = [.directReclaim, .kswapdReclaim]
}

/// The combinations that kernel code asks with.
extension GFPFlags {
    /// `GFP_ATOMIC`: cannot sleep, may use reserves. For interrupt handlers and spin locks.
    public static let gfpAtomic: GFPFlags = [.high, .atomic, .kswapdReclaim]
    /// `GFP_KERNEL`: ordinary kernel memory; may sleep.
    public static let kernel: GFPFlags = [.reclaim, .io, .fs]
    /// `GFP_KERNEL_ACCOUNT`: `GFP_KERNEL`, charged to a control group.
    public static let kernelAccount: GFPFlags = [.kernel, .account]
    /// `GFP_NOWAIT`: cannot sleep, gets no reserves.
    public static let noWait: GFPFlags = [.kswapdReclaim]
    /// `GFP_NOIO`: may sleep, starts no I/O.
    public static let noIO: GFPFlags = [.reclaim]
    /// `GFP_NOFS`: may sleep, calls no file system.
    public static let noFS: GFPFlags = [.reclaim, .io]
    /// `GFP_USER`: for user space, with a kernel address.
    public static let user: GFPFlags = [.reclaim, .io, .fs, .hardwall]
    /// `GFP_HIGHUSER`: for user space, needs no kernel address.
    public static let highUser: GFPFlags = [.user, .highmem]
    /// `GFP_HIGHUSER_MOVABLE`: for user space, no kernel address, and may be moved.
    public static let highUserMovable: GFPFlags = [.highUser, .movable]
    /// `GFP_TRANSHUGE_LIGHT`: huge page at a page fault.
    public static let transhugeLight =
        GFPFlags([.highUserMovable, .comp, .noMemalloc, .noWarn]).subtracting(.reclaim)
    /// `GFP_TRANSHUGE`: huge page, may reclaim directly.
    public static let transhuge: GFPFlags = [.transhugeLight, .directReclaim]
}

extension GFPFlags {
    /// The migrate type that the two mobility bits ask for, 0...3.
    ///
    /// Asking for both at once is a caller's mistake that the kernel only warns of; the
    /// result is then 3, the highatomic type.
    ///
    /// The corresponding kernel function is `gfp_migratetype` (include/linux/gfp.h, 6.1).
    @inlinable
    public var migrateType: MigrateType { MigrateType(rawValue: UInt8((rawValue >> 3) & 3))! }
}
