/// The simulator's own knowledge of what callers did wrong, whether the kernel noticed or not.
extension Core {
    /// Whether a rule was broken that can leave frames in any state.
    @inline(__always)
    var isCorrupted: Bool { control.pointee.state & Control.corrupted != 0 }

    /// From now on the allocator checks each frame of a block as the kernel does.
    func markCorrupted() { control.pointee.state |= Control.corrupted }

    /// Records a broken rule.
    @inline(never)
    func noteMisuse(
        _ code: Misuse.Code, pfn: UInt32?, order: UInt32, expectedOrder: UInt32? = nil,
        allocatedAtStep: UInt32? = nil, freedAtStep: UInt32? = nil, cache: String? = nil
    ) {
        var misuse = Misuse(
            code: code, step: control.pointee.step, pfn: pfn.map { PageFrameNumber($0) },
            order: order, expectedOrder: expectedOrder, allocatedAtStep: allocatedAtStep,
            freedAtStep: freedAtStep, noticedByKernel: false)
        misuse.cache = cache
        control.pointee.notedStep = control.pointee.step
        cold.add(misuse)
    }

    /// Records a broken rule that concerns an address or an object.
    ///
    /// - Parameters:
    ///   - address: what the caller passed.
    ///   - place: the object concerned; its users' steps are taken from it.
    ///   - cache: the cache that the caller named.
    ///   - objectCount: how many objects are concerned.
    ///   - circumstance: why the CPU must not sleep, or whose mapping was undone.
    @inline(never)
    func noteMisuse(
        _ code: Misuse.Code, pfn: UInt32? = nil, at address: UInt64?, _ place: ObjectPlace? = nil,
        allocatedAtStep: UInt32? = nil, freedAtStep: UInt32? = nil, cache: String? = nil,
        objectCount: UInt32? = nil, circumstance: String? = nil
    ) {
        let record = place.map { readSlab($0.slab).record($0.index).pointee }
        var misuse = Misuse(
            code: code, step: control.pointee.step, pfn: pfn.map { PageFrameNumber($0) }, order: 0,
            expectedOrder: nil, allocatedAtStep: allocatedAtStep ?? record?.allocatedStep,
            freedAtStep: freedAtStep ?? record?.freedStep, noticedByKernel: false)
        misuse.address = address.map { VirtualAddress($0) }
        misuse.object = place.map { describe($0) }
        misuse.cache = cache
        misuse.objectCount = objectCount
        misuse.circumstance = circumstance
        misuse.isOfClassicSlab = hasArrayCaches
        control.pointee.notedStep = control.pointee.step
        cold.add(misuse)
    }

    private func describe(_ place: ObjectPlace) -> Misuse.Object {
        let slab = readSlab(place.slab)
        let record = slab.record(place.index).pointee
        return Misuse.Object(
            address: VirtualAddress(address(of: place)),
            cache: cold.registry.name(slab.pointee.cache),
            sizeInBytes: readCache(slab.pointee.cache).pointee.geometry.objectSize,
            requestedInBytes: record.requested == 0 ? nil : record.requested,
            isKernels: record.isKernels, isLive: record.isLive)
    }

    /// The live block that covers a frame; `nil` if nobody owns it.
    ///
    /// - Complexity: O(1,024): blocks freed with a wrong order need not be aligned.
    func liveBlock(covering pfn: UInt32) -> (pfn: UInt32, order: UInt32, step: UInt32)? {
        let lowest = pfn >= 1 << Order.largest ? pfn + 1 - 1 << Order.largest : 0
        var candidate = pfn
        while true {
            let frame = frames.readable(candidate).pointee
            if frame.has(Frame.live), candidate + (1 << frame.order) > pfn {
                return (candidate, frame.order, frame.step)
            }
            if candidate == lowest { return nil }
            candidate -= 1
        }
    }

    /// Records that a block is about to be handed out although somebody still owns part of it.
    @inline(never)
    func noteOverlap(_ pfn: UInt32, order: UInt32) {
        var owner = liveBlock(covering: pfn)
        var current = pfn
        let end = min(pfn + (1 << order), shape.frameEnd)
        while owner == nil, current < end {
            let frame = frames.readable(current).pointee
            if frame.has(Frame.live) { owner = (current, frame.order, frame.step) }
            current += 1
        }
        guard let owner else { return }
        noteMisuse(
            .handedOutTwice, pfn: max(pfn, owner.pfn), order: order,
            allocatedAtStep: owner.step)
    }
}
