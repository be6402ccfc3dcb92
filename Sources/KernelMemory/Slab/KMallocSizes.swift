/// The caches that kmalloc takes from: one for each size and family.
enum KMallocSizes {
    /// Bytes of an object, by the kernel's index; index 0 is unused.
    static let bytes: [UInt32] = [0, 96, 192, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
    /// Bytes of the largest object. `KMALLOC_MAX_CACHE_SIZE`.
    static let largest: UInt64 = 8192
    /// How many indices there are.
    static let count = 14
    /// Classes of eight bytes that the small sizes make, up to 192 bytes. `size_index`.
    static let smallCount = 24
    /// The pointer that a request for no bytes gets: not NULL, and not to be touched.
    static let zeroSizePointer: UInt64 = 16

    /// The name of a cache. `kmalloc_info`.
    static func name(_ family: KMallocFamily, _ index: Int) -> String {
        let size = bytes[index]
        return family.prefix + (size >= 1024 ? "\(size / 1024)k" : "\(size)")
    }

    /// The index of the cache for a size of 1...8,192 bytes.
    ///
    /// The corresponding kernel function is `kmalloc_slab` (mm/slab_common.c, 6.1).
    @inline(__always)
    static func index(_ size: UInt32, least: UInt32) -> Int {
        if size <= least { return 31 - least.leadingZeroBitCount }
        if size <= 192 {
            if size > 128 { return 2 }
            if size > 64, size <= 96 { return 1 }
        }
        return 32 - (size - 1).leadingZeroBitCount
    }
}

/// Which pages a kmalloc cache takes.
///
/// The corresponding kernel type is `enum kmalloc_cache_type` (include/linux/slab.h, 6.1).
enum KMallocFamily: Int, CaseIterable {
    /// Ordinary memory.
    case normal
    /// Memory that can be reclaimed.
    case reclaimable
    /// The first 16 MiB.
    case dma

    var prefix: String { ["kmalloc-", "kmalloc-rcl-", "dma-kmalloc-"][rawValue] }
    var flags: CacheFlags { [[], .reclaimAccount, .cacheDMA][rawValue] }

    /// The family that a gfp mask asks for. `kmalloc_type`.
    @inline(__always)
    init(_ gfp: GFPFlags) {
        self = gfp.contains(.dma) ? .dma : gfp.contains(.reclaimable) ? .reclaimable : .normal
    }
}
