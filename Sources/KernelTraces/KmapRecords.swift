import KernelMemory

/// `kmap` and `kunmap` records: one call with what the kernel answered.
struct KmapCall {
    let pfn: UInt32
    /// Slots with users afterwards.
    let usedSlots: Int
    /// What `kmap` answered; `nil` for `kunmap`.
    var mapping: Mapping?

    /// What a `kmap` record tells of the mapping.
    struct Mapping {
        let address: UInt64
        /// `last_pkmap_nr` afterwards.
        let last: Int
        /// The slot's count and entry; `nil` for a page of low memory, which has none.
        var slot: (count: Int, entry: UInt64)?
    }

    /// Reads a record; `nil` if a field that must be there is not.
    init?(_ node: JSONNode, isMapping: Bool, isHighmem: (UInt32) -> Bool?) {
        guard let pfn = node["p"]?.number.flatMap({ UInt32(exactly: $0) }),
            let isHigh = isHighmem(pfn), let used = node["used"]?.number
        else { return nil }
        (self.pfn, usedSlots) = (pfn, used)
        guard isMapping else { return }
        guard let address = node["a"]?.address, let last = node["last"]?.number else { return nil }
        mapping = Mapping(address: address, last: last)
        guard isHigh else { return }
        guard let count = node["count"]?.number, let entry = node["pte"]?.address else {
            return nil
        }
        mapping?.slot = (count, entry)
    }
}

/// A `pkmap` record: the pool of permanent mappings at one moment.
struct PkmapDump {
    let tag: String
    /// `last_pkmap_nr`.
    let last: Int
    /// The slots that are not free.
    let entries: [Entry]

    /// One of them.
    struct Entry: Equatable {
        let slot: Int
        let count: Int
        let entry: UInt64
    }

    /// Reads a record; `nil` if a field that must be there is not.
    init?(_ node: JSONNode) {
        guard let tag = node["tag"]?.text, let last = node["last_pkmap_nr"]?.number,
            let list = node["ent"], !list.isNull
        else { return nil }
        let elements = list.elements
        (self.tag, self.last) = (tag, last)
        entries = elements.compactMap { Entry($0.elements) }
        if entries.count != elements.count { return nil }
    }

    /// The pool of a machine, in the form of a record.
    init(of machine: Machine, tag: String) {
        let pool = machine.kmapPool
        (self.tag, last) = (tag, pool.last)
        entries = pool.slots.filter { $0.count != 0 || $0.entry != 0 }.map {
            Entry(slot: $0.number, count: $0.count, entry: $0.entry)
        }
    }

    /// Where two of them differ first.
    func firstDifference(from kernel: PkmapDump) -> Difference? {
        if last != kernel.last {
            return Difference(place: "last_pkmap_nr", model: "\(last)", kernel: "\(kernel.last)")
        }
        guard entries != kernel.entries else { return nil }
        let same = zip(entries, kernel.entries).prefix { $0 == $1 }.count
        let text: ([Entry]) -> String = { same < $0.count ? $0[same].text : "no more" }
        return Difference(
            place: "entry \(same)", model: text(entries), kernel: text(kernel.entries))
    }
}

extension PkmapDump.Entry {
    /// `[slot, count, "0x..."]`.
    fileprivate init?(_ elements: [JSONNode]) {
        guard elements.count == 3, let slot = elements[0].number, let count = elements[1].number,
            let entry = elements[2].address
        else { return nil }
        self.init(slot: slot, count: count, entry: entry)
    }

    fileprivate var text: String {
        "slot \(slot), count \(count), pte 0x" + String(entry, radix: 16)
    }
}

/// One member of a `local` record: a temporary mapping of a nest.
struct LocalMapping {
    /// Whether it is a `kmap_atomic`; else it is a `kmap_local_page`.
    let isAtomic: Bool
    let pfn: UInt32
    let isHighmem: Bool
    /// Whether the page had an address already. `page_address`
    let isMappedAlready: Bool
    let address: UInt64
    /// Places taken on the task's stack afterwards. `kmap_ctrl.idx`
    let depth: Int
    let walk: RecordedWalk

    /// Reads a member; `nil` if a field that must be there is not.
    init?(_ node: JSONNode) {
        guard let kind = node["k"]?.text, kind == "atomic" || kind == "local",
            let pfn = node["p"]?.number.flatMap({ UInt32(exactly: $0) }),
            let high = node["high"]?.number, let mapped = node["pkmapped"]?.number,
            let address = node["a"]?.address, let depth = node["kmap_ctrl_idx"]?.number,
            let walk = node["w"].flatMap({ RecordedWalk($0) })
        else { return nil }
        isAtomic = kind == "atomic"
        (self.pfn, isHighmem, isMappedAlready) = (pfn, high != 0, mapped != 0)
        (self.address, self.depth, self.walk) = (address, depth, walk)
    }
}
