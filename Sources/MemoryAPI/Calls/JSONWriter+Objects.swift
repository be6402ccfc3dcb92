import KernelMemory

/// Objects of caches, and what kmalloc has no cache for.
extension JSONWriter {
    /// Writes the members that say where an object is and how large.
    mutating func object(_ object: ObjectSnapshot, _ machine: borrowing Machine) {
        member("address", address: object.address.rawValue)
        member("cache", orNull: object.cache.map { machine.cacheName($0) })
        member("bytes_req", object.requestedBytes)
        member("bytes_alloc", object.allocatedBytes)
        member("pfn", object.pfn.rawValue)
        member("order", object.order)
        member("index", orNull: object.index)
    }

    /// Writes the members of an object in a list: also who allocated it.
    mutating func liveObject(_ object: ObjectSnapshot, _ view: SessionView) {
        let isCallers = object.owner == .caller
        member("id", orNull: isCallers ? object.allocatedAtStep : nil)
        self.object(object, view.machine)
        member("allocated_at_step", object.allocatedAtStep)
        memberCall(view.call(of: object.allocatedAtStep))
    }

    /// Writes the cache that `kmem_cache_create` returned, if it did.
    mutating func newCache(_ returned: Outcome.Returned, _ machine: borrowing Machine) {
        guard case .address(let address) = returned, let number = machine.cacheNumber(at: address)
        else { return }
        object("cache") { json in json.cache(machine.cache(number)) }
    }
}

extension Machine {
    /// The object that a call returned; `nil` if it is none that it allocated or resized.
    func allocatedObject(_ call: KernelCall, _ returned: Outcome.Returned) -> ObjectSnapshot? {
        guard call.allocatesObject, case .address(let address) = returned else { return nil }
        return object(at: address).flatMap { $0.isLive ? $0 : nil }
    }
}
