import KernelMemory

/// The dumps of a vmalloc trace.
extension VmallocReplay {
    /// Compares the lists of areas; these depend on nobody else.
    mutating func compare(_ recorded: VmapRecording, _ tag: String) -> String? {
        guard tag != "cmd" else { return nil }
        dumps += 1
        guard let found = machine.vmapRecording.firstDifference(from: recorded) else { return nil }
        let difference = "dump of areas \(tag) after call \(calls): \(found)"
        if trace.waitsForPurges { return difference }
        // A purge may have been since the last call, or be seen half done.
        var purged = machine
        _ = purged.apply(.vmUnmapAliases)
        for other in alternatives + [purged]
        where other.vmapRecording.firstDifference(from: recorded) == nil {
            machine = other
            alternatives = []
            return nil
        }
        return machine.vmapRecording.areas == recorded.areas && recorded.unpurged.count <= 2
            ? nil : difference
    }

    /// Compares the pages of a dump for as long as the frames are the kernel's; what differs is another
    /// task's, since every call was given the right ones.
    mutating func comparePages(_ what: String, _ difference: (Machine) -> Difference?) {
        guard naming.isIdentity, exactness.otherTasks.isEmpty else { return }
        dumps += 1
        if let found = difference(machine) {
            exactness.notes.append("other pages in the \(what) after call \(calls): \(found)")
        }
    }

    /// Compares the caches: how many slabs and objects vmalloc's own one has; of the others, which all
    /// of the kernel uses, how many are exact.
    mutating func compare(_ recorded: RecordedCaches, _ tag: String) -> String? {
        guard naming.isIdentity else { return nil }
        dumps += 1
        let (mine, theirs) = (RecordedCaches(of: machine, like: recorded).uses, recorded.uses)
        let others = theirs.filter { mine[$0.key] != $0.value }.keys.sorted()
        if !others.isEmpty {
            exactness.notes.append(
                "slab dump \(tag): \(theirs.count - others.count) of \(theirs.count) caches have "
                    + "as many slabs and objects, but not \(others.prefix(5))")
        }
        let name = "vmap_area"
        guard let model = mine[name], let kernel = theirs[name], model != kernel else { return nil }
        return
            "slab dump \(tag) after call \(calls): cache \(name), model \(model), kernel \(kernel)"
    }
}

extension RecordedCaches {
    /// The caches of a machine, in the form of others.
    fileprivate init(of machine: Machine, like other: RecordedCaches) {
        switch other {
        case .slub: self = .slub(machine.slubRecordings)
        case .classic: self = .classic(machine.classicRecordings)
        }
    }

    /// How much each cache holds, by its name.
    fileprivate var uses: [String: CacheUse] {
        switch self {
        case .slub(let caches):
            Dictionary(caches.map { ($0.name, CacheUse($0)) }) { first, _ in first }
        case .classic(let caches):
            Dictionary(caches.map { ($0.name, CacheUse($0)) }) { first, _ in first }
        }
    }
}

/// How much a cache holds, whichever of its objects these are.
private struct CacheUse: Equatable, CustomStringConvertible {
    var slabs: Int
    var objectsInUse: Int

    init(_ cache: SlubCacheRecording) {
        let cpus = cache.cpus.reduce(0) { sum, cpu in
            sum + cpu.free.count + (cpu.slab?.free.count ?? 0)
                + cpu.partial.reduce(0) { $0 + $1.slab.free.count }
        }
        slabs = Int(cache.slabCount)
        objectsInUse = Int(cache.objectCount) - cache.partial.reduce(cpus) { $0 + $1.free.count }
    }

    init(_ cache: ClassicCacheRecording) {
        let arrays = cache.cpus.reduce(cache.shared?.entries.count ?? 0) { $0 + $1.entries.count }
        slabs = Int(cache.node.slabCount)
        objectsInUse =
            slabs * Int(cache.geometry.objects) - Int(cache.node.freeObjects) - arrays
    }

    var description: String { "\(slabs) slabs, \(objectsInUse) objects in use" }
}
