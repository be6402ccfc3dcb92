import KernelMemory

extension Machine {
    /// Compares every cache that a full slab dump records, lists in their order.
    func firstSlubDifference(from recorded: [SlubCacheRecording]) -> Difference? {
        let mine = Dictionary(uniqueKeysWithValues: slubRecordings.map { ($0.address, $0) })
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
    /// - Returns: the first difference; `nil` for none; throws nothing, but says what is missing.
    func firstSlubDifference(fromLight node: JSONNode, cpu: Int) -> Difference? {
        let mine = Dictionary(slubRecordings.map { ($0.name, $0) }) { first, _ in first }
        for entry in node["c"]?.elements ?? [] {
            let fields = entry.elements
            guard let name = fields.first?.text, let model = mine[name] else { continue }
            let kernel = fields.dropFirst().compactMap(\.number)
            let local = model.cpus[cpu]
            let numbers: [(String, Int)] = [
                ("cpu slab", local.slab.map { Int($0.pfn) } ?? -1),
                ("inuse of the cpu slab", local.slab.map { Int($0.inuse) } ?? -1),
                ("cpu freelist", local.free.count), ("cpu partial slabs", local.partial.count),
                ("nr_partial", model.partial.count), ("nr_slabs", Int(model.slabCount)),
            ]
            guard kernel.count == numbers.count else {
                return Difference(place: "cache \(name)", model: "6 numbers", kernel: "\(kernel)")
            }
            if let found = zip(numbers, kernel).first(where: { $0.1 != $1 }) {
                return Difference(
                    place: "cache \(name), \(found.0.0)", model: "\(found.0.1)",
                    kernel: "\(found.1)")
            }
        }
        return nil
    }
}

extension SlubCacheRecording {
    fileprivate func firstDifference(from kernel: SlubCacheRecording) -> Difference? {
        let numbers: [(String, Int, Int)] = [
            ("refcount", Int(users), Int(kernel.users)),
            ("nr_slabs", Int(slabCount), Int(kernel.slabCount)),
            ("total_objects", Int(objectCount), Int(kernel.objectCount)),
        ]
        if let found = numbers.first(where: { $0.1 != $0.2 }) {
            return difference(found.0, found.1, found.2)
        }
        if geometry != kernel.geometry {
            return difference("geometry", geometry, kernel.geometry)
        }
        for (mine, theirs) in zip(cpus, kernel.cpus) {
            let place = "cpu \(theirs.cpu)"
            if mine.slab != theirs.slab {
                return difference("\(place) slab", mine.slab, theirs.slab)
            }
            if mine.free != theirs.free {
                return difference("\(place) freelist", mine.free, theirs.free)
            }
            if mine.partial != theirs.partial {
                return listDifference("\(place) partial list", mine.partial, theirs.partial)
            }
        }
        return partial == kernel.partial
            ? nil : listDifference("partial list", partial, kernel.partial)
    }

    private func listDifference<Item: Equatable>(
        _ place: String, _ model: [Item], _ kernel: [Item]
    ) -> Difference {
        if model.count != kernel.count {
            return difference("length of the \(place)", model.count, kernel.count)
        }
        let at = zip(model, kernel).enumerated().first { $1.0 != $1.1 }!.offset
        return difference("\(place), place \(at)", model[at], kernel[at])
    }

    private func difference(_ place: String, _ model: Any?, _ kernel: Any?) -> Difference {
        let text: (Any?) -> String = { $0.map { "\($0)" } ?? "none" }
        return Difference(
            place: "cache \(name), \(place)", model: text(model), kernel: text(kernel))
    }
}
