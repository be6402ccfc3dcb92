import KernelMemory
import MicroHTTPD

/// Finding what kmalloc and caches gave, by id or by address.
extension SessionView {
    /// The part of the interface that an allocation belongs to.
    enum ObjectScope {
        /// `/kmalloc`.
        case kmalloc
        /// `/caches/{name}/objects`, of the cache of this number.
        case cache(UInt32)

        fileprivate func contains(_ object: ObjectSnapshot) -> Bool {
            switch self {
            case .kmalloc: object.isKMalloc
            case .cache(let number): object.cache == number
            }
        }
    }

    /// The live object that a path names.
    ///
    /// - Throws: a problem that says whether it was freed or never was.
    func liveObject(
        _ reference: Reference, in scope: ObjectScope
    ) throws(Problem) -> ObjectSnapshot {
        switch reference {
        case .id(let id): return try liveObject(id, in: scope)
        case .address(let address):
            let object = machine.object(covering: VirtualAddress(address))
            guard let object, object.isLive, scope.contains(object) else {
                throw noSuchObject(
                    reference, in: scope, "Nothing live covers \(reference.text) here.")
            }
            return object
        }
    }

    private func liveObject(
        _ id: UInt32, in scope: ObjectScope
    ) throws(Problem) -> ObjectSnapshot {
        guard let address = allocatedObject(by: id) else { throw noSuchObject(id, in: scope) }
        guard let object = machine.object(at: address), object.owner == .caller,
            object.allocatedAtStep == id
        else { throw alreadyFreed(id, address) }
        guard scope.contains(object) else { throw noSuchObject(id, in: scope) }
        return object
    }

    /// The refusal of an id whose allocation is given up.
    private func alreadyFreed(_ id: UInt32, _ address: VirtualAddress) -> Problem {
        let step = freeingStep(of: address, after: id)
        if let step, case .freeListPut = call(of: step) {
            return Problem(alreadyFreed: id, "Allocation \(id) was put on a list", at: step)
        }
        return Problem(alreadyFreed: id, "Allocation \(id) was freed", at: step)
    }

    private func noSuchObject(_ id: UInt32, in scope: ObjectScope) -> Problem {
        noSuchObject(.id(id), in: scope, whatElse(id))
    }

    private func noSuchObject(
        _ reference: Reference, in scope: ObjectScope, _ detail: String
    ) -> Problem {
        let wanted =
            switch scope {
            case .kmalloc: "an allocation of kmalloc's"
            case .cache(let cache): "an object of the cache \(machine.cacheName(cache))"
            }
        return Problem(.noSuchAllocation, detail, reference, wanted: wanted)
    }

    /// What a step allocated that did not allocate what was looked for.
    private func whatElse(_ id: UInt32) -> String {
        if allocatedFrame(by: id) != nil {
            return "Step \(id) allocated pages: they are at /pages/\(id)."
        }
        if madeArea(by: id) != nil {
            return "Step \(id) made an area of vmalloc: it is at /vmalloc/\(id)."
        }
        let object = allocatedObject(by: id).flatMap { machine.object(at: $0) }
        if let object, object.isKMalloc {
            return "Allocation \(id) came from kmalloc: it is at /kmalloc/\(id)."
        }
        if let cache = object?.cache {
            return "Allocation \(id) is an object of the cache \(machine.cacheName(cache))."
        }
        return "No call of this session allocated bytes as \(id)."
    }

    /// The first step behind an allocation that freed it by its address, or moved it.
    private func freeingStep(of address: VirtualAddress, after id: UInt32) -> UInt32? {
        records.indices[Int(id)...].first { index in
            let step = UInt32(index) + 1
            guard let call = call(of: step), call.freedObject == address else { return false }
            return returned(by: step) != .address(address)
        }.map { UInt32($0) + 1 }
    }
}

extension SessionView {
    /// The pointer that a call gets which gives an allocation up: an id's allocation, which nobody
    /// has given up before, so that a request that is sent twice cannot corrupt; or whatever
    /// address the path has.
    func pointer(
        _ reference: Reference, in scope: ObjectScope
    ) throws(Problem) -> VirtualAddress {
        switch reference {
        case .id(let id):
            let object = try liveObject(id, in: scope).address
            if machine.isOnFreeList(object) { throw alreadyFreed(id, object) }
            return object
        case .address(let address): return VirtualAddress(address)
        }
    }
}

/// A place in a list of objects that is ordered by the steps that allocated them.
struct ObjectList {
    let objects: ArraySlice<ObjectSnapshot>
    /// The id to go on behind; `nil` if nothing follows.
    let next: UInt32?

    /// The part of a list that a request asks for.
    init(_ all: [ObjectSnapshot], _ request: borrowing Request) throws(Problem) {
        let limit = try request.limit(default: 100, most: 1_000)
        let cursor = try request.number("cursor", 0...UInt64(UInt32.max)) ?? 0
        let rest = all.drop { UInt64($0.allocatedAtStep) <= cursor }
        objects = rest.prefix(limit)
        next = rest.count > limit ? objects.last?.allocatedAtStep : nil
    }
}
