/// An area of the vmalloc address space at a moment.
public struct VmAreaSnapshot: Hashable, Sendable {
    /// Where an area's pages come from.
    public enum Kind: String, CaseIterable, Sendable {
        /// Its pages are its own. `VM_ALLOC`.
        case vmalloc
        /// It maps pages of others. `VM_MAP`.
        case vmap
        /// Device memory. `VM_IOREMAP`.
        case ioremap
        /// None of these.
        case other
    }

    /// What it is.
    public let kind: Kind
    /// Its addresses, guard page included.
    public let range: Range<UInt64>
    /// One past the last address that is mapped; the guard page begins there if there is one.
    public let mappedEnd: UInt64
    /// Bytes that were asked for.
    public let requestedBytes: UInt64
    /// Pages that it owns. `nr_pages`.
    public let pageCount: Int
    /// The step of the call that made it; 0 if none of this machine did.
    public let step: UInt32
    /// Who asked for it, as `/proc/vmallocinfo` says it.
    public let caller: String

    /// Its first address.
    public var start: VirtualAddress { VirtualAddress(range.lowerBound) }
    /// Bytes that are mapped.
    public var mappedBytes: UInt64 { mappedEnd - range.lowerBound }
    /// Where its guard page is; `nil` if it has none.
    public var guardPage: VirtualAddress? {
        mappedEnd < range.upperBound ? VirtualAddress(mappedEnd) : nil
    }
}

extension Machine {
    /// The areas in use, ascending.
    public var vmAreas: [VmAreaSnapshot] {
        core.vmap.pointee.areas.map { VmAreaSnapshot($0, core.callerText($0)) }
    }

    /// The areas in use whose first address is not below another.
    ///
    /// - Parameter limit: the most areas to return.
    public func vmAreas(from address: UInt64, limit: Int) -> [VmAreaSnapshot] {
        core.vmap.pointee.areas.lazy.drop { $0.range.start < address }.prefix(limit)
            .map { VmAreaSnapshot($0, core.callerText($0)) }
    }

    /// The area that an address falls into, guard page included; `nil` if it falls into none.
    ///
    /// - Complexity: O(log areas).
    public func vmArea(covering address: VirtualAddress) -> VmAreaSnapshot? {
        core.vmap.pointee.area(containing: address.rawValue)
            .map { core.snapshot($0) }
    }

    /// The step that freed the area which last lay around an address; `nil` if none is remembered.
    public func vmAreaFreed(at address: VirtualAddress) -> UInt32? {
        core.vmap.pointee.freedArea(containing: address.rawValue)?.step
    }

    /// Freed address space that waits for a purge, ascending.
    public var unpurgedVmRanges: [Range<UInt64>] {
        core.vmap.pointee.unpurged.ranges.map { $0.start..<$0.end }
    }
    /// Free address space, ascending.
    public var freeVmRanges: [Range<UInt64>] {
        core.vmap.pointee.free.ranges.map { $0.start..<$0.end }
    }
    /// Pages that wait for a purge, guard pages included. `vmap_lazy_nr`.
    public var lazyVmPages: UInt64 { core.vmap.pointee.lazyPages }
    /// How many may wait before the kernel purges by itself. `lazy_max_pages`.
    public var lazyVmPagesLimit: UInt64 { core.lazyPagesLimit }
    /// Pages that areas own. `nr_vmalloc_pages`.
    public var vmallocPageCount: Int64 { core.vmap.pointee.pageCount }
}

extension VmAreaSnapshot {
    init(_ area: VmArea, _ caller: String) {
        self.init(
            kind: Kind(area.flags), range: area.range.start..<area.range.end,
            mappedEnd: area.mappedEnd, requestedBytes: area.requested,
            pageCount: Int(area.pageCount), step: area.step,
            caller: caller)
    }
}

extension VmAreaSnapshot.Kind {
    fileprivate init(_ flags: VmFlags) {
        if flags.contains(.alloc) {
            self = .vmalloc
        } else if flags.contains(.map) {
            self = .vmap
        } else {
            self = flags.contains(.ioremap) ? .ioremap : .other
        }
    }
}

extension Core {
    fileprivate func snapshot(_ index: Int) -> VmAreaSnapshot {
        let area = vmap.pointee.areas[index]
        return VmAreaSnapshot(area, callerText(area))
    }
}
