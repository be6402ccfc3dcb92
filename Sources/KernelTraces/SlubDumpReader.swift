import KernelMemory

/// Reading a `cache` record of a kernel with SLUB.
extension SlubCacheRecording {
    /// The cache; `nil` if a field that must be there is not.
    init?(_ node: JSONNode) {
        self.init()
        guard let name = node["name"]?.text, let address = node["ptr"]?.address,
            let geometry = Geometry(node), let users = node["refcount"]?.number,
            let slabs = node["nr_slabs"]?.number, let objects = node["total_objects"]?.number,
            let cpus = node["cpus"]?.elements, let partial = node["partial"]?.elements
        else { return nil }
        self.name = name
        self.address = address
        self.geometry = geometry
        self.users = Int32(clamping: users)
        slabCount = UInt32(clamping: slabs)
        objectCount = UInt32(clamping: objects)
        self.cpus = cpus.compactMap(CPU.init)
        self.partial = partial.compactMap(SlabRecording.init)
        guard self.cpus.count == cpus.count, self.partial.count == partial.count else {
            return nil
        }
    }
}

extension SlubCacheRecording.Geometry {
    fileprivate init?(_ node: JSONNode) {
        self.init()
        let fields: [(StaticString, WritableKeyPath<Self, UInt32>)] = [
            ("object_size", \.objectSize), ("size", \.size), ("align", \.align),
            ("offset", \.offset), ("inuse", \.inuse), ("red_left_pad", \.redLeftPad),
            ("oo_order", \.order), ("oo_objects", \.objects), ("min_order", \.minOrder),
            ("min_objects", \.minObjects), ("min_partial", \.minPartial),
            ("cpu_partial", \.cpuPartial), ("cpu_partial_slabs", \.cpuPartialSlabs),
            ("allocflags", \.allocationFlags),
        ]
        for (name, field) in fields {
            guard let number = node[name]?.number else { return nil }
            self[keyPath: field] = UInt32(clamping: number)
        }
        guard let flags = node["flags"]?.address, let ctor = node["ctor"]?.number else {
            return nil
        }
        self.flags = UInt32(truncatingIfNeeded: flags) & CacheFlags.known.rawValue
        hasConstructor = ctor != 0
    }
}

extension SlubCacheRecording.CPU {
    fileprivate init?(_ node: JSONNode) {
        self.init()
        guard let cpu = node["cpu"]?.number, let partial = node["partial"]?.elements else {
            return nil
        }
        self.cpu = cpu
        if let slab = node["slab"], !slab.isNull {
            guard let recording = SlabRecording(slab) else { return nil }
            self.slab = recording
            free = (slab["cpu_free"]?.numbers ?? []).map { UInt16(clamping: $0) }
        }
        for entry in partial {
            guard let count = entry["slabs_left"]?.number, let slab = entry["s"],
                let recording = SlabRecording(slab)
            else { return nil }
            self.partial.append(.init(count: UInt32(clamping: count), slab: recording))
        }
    }
}

extension SlabRecording {
    fileprivate init?(_ node: JSONNode) {
        guard let pfn = node["pfn"]?.number, let order = node["order"]?.number,
            let inuse = node["inuse"]?.number, let objects = node["objects"]?.number,
            let frozen = node["frozen"]?.number, let free = node["free"]?.numbers
        else { return nil }
        self.init(
            pfn: UInt32(clamping: pfn), order: UInt32(clamping: order),
            inuse: UInt16(clamping: inuse), objects: UInt16(clamping: objects),
            isFrozen: frozen != 0, free: free.map { UInt16(clamping: $0) })
    }
}
