import KernelMemory

extension Machine {
    /// Compares every classic cache that a full slab dump records, lists in their order.
    func firstClassicDifference(from recorded: [ClassicCacheRecording]) -> Difference? {
        let mine = Dictionary(uniqueKeysWithValues: classicRecordings.map { ($0.address, $0) })
        for cache in recorded {
            guard let model = mine[cache.address] else {
                return Difference(place: "cache \(cache.name)", model: "none", kernel: "there")
            }
            if let difference = model.firstDifference(from: cache) { return difference }
        }
        return nil
    }

    /// Compares the numbers of the light slab dump after every hundredth call.
    ///
    /// Of the arrays it has that of CPU 0, whichever CPU the calls ran on; the full dumps have all.
    func firstClassicDifference(fromLight node: JSONNode) -> Difference? {
        let mine = Dictionary(classicRecordings.map { ($0.name, $0) }) { first, _ in first }
        for entry in node["c"]?.elements ?? [] {
            let fields = entry.elements
            guard let name = fields.first?.text, let model = mine[name] else { continue }
            let kernel = fields.dropFirst().compactMap(\.number)
            let numbers: [(String, Int)] = [
                ("avail", model.cpus[0].entries.count),
                ("touched", Int(model.cpus[0].touched)),
                ("shared avail", model.shared?.entries.count ?? -1),
                ("free_objects", Int(model.node.freeObjects)),
                ("total_slabs", Int(model.node.slabCount)),
                ("free_slabs", Int(model.node.freeSlabs)),
                ("colour_next", Int(model.node.colourNext)),
            ]
            guard kernel.count == numbers.count else {
                return Difference(place: "cache \(name)", model: "7 numbers", kernel: "\(kernel)")
            }
            if let found = zip(numbers, kernel).first(where: { $0.1 != $1 }) {
                return Difference(
                    place: "cache \(name), \(found.0.0)", model: "\(found.0.1)",
                    kernel: "\(found.1)")
            }
        }
        return nil
    }

    /// Compares the caches that the machine has after boot, by name, with those that a kernel had
    /// before a trace: their order, sizes, limits and users; not what they hold.
    func firstClassicBootDifference(from recorded: [ClassicCacheRecording]) -> Difference? {
        let mine = classicRecordings
        if mine.map(\.name) != recorded.map(\.name) {
            return Difference(
                place: "boot caches", model: "\(mine.map(\.name))",
                kernel: "\(recorded.map(\.name))")
        }
        for (model, kernel) in zip(mine, recorded) {
            if let difference = model.sizeDifference(from: kernel)
                ?? model.difference("free_limit", model.node.freeLimit, kernel.node.freeLimit)
            {
                return difference
            }
        }
        return nil
    }
}

extension ClassicCacheRecording {
    fileprivate func firstDifference(from kernel: Self) -> Difference? {
        if let difference = sizeDifference(from: kernel)
            ?? difference("node", node, kernel.node)
        {
            return difference
        }
        for (index, (mine, theirs)) in zip(cpus, kernel.cpus).enumerated() {
            if let difference = arrayDifference("cpu \(index) array", mine, theirs) {
                return difference
            }
        }
        if let shared, let theirs = kernel.shared,
            let difference = arrayDifference("shared array", shared, theirs)
        {
            return difference
        }
        return listDifference("slabs_partial", partial, kernel.partial)
            ?? listDifference("slabs_full", full, kernel.full)
            ?? listDifference("slabs_free", free, kernel.free)
    }

    fileprivate func sizeDifference(from kernel: Self) -> Difference? {
        difference("geometry", geometry, kernel.geometry)
            ?? difference("refcount", users, kernel.users)
            ?? difference("arrays", cpus.count, kernel.cpus.count)
            ?? difference("shared array", shared == nil, kernel.shared == nil)
    }

    private func arrayDifference(_ place: String, _ mine: Array, _ theirs: Array) -> Difference? {
        difference("\(place), limit", mine.limit, theirs.limit)
            ?? difference("\(place), batchcount", mine.batchCount, theirs.batchCount)
            ?? difference("\(place), touched", mine.touched, theirs.touched)
            ?? listDifference(place, mine.entries, theirs.entries)
    }

    private func listDifference<Item: Equatable>(
        _ place: String, _ model: [Item], _ kernel: [Item]
    ) -> Difference? {
        if model == kernel { return nil }
        let pairs = zip(model, kernel).enumerated()
        guard let at = pairs.first(where: { $1.0 != $1.1 })?.offset else {
            return difference("length of \(place)", model.count, kernel.count)
        }
        return difference("\(place), place \(at)", model[at], kernel[at])
    }

    fileprivate func difference<Value: Equatable>(
        _ place: String, _ model: Value, _ kernel: Value
    ) -> Difference? {
        model == kernel
            ? nil
            : Difference(place: "cache \(name), \(place)", model: "\(model)", kernel: "\(kernel)")
    }
}
