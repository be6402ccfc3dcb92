/// The sizes of a cache: how its objects lie in memory, and how many slabs are kept for later.
struct CacheGeometry: Hashable {
    /// Bytes of an object that its owner may use. `object_size`.
    var objectSize: UInt32
    /// Bytes from one object to the next, with all that stands between. `size`.
    var size: UInt32
    /// Alignment of an object. `align`.
    var align: UInt32
    /// Where a free object holds the pointer to the next one. `offset`.
    var freePointerOffset: UInt32
    /// Bytes up to where what SLUB keeps behind an object starts. `inuse`.
    var inuse: UInt32
    /// Bytes of red zone before an object. `red_left_pad`.
    var redLeftPad: UInt32
    /// Base-2 logarithm of a slab's pages, when they can be had. `oo`.
    var order: UInt32
    /// Objects in such a slab.
    var objects: UInt32
    /// The smallest order that holds an object, for times of need. `min`.
    var minOrder: UInt32
    /// Objects in such a slab.
    var minObjects: UInt32
    /// Slabs that stay on the cache's list although they are empty. `min_partial`.
    var minPartial: UInt32
    /// Free objects that a CPU may keep beside its slab. `cpu_partial`.
    var cpuPartial: UInt32
    /// The slabs that this makes, taken as half full. `cpu_partial_slabs`.
    var cpuPartialSlabs: UInt32
    /// The cache's flags.
    var flags: CacheFlags
    /// What it always asks the page allocator for. `allocflags`.
    var allocationFlags: GFPFlags
    /// What its constructor fills new objects with.
    var constructor: Constructor
    /// 2^48 / ``size``, to divide by it.
    var reciprocal: UInt64
}

extension CacheGeometry {
    /// Computes the sizes as the kernel does.
    ///
    /// - Parameters:
    ///   - objectSize: bytes that an owner may use, 1 or more.
    ///   - align: the alignment asked for, completed by ``alignment(_:_:size:on:)``.
    /// - Returns: `nil` if not even one object fits into the largest block of pages.
    ///
    /// The corresponding kernel functions are `calculate_sizes`, `set_min_partial` and
    /// `set_cpu_partial` (mm/slub.c, 6.1).
    init?(
        objectSize: UInt32, align: UInt32, flags: CacheFlags, constructor: Constructor,
        on machine: MachineShape
    ) {
        let word = machine.architecture.pointerSize
        var flags = flags
        var size = objectSize.roundedUp(to: word)
        if flags.contains(.poison), constructor == .none, !flags.contains(.typesafeByRCU) {
            flags.insert(.poisonsObjects)
        }
        if flags.contains(.redZone), size == objectSize { size += word }
        inuse = size
        let isOutside =
            !flags.isDisjoint(with: [.poison, .typesafeByRCU])
            || (flags.contains(.redZone) && objectSize < word)
            || constructor != .none
        freePointerOffset = isOutside ? size : objectSize / 2 / word * word
        if isOutside { size += word }
        if flags.contains(.storeUser) {
            size += 2 * machine.architecture.trackSize
            if flags.contains(.kmalloc) { size += 4 }
        }
        redLeftPad = flags.contains(.redZone) ? word.roundedUp(to: align) : 0
        if flags.contains(.redZone) { size += word + redLeftPad }
        size = size.roundedUp(to: align)
        guard let order = Self.order(size, cpus: machine.cpuCount) else { return nil }
        self.objectSize = objectSize
        self.size = size
        self.align = align
        self.order = order
        self.flags = flags
        self.constructor = constructor
        objects = Self.objects(order, size)
        minOrder = Self.pageOrder(size)
        minObjects = Self.objects(minOrder, size)
        minPartial = min(10, max(5, UInt32(31 - size.leadingZeroBitCount) / 2))
        cpuPartial =
            flags.isDebugging ? 0 : size >= 4096 ? 6 : size >= 1024 ? 24 : size >= 256 ? 52 : 120
        cpuPartialSlabs = (cpuPartial * 2 + objects - 1) / objects
        allocationFlags = flags.allocationFlags
        if order != 0 { allocationFlags.insert(.comp) }
        reciprocal = (1 << 48) / UInt64(size) + 1
    }

    /// The alignment of a cache's objects: what was asked for, the processor's cache line if that
    /// was asked for and the object fills it, and never less than eight bytes.
    ///
    /// The corresponding kernel function is `calculate_alignment` (mm/slab_common.c, 6.1).
    static func alignment(
        _ flags: CacheFlags, _ align: UInt32, size: UInt32, on architecture: Architecture
    ) -> UInt32 {
        var align = align
        if flags.contains(.hardwareCacheAlign) {
            var line = architecture.cacheLineSize
            while size <= line / 2 { line /= 2 }
            align = max(align, line)
        }
        return max(align, 8).roundedUp(to: architecture.pointerSize)
    }
}

// MARK: - How large a slab is

extension CacheGeometry {
    /// Objects in a block of 2^order pages. `order_objects`.
    static func objects(_ order: UInt32, _ size: UInt32) -> UInt32 { (4096 << order) / size }

    /// The smallest order whose blocks have so many bytes. `get_order`.
    static func pageOrder(_ size: UInt32) -> UInt32 {
        let pages = (size - 1) >> 12
        return UInt32(32 - pages.leadingZeroBitCount)
    }

    private static let largestOrder: UInt32 = 3

    /// The order of a cache's slabs: enough objects to be worth a trip to the page allocator, with
    /// little waste at the end.
    ///
    /// The corresponding kernel function is `calculate_order` (mm/slub.c, 6.1).
    private static func order(_ size: UInt32, cpus: Int) -> UInt32? {
        let wanted = 4 * UInt32(Int.bitWidth - cpus.leadingZeroBitCount + 1)
        var least = min(wanted, objects(largestOrder, size))
        while least > 1 {
            for fraction: UInt32 in [16, 8, 4] {
                let order = order(size, least: least, wasteAtMost: fraction, upTo: largestOrder)
                if order <= largestOrder { return order }
            }
            least -= 1
        }
        let single = order(size, least: 1, wasteAtMost: 1, upTo: largestOrder)
        if single <= largestOrder { return single }
        let huge = order(size, least: 1, wasteAtMost: 1, upTo: Order.largest + 1)
        return huge <= Order.largest ? huge : nil
    }

    /// The corresponding kernel function is `calc_slab_order` (mm/slub.c, 6.1).
    private static func order(
        _ size: UInt32, least: UInt32, wasteAtMost fraction: UInt32, upTo limit: UInt32
    ) -> UInt32 {
        if objects(0, size) > ObjectIndex.limit {
            return pageOrder(size * ObjectIndex.limit) - 1
        }
        var order = pageOrder(least * size)
        while order <= limit {
            let bytes: UInt32 = 4096 << order
            if bytes % size <= bytes / fraction { break }
            order += 1
        }
        return order
    }
}

extension UInt32 {
    /// The next multiple of a power of two.
    func roundedUp(to alignment: UInt32) -> UInt32 { (self + alignment - 1) & ~(alignment - 1) }
}

extension Architecture {
    /// Bytes in a pointer.
    public var pointerSize: UInt32 { self == .i386 ? 4 : 8 }
    /// Bytes in a line of the processor's cache. `cache_line_size`.
    var cacheLineSize: UInt32 { self == .i386 ? 32 : 64 }
    /// Bytes in a `struct track`, who allocated or freed an object.
    var trackSize: UInt32 { self == .i386 ? 20 : 32 }
}
