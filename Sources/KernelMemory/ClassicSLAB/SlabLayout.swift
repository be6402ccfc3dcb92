/// How a classic cache cuts its pages: how many of them make a slab, how many objects fit, and where
/// the list of free objects stands.
struct SlabLayout: Hashable {
    /// Where a slab keeps its list of free objects, an array with one byte for each object.
    enum FreeListPlace: Hashable {
        /// In one of the free objects themselves; a full slab has none. `CFLGS_OBJFREELIST_SLAB`.
        case inFreeObject
        /// In an object of kmalloc's. `CFLGS_OFF_SLAB`.
        case offSlab
        /// In the last bytes of the slab.
        case endOfSlab
    }

    /// Bytes from one object to the next. `size`.
    var size: UInt32
    /// Base-2 logarithm of a slab's pages. `gfporder`.
    var order: UInt32
    /// Objects in a slab. `num`.
    var objects: UInt32
    /// Where the list of free objects is.
    var freeListPlace: FreeListPlace
    /// How many places the first object can have, 0 and 1 being the same. `colour`.
    var colours: UInt32
    /// Bytes between two of those places. `colour_off`.
    var colourStep: UInt32

    /// Bytes of the list of free objects. `freelist_size`.
    var freeListSize: UInt32 { objects }
}

extension SlabLayout {
    /// Computes it as the kernel does.
    ///
    /// - Parameters:
    ///   - objectSize: bytes that an owner may use, 1 or more.
    ///   - align: the alignment, completed by ``CacheGeometry/alignment(_:_:size:on:)``.
    ///   - largestOrder: the order at which good is good enough; ``Core/slabOrderLimit``.
    /// - Returns: `nil` if not even one object fits into the largest block of pages.
    ///
    /// The corresponding kernel function is `__kmem_cache_create` (mm/slab.c, 6.1).
    init?(
        objectSize: UInt32, align: UInt32, flags: CacheFlags, hasConstructor: Bool,
        largestOrder: UInt32, on architecture: Architecture
    ) {
        let size = max(objectSize.roundedUp(to: align), Self.leastObject.roundedUp(to: align))
        let search = OrderSearch(
            size: size, objectSize: objectSize, isReclaimable: flags.contains(.reclaimAccount),
            largestOrder: largestOrder)
        let keepsState = hasConstructor || flags.contains(.typesafeByRCU)
        let place: FreeListPlace
        let fit: OrderSearch.Fit
        if !keepsState, let found = search.best(.inFreeObject), found.objects <= objectSize {
            (place, fit) = (.inFreeObject, found)
        } else if let found = search.best(.offSlab), found.leftOver < found.objects {
            (place, fit) = (.offSlab, found)
        } else if let found = search.best(.endOfSlab) {
            (place, fit) = (.endOfSlab, found)
        } else {
            return nil
        }
        self.size = size
        order = fit.order
        objects = fit.objects
        freeListPlace = place
        colourStep = max(architecture.cacheLineSize, align)
        colours = fit.leftOver / colourStep
    }

    /// The smallest object, so that its number fits into a byte. `SLAB_OBJ_MIN_SIZE`.
    private static let leastObject: UInt32 = 16
}

/// The search for the order of a cache's slabs.
///
/// The corresponding kernel function is `calculate_slab_order` (mm/slab.c, 6.1).
private struct OrderSearch {
    var size: UInt32
    var objectSize: UInt32
    var isReclaimable: Bool
    var largestOrder: UInt32

    /// A slab of 2^order pages, and the bytes that no object has.
    struct Fit {
        var order: UInt32
        var objects: UInt32
        var leftOver: UInt32
    }

    /// The smallest order that wastes an eighth or less, or the best that is not too large.
    func best(_ place: SlabLayout.FreeListPlace) -> Fit? {
        var best: Fit?
        for order in 0...Order.largest {
            let fit = estimate(order, place)
            if fit.objects == 0 { continue }
            if fit.objects > Self.mostObjects { break }
            if place == .offSlab, !isWorthAnObject(fit.objects) { continue }
            best = fit
            if isReclaimable || order >= largestOrder { break }
            if fit.leftOver * 8 <= 4096 << order { break }
        }
        return best
    }

    /// The corresponding kernel function is `cache_estimate` (mm/slab.c, 6.1).
    private func estimate(_ order: UInt32, _ place: SlabLayout.FreeListPlace) -> Fit {
        let bytes: UInt32 = 4096 << order
        let each = place == .endOfSlab ? size + 1 : size
        return Fit(order: order, objects: bytes / each, leftOver: bytes % each)
    }

    /// Whether a list for so many objects takes no more than half an object elsewhere.
    private func isWorthAnObject(_ objects: UInt32) -> Bool {
        let index = KMallocSizes.index(objects, least: KMallocSizes.leastOfClassic)
        return KMallocSizes.bytes[index] <= objectSize / 2
    }

    /// Objects that one byte can name. `SLAB_OBJ_MAX_NUM`.
    private static let mostObjects: UInt32 = 255
}

extension Core {
    /// The order beyond which slabs do not grow only to waste less.
    ///
    /// The corresponding kernel variable is `slab_max_order` (mm/slab.c, 6.1).
    var slabOrderLimit: UInt32 {
        let pages = (0..<MachineShape.zoneCount).reduce(0) { $0 + UInt64(zones[$1].managed) }
        return pages > (32 << 20) >> 12 ? 1 : 0
    }
}
