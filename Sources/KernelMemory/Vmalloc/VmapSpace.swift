/// The address space of vmalloc: what is in use, what is free, and what was freed but may still stand
/// in a TLB.
struct VmapSpace: Hashable {
    /// Areas in use, ascending. `vmap_area_list`.
    private(set) var areas: [VmArea] = []
    /// Free address space. `free_vmap_area_list`.
    var free = VmapRanges()
    /// Freed lazily, not yet to be used again. `purge_vmap_area_list`.
    var unpurged = VmapRanges()
    /// Pages of those, guard pages included. `vmap_lazy_nr`.
    var lazyPages: UInt64 = 0
    /// Whether the worker that purges was woken and has not run yet. `drain_vmap_work`.
    var isDrainQueued = false
    /// When that worker runs.
    var worker = VmapWorker.prompt
    /// Those whom a recording names.
    var recordedCallers: [String] = []
    /// Pages behind areas. `nr_vmalloc_pages`.
    var pageCount: Int64 = 0
    /// The newest of the areas that are gone.
    private var freed: [FreedArea] = []
    /// The cache that each `struct vmap_area` comes from. `vmap_area_cachep`.
    var cache: UInt32 = 0
    /// One `struct vmap_area` for each CPU that may have to split free space; 0 for none.
    /// `ne_fit_preload_node`.
    var preloaded: [UInt64] = []

    /// What is known of an area that is gone.
    struct FreedArea: Hashable {
        /// The step that made it; `nil` if none of this machine did.
        var allocated: UInt32?
        /// The step that freed it.
        var step: UInt32
        /// Its addresses, guard page included.
        var range: Range<UInt64>
    }

    /// The area that an address falls into, guard page included; `nil` if it falls into none.
    ///
    /// - Complexity: O(log areas).
    ///
    /// The corresponding kernel function is `find_vm_area` (mm/vmalloc.c, 6.1).
    func area(containing address: UInt64) -> Int? {
        let index = firstIndex(endingAfter: address)
        return index < areas.count && areas[index].range.start <= address ? index : nil
    }

    /// Adds an area where it belongs.
    mutating func insert(_ area: VmArea) {
        areas.insert(area, at: firstIndex(endingAfter: area.range.start))
    }

    /// Takes an area out.
    mutating func remove(at index: Int) -> VmArea { areas.remove(at: index) }

    /// Changes an area, but for its place.
    mutating func change(_ index: Int, _ body: (inout VmArea) -> Void) { body(&areas[index]) }

    private func firstIndex(endingAfter address: UInt64) -> Int {
        areas.partitionPoint { $0.range.end > address }
    }
}

/// When the kernel's worker runs that purges lazily freed areas, once it is woken.
///
/// The scheduler decides it; a machine of ours has always the first.
package enum VmapWorker: Hashable, Sendable {
    /// When the call that woke it first gives way, between two pages that it frees.
    case prompt
    /// When that call is done.
    case afterCall
    /// Not at all.
    case absent
}

extension Machine {
    /// Has the worker run at another moment from now on.
    package mutating func schedule(_ worker: VmapWorker) {
        guard beginCall() else { return }
        core.vmap.pointee.worker = worker
    }
}

extension Core {
    /// Everything but the first byte of the address space is free.
    ///
    /// The corresponding kernel function is `vmap_init_free_space` (mm/vmalloc.c, 6.1).
    func makeVmapSpace() {
        var space = VmapSpace()
        _ = space.free.add(VmapRange(start: 1, end: pointerMask, object: VmapRange.elsewhere))
        space.preloaded = Array(repeating: 0, count: shape.cpuCount)
        vmap.pointee = space
        findVmapCache()
    }

    /// Finds the cache that each `struct vmap_area` comes from, once there are caches.
    func findVmapCache() {
        let size = shape.architecture == .i386 ? 32 : 64
        let other = kmallocCaches[KMallocSizes.index(UInt32(size), least: leastKMallocSize)]
        vmap.pointee.cache = cold.registry.number(named: "vmap_area") ?? other
    }
}

extension VmapSpace {
    /// How many areas that are gone are remembered.
    private static let freedLimit = 512

    /// Remembers an area that is gone.
    mutating func note(_ area: FreedArea) {
        if freed.count == Self.freedLimit { freed.removeFirst(Self.freedLimit / 2) }
        freed.append(area)
    }

    /// The newest of the areas that lay around an address and are gone; `nil` if none is remembered.
    func freedArea(containing address: UInt64) -> FreedArea? {
        freed.last { $0.range.contains(address) }
    }
}
