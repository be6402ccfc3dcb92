import KernelMemory

/// Puts a recording together from the records of a header and of a full dump.
///
/// The format is that of `FORMAT.md` beside the traces.
struct RecordingReader {
    /// What the header said, with no zone yet; `nil` before it was read.
    private(set) var header: MachineRecording?
    private var recording: MachineRecording?
    /// The tag of the dump that is being read.
    private(set) var tag = ""

    /// Whether a full dump is being read.
    var isReading: Bool { recording != nil }

    /// A `hdr` record: the constants of the machine.
    mutating func readHeader(_ node: JSONNode) {
        let architecture: Architecture = node["machine"]?.text == "x86_64" ? .x86_64 : .i386
        let address: (StaticString) -> UInt64 = { node[$0]?.address ?? 0 }
        let layout = AddressLayout(
            pageOffset: address("PAGE_OFFSET"), highMemory: address("high_memory"),
            memMap: node["mem_map"]?.address ?? 0xffff_ea00_0000_0000,
            vmallocStart: address("VMALLOC_START"), vmallocEnd: address("VMALLOC_END"),
            pkmapBase: node["PKMAP_BASE"]?.address, fixaddrStart: address("FIXADDR_START"))
        var recording = MachineRecording(architecture: architecture, layout: layout)
        recording.cpuCount = node["cpus_online"]?.number ?? 1
        recording.pageBlockOrder = UInt32(truncatingIfNeeded: node["pageblock_order"]?.number ?? 10)
        recording.minFreeKilobytes = UInt64(
            truncatingIfNeeded: node["min_free_kbytes"]?.number ?? 0)
        header = recording
    }

    /// A `trace` record names the CPU that the calls run on.
    mutating func setCPU(_ cpu: Int) { header?.cpu = cpu }

    /// A `dump` record begins a dump; one without lists is passed over.
    mutating func begin(_ node: JSONNode) {
        tag = node["tag"]?.text ?? ""
        recording = node["lists"]?.number == 1 ? header : nil
    }

    /// An `enddump` record: what was read, `nil` if the dump had no lists.
    mutating func finish() -> MachineRecording? {
        defer { recording = nil }
        return recording
    }

    /// Any record between them.
    ///
    /// - Returns: `false` if a field that must be there is not.
    mutating func read(_ kind: String, _ node: JSONNode) -> Bool {
        if kind == "zone" { return readZone(node) }
        guard let index = node["zi"]?.number,
            let zone = recording?.zones.firstIndex(where: { $0.index == index })
        else { return kind == "ranges" || kind == "pageblocks" || kind == "nr_free" }
        switch kind {
        case "pcp": return readPerCPU(node, zone)
        case "free": return readFreeList(node, zone)
        case "pageblocks":
            guard let types = node["mt"]?.numbers else { return false }
            recording?.zones[zone].pageBlockTypes = types.map { Int8(clamping: $0) }
            return true
        case "ranges": return readRanges(node, zone)
        default: return true
        }
    }

    private mutating func readZone(_ node: JSONNode) -> Bool {
        var zone = MachineRecording.Zone()
        let small: (StaticString) -> Int32 = { Int32(clamping: node[$0]?.number ?? -1) }
        let large: (StaticString) -> UInt32 = { UInt32(clamping: node[$0]?.number ?? 0) }
        guard let index = node["zi"]?.number, let marks = node["wm"]?.numbers, marks.count == 4,
            let reserve = node["lowmem_reserve"]?.numbers, reserve.count == 4
        else { return false }
        zone.index = index
        zone.start = large("start")
        zone.spanned = large("spanned")
        zone.present = large("present")
        zone.managed = large("managed")
        for item in 0..<4 {
            zone.watermark[item] = Int32(clamping: marks[item])
            zone.lowmemReserve[item] = Int32(clamping: reserve[item])
        }
        zone.boost = small("boost")
        zone.reservedHighAtomic = small("nr_reserved_highatomic")
        zone.flags = large("flags")
        zone.freePages = small("nr_free_pages")
        recording?.zones.append(zone)
        return true
    }

    private mutating func readPerCPU(_ node: JSONNode, _ zone: Int) -> Bool {
        if node["online"]?.number == 0 { return true }
        var local = MachineRecording.PerCPU()
        let small: (StaticString) -> Int32 = { Int32(clamping: node[$0]?.number ?? 0) }
        guard let cpu = node["cpu"]?.number, let lists = node["lists"]?.elements else {
            return false
        }
        local.cpu = cpu
        local.high = small("high")
        local.batch = small("batch")
        local.freeFactor = small("free_factor")
        local.freeDelta = small("diff_free")
        local.statThreshold = small("stat_threshold")
        local.lists = lists.map { list in
            list.elements.compactMap { entry in
                guard let pair = entry.numbers, pair.count == 2 else { return nil }
                return (UInt32(clamping: pair[0]), pair[1])
            }
        }
        recording?.zones[zone].perCPU.append(local)
        return true
    }

    private mutating func readFreeList(_ node: JSONNode, _ zone: Int) -> Bool {
        guard let order = node["order"]?.number, let type = node["mt"]?.number,
            let pfns = node["pfns"]?.numbers
        else { return false }
        recording?.zones[zone].freeLists.append(
            .init(
                order: UInt32(clamping: order), migrateType: type,
                pfns: pfns.map { UInt32(clamping: $0) }))
        return true
    }

    private mutating func readRanges(_ node: JSONNode, _ zone: Int) -> Bool {
        let ranges: [MachineRecording.FrameRange] = (node["r"]?.elements ?? []).compactMap { pair in
            guard let numbers = pair.numbers, numbers.count == 2 else { return nil }
            return .init(start: UInt32(clamping: numbers[0]), count: UInt32(clamping: numbers[1]))
        }
        switch node["what"]?.text {
        case "reserved": recording?.zones[zone].reserved = ranges
        case "lru_or_movable": recording?.zones[zone].lruOrMovable = ranges
        case "invalid_pfn": recording?.zones[zone].invalid = ranges
        default: return false
        }
        return true
    }
}
