/// What must hold of SLUB's caches after every call.
extension Core {
    /// The first thing that does not hold, in words; `nil` if all is well.
    ///
    /// Every slab is in exactly one place; every object is either somebody's or on exactly one list;
    /// and every counter equals what it counts.
    func checkSlub() -> String? {
        var places: [UInt32: String] = [:]
        for cache in cold.registry.order {
            if let violation = checkCache(cache, &places) { return violation }
        }
        var violation: String?
        var counts: [UInt32: (slabs: UInt32, objects: UInt32)] = [:]
        slabs.pointee.forEach { number in
            let slab = readSlab(number).pointee
            counts[slab.cache, default: (0, 0)].slabs += 1
            counts[slab.cache, default: (0, 0)].objects += UInt32(slab.objects)
            violation = violation ?? checkObjects(number) ?? checkPages(number)
            if places[number] == nil, slab.inuse != slab.objects, violation == nil {
                violation = "slab \(slab.pfn): has free objects and is on no list"
            }
        }
        if let violation { return violation }
        for cache in cold.registry.order {
            let owner = readCache(cache).pointee
            let count = counts[cache] ?? (0, 0)
            if owner.slabCount != count.slabs || owner.objectCount != count.objects {
                return
                    "cache \(cold.registry.name(cache)): counts \(owner.slabCount) slabs, has \(count)"
            }
        }
        return nil
    }

    private func checkCache(_ cache: UInt32, _ places: inout [UInt32: String]) -> String? {
        let name = cold.registry.name(cache)
        let owner = readSlubCache(cache)
        var count: UInt32 = 0
        var number = owner.pointee.partial.first
        while number != NodeTable.none {
            let slab = readSlab(number).pointee
            if places.updateValue("partial", forKey: number) != nil || slab.cache != cache
                || slab.isFrozen || slab.inuse >= slab.objects || slab.cpu != Slab.noCPU
            {
                return "cache \(name), slab \(slab.pfn): does not belong on the partial list"
            }
            count += 1
            number = slab.next
        }
        if count != owner.pointee.partial.count {
            return "cache \(name): nr_partial is not \(count)"
        }
        for cpu in 0..<UInt32(shape.cpuCount) {
            if let violation = checkCPU(cache, cpu, &places) {
                return "cache \(name): \(violation)"
            }
        }
        return nil
    }

    private func checkCPU(
        _ cache: UInt32, _ cpu: UInt32, _ places: inout [UInt32: String]
    ) -> String? {
        let local = readSlubCache(cache).cpu(cpu).pointee
        if local.slab != NodeTable.none {
            let slab = readSlab(local.slab).pointee
            if places.updateValue("cpu", forKey: local.slab) != nil || slab.cache != cache
                || !slab.isFrozen || slab.cpu != UInt8(cpu)
            {
                return "cpu \(cpu) takes from slab \(slab.pfn), which is not its own"
            }
        }
        var number = local.partial
        while number != NodeTable.none {
            let slab = readSlab(number).pointee
            if places.updateValue("cpu partial", forKey: number) != nil || slab.cache != cache
                || !slab.isFrozen
            {
                return "slab \(slab.pfn) does not belong on the list of cpu \(cpu)"
            }
            let rest = slab.next == NodeTable.none ? 0 : readSlab(slab.next).pointee.chainLength
            if slab.chainLength != rest + 1 {
                return "slab \(slab.pfn): counts \(slab.chainLength)"
            }
            number = slab.next
        }
        return nil
    }

    private func checkObjects(_ number: UInt32) -> String? {
        let slab = readSlab(number)
        var isFree = [Bool](repeating: false, count: Int(slab.pointee.objects))
        var onSlab: UInt16 = 0
        for (head, isSlabs) in [(slab.pointee.head, true), (slab.pointee.cpuHead, false)] {
            var index = head
            while index != ObjectIndex.none {
                // Somebody has written over the pointer: what follows is what the bytes say.
                if index == ObjectIndex.stray { return nil }
                guard index < slab.pointee.objects, !isFree[Int(index)] else {
                    return "slab \(slab.pointee.pfn): object \(index) is on a list twice"
                }
                isFree[Int(index)] = true
                if isSlabs { onSlab += 1 }
                index = slab.record(index).pointee.link
            }
        }
        for index in 0..<slab.pointee.objects
        where slab.record(index).pointee.isLive == isFree[Int(index)] {
            return "slab \(slab.pointee.pfn): object \(index) is "
                + (isFree[Int(index)] ? "free and somebody's" : "nobody's and on no list")
        }
        return slab.pointee.inuse == slab.pointee.objects - onSlab
            ? nil : "slab \(slab.pointee.pfn): inuse is \(slab.pointee.inuse), free \(onSlab)"
    }

    private func checkPages(_ number: UInt32) -> String? {
        let slab = readSlab(number).pointee
        for page in slab.pfn..<(slab.pfn + 1 << UInt32(slab.order)) {
            let frame = frames.readable(page).pointee
            if !frame.has(Frame.slab) || frame.next != number || frame.has(Frame.live) {
                return "slab \(slab.pfn): frame \(page) is not its own"
            }
        }
        return nil
    }
}
