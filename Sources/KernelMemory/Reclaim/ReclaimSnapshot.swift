/// A cache's shrinker at a moment.
public struct ShrinkerSnapshot: Hashable, Sendable {
    /// The name of its cache.
    public let cache: String
    /// Where the cache's `struct kmem_cache` stands.
    public let address: VirtualAddress
    /// Objects that are kept but not used, the one to be freed next first.
    public let unused: [VirtualAddress]
    /// Objects that should have been looked at before and were not. `nr_deferred`.
    public let deferred: Int
    /// Objects that were looked at since the shrinker was registered.
    public let scanned: Int
    /// Objects that were freed since then.
    public let freed: Int
    /// Pages that went back to the page allocator with them.
    public let pagesFreed: Int
}

/// A home-made list of free objects at a moment.
public struct FreeListSnapshot: Hashable, Sendable {
    /// Names the list in this machine.
    public let number: UInt32
    /// What its owner calls it.
    public let name: String
    /// Bytes of an object.
    public let size: UInt32
    /// Its free objects, the one to be handed out next first.
    public let objects: [VirtualAddress]
    /// Objects that it handed out.
    public let gets: Int
    /// Those of them for which kmalloc was not needed.
    public let hits: Int
}

extension Machine {
    /// The shrinkers, in the order in which reclaim asks them.
    ///
    /// - Complexity: O(unused objects).
    public var shrinkers: [ShrinkerSnapshot] {
        core.cold.reclaim.shrinkers.map { shrinker in
            ShrinkerSnapshot(
                cache: core.cold.registry.name(shrinker.cache),
                address: VirtualAddress(core.readCache(shrinker.cache).pointee.address),
                unused: shrinker.unused.objects.map { VirtualAddress($0.address) },
                deferred: shrinker.deferred, scanned: shrinker.scanned, freed: shrinker.freed,
                pagesFreed: shrinker.pagesFreed)
        }
    }

    /// The home-made lists, oldest first.
    public var freeLists: [FreeListSnapshot] {
        core.cold.reclaim.freeLists.enumerated().map { index, list in
            FreeListSnapshot(
                number: UInt32(index + 1), name: list.name, size: list.size,
                objects: list.objects.reversed().map { VirtualAddress($0) }, gets: list.gets,
                hits: list.hits)
        }
    }

    /// How many home-made lists there are.
    public var freeListCount: Int { core.cold.reclaim.freeLists.count }

    /// Whether an object is on a home-made list.
    public func isOnFreeList(_ object: VirtualAddress) -> Bool {
        core.cold.reclaim.stored.contains(object.rawValue)
    }

    /// Whether a shrinker may free an object.
    public func isUnused(_ object: ObjectSnapshot) -> Bool {
        guard let cache = object.cache, let index = core.cold.reclaim.index(of: cache) else {
            return false
        }
        return core.cold.reclaim.shrinkers[index].unused.contains(object.address.rawValue)
    }

    /// Requests that had to reclaim before they could be served, or failed. `allocstall`.
    public var directReclaims: Int { core.cold.reclaim.directReclaims }

    /// Pages that nobody has, on the buddy lists and on those of the CPUs.
    public var freePages: Int { core.freePagesInAll }
}
