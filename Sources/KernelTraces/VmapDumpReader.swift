import KernelMemory

/// Reading a `vmdump` record: the address space of vmalloc at one moment.
extension VmapRecording {
    /// The address space, still without page tables; `nil` if a field that must be there is not, or if
    /// the ranges of a list do not ascend.
    init?(_ node: JSONNode) {
        self.init()
        guard let lazy = node["lazy_pages"]?.number, lazy >= 0, let busy = node["busy"]?.elements,
            let free = Self.ranges(node["free"]), let unpurged = Self.ranges(node["purge"])
        else { return nil }
        lazyPages = UInt64(lazy)
        self.free = free
        self.unpurged = unpurged
        areas = busy.compactMap { Area($0) }
        // The kernel counts pages before it puts them on the list.
        guard areas.count == busy.count, Self.ascend(areas.map(\.range)),
            unpurged.reduce(0, { $0 + ($1.end - $1.start) >> 12 }) <= lazyPages
        else { return nil }
    }

    private static func ranges(_ node: JSONNode?) -> [Range]? {
        guard let elements = node?.elements else { return nil }
        let ranges = elements.compactMap { Range($0.elements) }
        return ranges.count == elements.count && ascend(ranges) ? ranges : nil
    }

    private static func ascend(_ ranges: [Range]) -> Bool {
        zip(ranges, ranges.dropFirst()).allSatisfy { $0.end <= $1.start }
    }
}

extension VmapRecording.Range {
    /// The first two elements of an array, `["0x...", "0x..."]`.
    fileprivate init?(_ elements: [JSONNode]) {
        guard elements.count >= 2, let start = elements[0].address, let end = elements[1].address,
            start < end
        else { return nil }
        self.init(start: start, end: end)
    }
}

extension VmapRecording.Area {
    /// `["0x...", "0x...", vm_struct or null]`.
    fileprivate init?(_ node: JSONNode) {
        let elements = node.elements
        guard elements.count == 3, let range = VmapRecording.Range(elements),
            (range.start | range.end) & 4095 == 0
        else { return nil }
        let area = elements[2]
        if area.isNull {
            self.init(range: range, flags: 0, pageCount: 0, caller: "")
            return
        }
        guard area["addr"]?.address == range.start, let size = area["size"]?.number,
            UInt64(exactly: size) == range.end - range.start,
            let flags = area["flags"]?.number.flatMap(UInt32.init(exactly:)),
            let count = area["nr_pages"]?.number.flatMap(UInt32.init(exactly:))
        else { return nil }
        self.init(range: range, flags: flags, pageCount: count, caller: area["caller"]?.text ?? "")
    }
}
