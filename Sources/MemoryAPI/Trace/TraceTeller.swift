import KernelMemory

/// Makes calls once more and tells their events.
///
/// Calls that the kernel's events tell become those; every other one becomes a mark with the call in it, so
/// that whoever reads the trace can make it, too. A free of what no event has told of is such a call.
struct TraceTeller {
    private(set) var machine: Machine
    /// Whether the trace begins with the machine, so that nothing is there that it does not tell of.
    private let isWhole: Bool
    /// First frames of blocks that events told of and that are in use.
    private var frames: Set<UInt32> = []
    /// Objects that events told of and that are in use, with their caches; `nil` for those of kmalloc.
    private var objects: [UInt64: String?] = [:]

    /// Begins behind a step.
    init(_ machine: Machine) {
        self.machine = machine
        isWhole = machine.step == 0
    }

    /// Makes the next call.
    ///
    /// - Returns: its events in order.
    mutating func tell(_ call: KernelCall) -> [TraceEvent] {
        let before = machine
        let (outcome, why) = machine.explain(call)
        let inner = TracedDecisions(why, result: result(call, outcome.returned), machine).events
        if let event = event(call, outcome.returned, before) {
            switch event {
            // What it is made of comes before an allocation, and behind a free.
            case .kfree, .cacheFree: return [event] + inner
            default: return inner + [event]
            }
        }
        if call.isAllocation, let pages = pages(call, outcome.returned, inner) { return pages }
        if call.freesPages, forgetPages(inner) { return inner }
        return marked(call, inner)
    }

    /// The frame that the call's last request for pages came to, if it was the caller's own.
    private func result(_ call: KernelCall, _ returned: Outcome.Returned) -> PageFrameNumber? {
        guard call.isAllocation || call.allocatesObject else { return nil }
        return machine.frame(returned)
    }

    private func marked(_ call: KernelCall, _ inner: [TraceEvent]) -> [TraceEvent] {
        let text = call.description
        // What the caller wrote is not in the text of a store.
        let isRepeatable = (try? KernelCall(parsing: text))?.description == text
        let mark = isRepeatable ? text : "# \(text)"
        return inner.isEmpty ? [.mark(mark)] : [.mark(mark + " {")] + inner + [.mark("}")]
    }
}

// MARK: - Objects

extension TraceTeller {
    private mutating func event(
        _ call: KernelCall, _ returned: Outcome.Returned, _ before: Machine
    ) -> TraceEvent? {
        switch call {
        case .kmalloc(let size, let gfp): return allocated(size, gfp, returned)
        case .kzalloc(let size, let gfp): return allocated(size, gfp.union(.zero), returned)
        case .kmemCacheAlloc(let cache, let gfp): return object(of: cache, gfp, returned)
        case .kmemCacheZalloc(let cache, let gfp):
            return object(of: cache, gfp.union(.zero), returned)
        case .kfree(let address): return freed(address, cache: nil)
        case .kvfree(let address):
            return objects[address.rawValue] == nil ? nil : freed(address, cache: nil)
        case .kmemCacheFree(let cache, let object):
            guard let name = before.name(ofCacheAt: cache) else { return nil }
            return freed(object, cache: name)
        default: return nil
        }
    }

    private mutating func allocated(
        _ size: UInt64, _ gfp: GFPFlags, _ returned: Outcome.Returned
    ) -> TraceEvent? {
        switch returned {
        case .address(let address):
            // kmalloc(0) gives the same address to all.
            let bytes = machine.object(at: address)?.allocatedBytes
            guard let bytes, size > 0 else { return nil }
            objects[address.rawValue] = .some(nil)
            return .kmalloc(address, requested: size, allocated: bytes, gfp)
        case .null: return .kmalloc(VirtualAddress(0), requested: size, allocated: 0, gfp)
        default: return nil
        }
    }

    private mutating func object(
        of cache: VirtualAddress, _ gfp: GFPFlags, _ returned: Outcome.Returned
    ) -> TraceEvent? {
        guard let number = machine.cacheNumber(at: cache) else { return nil }
        let shape = machine.cache(number)
        let address: VirtualAddress
        switch returned {
        case .address(let object):
            address = object
            objects[address.rawValue] = shape.name
        case .null: address = VirtualAddress(0)
        default: return nil
        }
        return .cacheAlloc(
            address, requested: UInt64(shape.objectSize), allocated: UInt64(shape.size), gfp,
            cache: shape.name)
    }

    /// A free of an object that an event told of, by the function that is for it; any, if the trace begins
    /// in the middle.
    private mutating func freed(_ address: VirtualAddress, cache: String?) -> TraceEvent? {
        let event = cache.map { TraceEvent.cacheFree(address, cache: $0) } ?? .kfree(address)
        if address.rawValue == 0 { return cache == nil ? event : nil }
        guard let owner = objects[address.rawValue] else { return isWhole ? nil : event }
        guard cache == nil || owner == cache else { return nil }
        objects[address.rawValue] = nil
        return event
    }
}

extension Machine {
    fileprivate func name(ofCacheAt address: VirtualAddress) -> String? {
        cacheNumber(at: address).map { cacheName($0) }
    }
}

// MARK: - Pages

extension TraceTeller {
    /// The events of a request for pages; `nil` if they do not tell what it came to.
    private mutating func pages(
        _ call: KernelCall, _ returned: Outcome.Returned, _ inner: [TraceEvent]
    ) -> [TraceEvent]? {
        guard case .pageAlloc(let pfn, _, _, _)? = inner.last, pfn == machine.frame(returned) else {
            return nil
        }
        if let pfn { frames.insert(pfn.rawValue) }
        return inner
    }

    /// Forgets a block whose free is told by one event.
    ///
    /// - Returns: whether events told of it before.
    private mutating func forgetPages(_ inner: [TraceEvent]) -> Bool {
        guard inner.count == 1, case .pageFree(let pfn, _) = inner[0] else { return false }
        return frames.remove(pfn.rawValue) != nil || !isWhole
    }
}

extension KernelCall {
    /// Whether it frees pages by the page allocator's own functions.
    fileprivate var freesPages: Bool {
        switch self {
        case .freePagesOf, .freePageOf, .freePages, .freePage: true
        default: false
        }
    }
}
