/// How much of what is dear to keep and to look at a machine holds.
public struct MachineHoldings: Equatable, Sendable {
    /// Blocks of pages that callers own, and objects that slabs have room for, free ones included.
    public var objects = 0
    /// Areas of the vmalloc address space.
    public var areas = 0
    /// Caches of objects, one for each name: those that were merged have several.
    public var caches = 0
    /// Locks that are held.
    public var locks = 0

    /// Nothing.
    public init() {}
}

extension Machine {
    /// What the machine holds.
    ///
    /// - Complexity: O(frames in chunks that were ever written + slabs).
    public var holdings: MachineHoldings {
        var holdings = MachineHoldings()
        core.forEachLiveFrame { _ in holdings.objects += 1 }
        core.slabs.pointee.forEach { holdings.objects += Int(core.readSlab($0).pointee.objects) }
        holdings.areas = core.vmap.pointee.areas.count
        holdings.caches = core.cold.registry.order.count + core.cold.registry.aliases.count
        holdings.locks = contexts.cpus.reduce(0) { $0 + $1.locks.count }
        return holdings
    }
}
