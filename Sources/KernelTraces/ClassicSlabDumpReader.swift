import KernelMemory

/// Reading a `cache` record of a kernel with the classic slab allocator.
extension ClassicCacheRecording {
    /// The cache; `nil` if a field that must be there is not.
    init?(_ node: JSONNode) {
        self.init()
        guard let name = node["name"]?.text, let address = node["ptr"]?.address,
            let geometry = Geometry(node), let users = node["refcount"]?.number,
            let cpus = node["cpus"]?.elements, let numbers = node["node"],
            let state = Node(numbers), let partial = Self.slabs(numbers["slabs_partial"]),
            let full = Self.slabs(numbers["slabs_full"]),
            let free = Self.slabs(numbers["slabs_free"])
        else { return nil }
        self.name = name
        self.address = address
        self.geometry = geometry
        self.users = Int32(clamping: users)
        self.cpus = cpus.compactMap { Array($0) }
        (self.node, self.partial, self.full, self.free) = (state, partial, full, free)
        guard self.cpus.count == cpus.count else { return nil }
        if let shared = numbers["shared"], !shared.isNull {
            guard let array = Array(shared) else { return nil }
            self.shared = array
        }
    }

    private static func slabs(_ node: JSONNode?) -> [Slab]? {
        guard let elements = node?.elements else { return nil }
        let slabs = elements.compactMap { Slab($0) }
        return slabs.count == elements.count ? slabs : nil
    }
}

extension ClassicCacheRecording.Geometry {
    fileprivate init?(_ node: JSONNode) {
        self.init()
        let fields: [(StaticString, WritableKeyPath<Self, UInt32>)] = [
            ("object_size", \.objectSize), ("size", \.size), ("align", \.align),
            ("num", \.objects), ("gfporder", \.order), ("colour", \.colours),
            ("colour_off", \.colourStep), ("freelist_size", \.freeListSize), ("limit", \.limit),
            ("batchcount", \.batchCount), ("shared_tunable", \.sharedBatches),
            ("off_slab", \.isOffSlab), ("objfreelist", \.isInFreeObject),
            ("allocflags", \.allocationFlags),
        ]
        guard self.read(fields, node), let flags = node["flags"]?.address,
            let constructor = node["ctor"]?.number
        else { return nil }
        self.flags = UInt32(truncatingIfNeeded: flags) & CacheFlags.knownToClassic.rawValue
        hasConstructor = constructor != 0
    }
}

extension ClassicCacheRecording.Node {
    fileprivate init?(_ node: JSONNode) {
        self.init()
        let fields: [(StaticString, WritableKeyPath<Self, UInt32>)] = [
            ("total_slabs", \.slabCount), ("free_slabs", \.freeSlabs),
            ("free_objects", \.freeObjects), ("free_limit", \.freeLimit),
            ("colour_next", \.colourNext), ("free_touched", \.freeTouched),
        ]
        guard self.read(fields, node) else { return nil }
    }
}

extension ClassicCacheRecording.Array {
    fileprivate init?(_ node: JSONNode) {
        self.init()
        let fields: [(StaticString, WritableKeyPath<Self, UInt32>)] = [
            ("limit", \.limit), ("batchcount", \.batchCount), ("touched", \.touched),
        ]
        guard self.read(fields, node), let count = node["avail"]?.number,
            let elements = node["entry"]?.elements
        else { return nil }
        entries = elements.compactMap(\.address)
        guard entries.count == count, elements.count == count else { return nil }
    }
}

extension ClassicCacheRecording.Slab {
    fileprivate init?(_ node: JSONNode) {
        guard let pfn = node["pfn"]?.number, let base = node["s_mem"]?.address,
            let active = node["active"]?.number, let list = node["freelist_va"]?.address,
            let indices = node["idx"]?.numbers, active >= 0
        else { return nil }
        self.init(
            pfn: UInt32(clamping: pfn), base: base, active: UInt32(clamping: active),
            freeList: list, free: indices.dropFirst(active).map { UInt16(clamping: $0) })
    }
}

/// A part of a recording that is made of numbers.
private protocol Numbered {}

extension Numbered {
    /// Reads numbers by their names; `false` if one is missing.
    mutating func read(
        _ fields: [(StaticString, WritableKeyPath<Self, UInt32>)], _ node: JSONNode
    ) -> Bool {
        for (name, field) in fields {
            guard let number = node[name]?.number else { return false }
            self[keyPath: field] = UInt32(clamping: number)
        }
        return true
    }
}

extension ClassicCacheRecording.Geometry: Numbered {}
extension ClassicCacheRecording.Node: Numbered {}
extension ClassicCacheRecording.Array: Numbered {}
