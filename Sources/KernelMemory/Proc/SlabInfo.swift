/// One line of `/proc/slabinfo`: a cache.
public struct SlabInfo: Hashable, Sendable {
    /// The cache's name.
    public var name: String
    /// Objects that the kernel counts as used.
    public var activeObjects: UInt32
    /// Objects in all slabs.
    public var objects: UInt32
    /// Bytes from one object to the next.
    public var objectSize: UInt32
    /// Objects in a slab of the usual order.
    public var objectsPerSlab: UInt32
    /// Pages of such a slab.
    public var pagesPerSlab: UInt32
    /// The settings of the classic allocator; zero for SLUB.
    public var tunables: CacheSnapshot.Tunables
    /// Slabs with objects in use; for SLUB all slabs.
    public var activeSlabs: UInt32
    /// All slabs.
    public var slabs: UInt32

    /// The numbers of a cache.
    ///
    /// The corresponding kernel function is `get_slabinfo` (mm/slub.c and mm/slab.c, 6.1).
    public init(_ cache: CacheSnapshot) {
        name = cache.name
        activeObjects = cache.activeCount
        objects = cache.objectCount
        objectSize = cache.size
        objectsPerSlab = cache.objectsPerSlab
        pagesPerSlab = 1 << cache.order
        tunables = cache.tunables
        activeSlabs = cache.activeSlabCount
        slabs = cache.slabCount
    }

    /// The line with its newline.
    ///
    /// The corresponding kernel function is `cache_show` (mm/slab_common.c, 6.1).
    public var text: String {
        name.filled(to: 17)
            + Self.columns([
                (activeObjects, 6), (objects, 6), (objectSize, 6), (objectsPerSlab, 4),
                (pagesPerSlab, 4),
            ]) + " : tunables"
            + Self.columns([
                (tunables.limit, 4), (tunables.batchCount, 4), (tunables.sharedFactor, 4),
            ])
            + " : slabdata"
            + Self.columns([(activeSlabs, 6), (slabs, 6), (tunables.sharedAvailable, 6)]) + "\n"
    }

    private static func columns(_ values: [(value: UInt32, width: Int)]) -> String {
        values.map { " " + "\($0.value)".padded(to: $0.width) }.joined()
    }

    /// The two lines above all others. `print_slabinfo_header`.
    public static let header =
        "slabinfo - version: 2.1\n"
        + "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
        + " : tunables <limit> <batchcount> <sharedfactor>"
        + " : slabdata <active_slabs> <num_slabs> <sharedavail>\n"
}

extension Machine {
    /// The text of `/proc/slabinfo`.
    public var slabInfoText: String {
        SlabInfo.header + caches.map { SlabInfo($0).text }.joined()
    }
}
