/// An object of a slab, or the pages of a large kmalloc, at a moment.
public struct ObjectSnapshot: Sendable {
    /// The cache's number; `nil` for pages that kmalloc took from the page allocator.
    public let cache: UInt32?
    /// Whether kmalloc gives such objects.
    public let isKMalloc: Bool
    /// Where it starts.
    public let address: VirtualAddress
    /// Bytes that were asked for.
    public let requestedBytes: UInt64
    /// Bytes that the owner may use. `ksize`.
    public let allocatedBytes: UInt64
    /// First frame of the slab or of the pages.
    public let pfn: PageFrameNumber
    /// Base-2 logarithm of their number.
    public let order: Int
    /// The object's place in the slab; `nil` for pages.
    public let index: Int?
    /// Who has it.
    public let owner: SlabSnapshot.Owner
    /// The step that allocated it last; 0 if none did.
    public let allocatedAtStep: UInt32
    /// The step that freed it last; 0 if none did.
    public let freedAtStep: UInt32

    /// Whether somebody owns it.
    public var isLive: Bool { owner != .nobody }
}

extension Machine {
    /// The object that covers an address: of a slab, free or not, or a live large kmalloc.
    ///
    /// - Returns: `nil` between objects, and where there is neither.
    public func object(covering address: VirtualAddress) -> ObjectSnapshot? {
        guard let pfn = core.directFrame(address.rawValue) else { return nil }
        guard let number = core.slabNumber(of: pfn) else { return core.largeObject(covering: pfn) }
        let slab = core.readSlab(number).pointee
        let size = UInt64(core.readCache(slab.cache).pointee.geometry.size)
        guard address.rawValue >= slab.base else { return nil }
        let index = (address.rawValue - slab.base) / size
        guard index < UInt64(slab.objects) else { return nil }
        return core.objectSnapshot(ObjectPlace(slab: number, index: UInt16(index)))
    }

    /// The object that starts at an address.
    public func object(at address: VirtualAddress) -> ObjectSnapshot? {
        object(covering: address).flatMap { $0.address == address ? $0 : nil }
    }

    /// What callers got from kmalloc and have not freed, by the step that allocated it.
    ///
    /// - Complexity: O(objects of kmalloc's caches + frames that were ever touched).
    public var liveKMallocs: [ObjectSnapshot] {
        var found = core.liveObjects { self.core.readCache($0).pointee.isKMalloc }
        core.forEachLargeKMalloc { found.append($0) }
        return found.sorted { ($0.allocatedAtStep, $0.address) < ($1.allocatedAtStep, $1.address) }
    }

    /// What callers got from caches other than kmalloc's and have not freed, by step.
    public var liveCacheObjects: [ObjectSnapshot] {
        core.liveObjects { !self.core.readCache($0).pointee.isKMalloc }
            .sorted { ($0.allocatedAtStep, $0.address) < ($1.allocatedAtStep, $1.address) }
    }

    /// The objects of a cache that somebody owns, the kernel among them, lowest address first.
    ///
    /// - Parameter cache: the cache's number.
    public func liveObjects(ofCache cache: UInt32) -> [ObjectSnapshot] {
        core.slabNumbers(of: cache).flatMap { number in
            let slab = core.readSlab(number)
            return (0..<slab.pointee.objects).filter { slab.record($0).pointee.isLive }
                .map { core.objectSnapshot(ObjectPlace(slab: number, index: $0)) }
        }
    }
}

extension VirtualAddress: Comparable {
    /// Orders addresses by their place.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension ObjectCache {
    fileprivate var isKMalloc: Bool { geometry.flags.contains(.kmalloc) }
}

extension Core {
    fileprivate func objectSnapshot(_ place: ObjectPlace) -> ObjectSnapshot {
        let slab = readSlab(place.slab)
        let record = slab.record(place.index).pointee
        let cache = slab.pointee.cache
        let size = readCache(cache).pointee.geometry.objectSize
        return ObjectSnapshot(
            cache: cache, isKMalloc: readCache(cache).pointee.isKMalloc,
            address: VirtualAddress(address(of: place)),
            requestedBytes: UInt64(record.requested == 0 ? size : record.requested),
            allocatedBytes: usableSize(cache), pfn: PageFrameNumber(slab.pointee.pfn),
            order: Int(slab.pointee.order), index: Int(place.index), owner: record.owner,
            allocatedAtStep: record.allocated, freedAtStep: record.freed)
    }

    /// Objects that callers own, of the caches that a closure names.
    fileprivate func liveObjects(_ isWanted: (UInt32) -> Bool) -> [ObjectSnapshot] {
        var found: [ObjectSnapshot] = []
        slabs.pointee.forEach { number in
            let slab = readSlab(number)
            guard isWanted(slab.pointee.cache) else { return }
            for index in 0..<slab.pointee.objects
            where slab.record(index).pointee.owner == .caller {
                found.append(objectSnapshot(ObjectPlace(slab: number, index: index)))
            }
        }
        return found
    }

    /// The large kmalloc whose pages cover a frame.
    fileprivate func largeObject(covering pfn: UInt32) -> ObjectSnapshot? {
        guard let block = liveBlock(covering: pfn) else { return nil }
        return largeObject(at: block.pfn)
    }

    private func largeObject(at pfn: UInt32) -> ObjectSnapshot? {
        let frame = frames.readable(pfn).pointee
        guard frame.has(Frame.live), frame.has(Frame.largeKMalloc) else { return nil }
        return ObjectSnapshot(
            cache: nil, isKMalloc: true, address: VirtualAddress(directAddress(pfn)),
            requestedBytes: UInt64(frame.next), allocatedBytes: 4096 << UInt64(frame.order),
            pfn: PageFrameNumber(pfn), order: Int(frame.order), index: nil, owner: .caller,
            allocatedAtStep: frame.step, freedAtStep: 0)
    }

    fileprivate func forEachLargeKMalloc(_ body: (ObjectSnapshot) -> Void) {
        forEachLiveFrame { if let object = largeObject(at: $0) { body(object) } }
    }
}
