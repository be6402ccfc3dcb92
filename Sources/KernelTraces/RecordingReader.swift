import KernelMemory

/// Puts a recording together from the records of a header and of a full dump.
///
/// It refuses what is not of the form that `FORMAT.md` beside the traces gives; whether the numbers
/// fit together is ``BootImage/init(recording:)``'s to say.
struct RecordingReader {
    /// What the header said, with no zone yet; `nil` before it was read.
    private(set) var header: MachineRecording?
    /// The kernel's release, `6.1.192`.
    private(set) var release = ""
    /// The zones as the header has them, without lists; `nil` if that was not asked for or not read.
    private(set) var headerZones: MachineRecording?
    private var recording: MachineRecording?
    /// The tag of the dump that is being read.
    private(set) var tag = ""
    /// Which record described what.
    private(set) var places: [RecordingError.Record: Int] = [:]

    /// Whether a full dump is being read.
    var isReading: Bool { recording != nil }

    /// A `hdr` record: the constants of the machine.
    mutating func readHeader(_ node: JSONNode, _ index: Int) throws(DumpFault) {
        let fields = RecordFields(node: node, record: index, place: "hdr record")
        let constants = try HeaderFields(fields)
        release = constants.release
        places[.header] = index
        header = constants.recording
    }

    /// A `trace` record names the CPU that the calls run on.
    mutating func readTrace(_ node: JSONNode, _ index: Int) throws(DumpFault) {
        let fields = RecordFields(node: node, record: index, place: "trace record")
        header?.cpu = try fields.number("cpu")
        places[.trace] = index
    }

    /// A `dump` record begins a dump; one without lists is passed over, unless it is the header's and that
    /// is wanted.
    mutating func begin(_ node: JSONNode, keepsHeader: Bool = false) {
        tag = node["tag"]?.text ?? ""
        let isWanted = node["lists"]?.number == 1 || keepsHeader && tag == Self.headerTag
        recording = isWanted ? header : nil
    }

    private static let headerTag = "hdr"

    /// An `enddump` record: what was read, `nil` if the dump had no lists.
    mutating func finish() throws(DumpFault) -> MachineRecording? {
        guard let read = recording else { return nil }
        recording = nil
        if tag == Self.headerTag {
            headerZones = read
            places = places.filter { $0.key == .header || $0.key == .trace }
            return nil
        }
        for zone in read.zones {
            try require(.freeCounts(zone: zone.index))
            try require(.pageBlocks(zone: zone.index))
            for kind in RecordingError.RangeKind.allCases {
                try require(.ranges(zone: zone.index, kind))
            }
        }
        places = places.filter { $0.key == .header || $0.key == .trace }
        return read
    }

    private func require(_ record: RecordingError.Record) throws(DumpFault) {
        guard places[record] == nil else { return }
        throw DumpFault(
            record: nil, place: "The dump", field: "", value: "none",
            expected: "one that has the \(record)")
    }

    /// Any record between them.
    mutating func read(_ kind: String, _ node: JSONNode, _ index: Int) throws(DumpFault) {
        let fields = RecordFields(node: node, record: index, place: "\(kind) record")
        switch kind {
        case "zone": try readZone(fields)
        case "pcp": try readPerCPU(fields, try zone(of: fields))
        case "free": try readFreeList(fields, try zone(of: fields))
        case "nr_free":
            let zone = try zone(of: fields)
            recording!.zones[zone].freeCounts = try fields.numbers("nr")
            try note(.freeCounts(zone: zone), fields)
        case "pageblocks": try readPageBlocks(fields, try zone(of: fields))
        case "ranges": try readRanges(fields, try zone(of: fields))
        default:
            throw fields.fault(
                "/t", node["t"], "one of zone, pcp, free, nr_free, pageblocks, ranges, enddump")
        }
    }

    /// The zone that a record is about, which was described before it.
    private func zone(of fields: RecordFields) throws(DumpFault) -> Int {
        let index: Int = try fields.number("zi")
        guard let zones = recording?.zones, zones.indices.contains(index),
            zones[index].index == index
        else { throw fields.fault("/zi", fields.node["zi"], "a zone described before") }
        return index
    }

    /// Notes which record describes something, and refuses a second one.
    private mutating func note(
        _ record: RecordingError.Record, _ fields: RecordFields
    ) throws(DumpFault) {
        guard places.updateValue(fields.record, forKey: record) == nil else {
            throw fields.fault("", nil, "the only \(record)")
        }
    }

    private mutating func readZone(_ fields: RecordFields) throws(DumpFault) {
        var zone = MachineRecording.Zone()
        let next = recording!.zones.count
        zone.index = try fields.number("zi")
        try fields.check(
            "zi", zone.index == next && next < 3, next < 3 ? "\(next)" : "left out: 0 to 2")
        let name = recording!.architecture.zoneName(next)
        try fields.check("name", try fields.text("name") == name, "\"\(name)\"")
        zone.start = try fields.number("start")
        zone.spanned = try fields.number("spanned")
        zone.present = try fields.number("present")
        zone.managed = try fields.number("managed")
        zone.watermark = SIMD4(try fields.numbers("wm", count: 4))
        zone.lowmemReserve = SIMD4(try fields.numbers("lowmem_reserve", count: 4))
        zone.boost = try fields.number("boost")
        zone.reservedHighAtomic = try fields.number("nr_reserved_highatomic")
        zone.flags = try fields.number("flags")
        zone.freePages = try fields.number("nr_free_pages")
        recording!.zones.append(zone)
        try note(.zone(next), fields)
    }

    private mutating func readPerCPU(_ fields: RecordFields, _ zone: Int) throws(DumpFault) {
        if try fields.number("online", in: 0...1) == 0 { return }
        var local = MachineRecording.PerCPU()
        local.cpu = try fields.number("cpu")
        local.count = try fields.number("count")
        local.high = try fields.number("high")
        local.batch = try fields.number("batch")
        local.freeFactor = try fields.number("free_factor")
        local.freeDelta = try fields.number("diff_free")
        local.statThreshold = try fields.number("stat_threshold")
        for (index, list) in try fields.elements("lists").enumerated() {
            local.lists.append(try fields.pairs(in: list, at: "/lists/\(index)"))
        }
        recording!.zones[zone].perCPU.append(local)
        try note(.perCPU(zone: zone, cpu: local.cpu), fields)
    }

    private mutating func readFreeList(_ fields: RecordFields, _ zone: Int) throws(DumpFault) {
        let list = MachineRecording.FreeList(
            order: UInt32(try fields.number("order", in: 0...Int(Order.largest))),
            migrateType: try fields.number("mt", in: 0...3), pfns: try fields.numbers("pfns"))
        recording!.zones[zone].freeLists.append(list)
        try note(.freeList(zone: zone, order: list.order, type: list.migrateType), fields)
    }

    private mutating func readPageBlocks(_ fields: RecordFields, _ zone: Int) throws(DumpFault) {
        let order = recording!.pageBlockOrder
        guard order < 32 else {
            throw fields.fault("/step", fields.node["step"], "1 << pageblock_order")
        }
        let first = UInt64(recording!.zones[zone].start & ~((1 << order) - 1))
        try fields.check(
            "first", try fields.number("first") == first,
            "\(first), where the page block of the zone's first frame begins")
        try fields.check(
            "step", try fields.number("step") == UInt64(1) << UInt64(order),
            "\(UInt64(1) << UInt64(order)), the pages in a page block")
        recording!.zones[zone].pageBlockTypes = try fields.numbers("mt")
        try note(.pageBlocks(zone: zone), fields)
    }

    private mutating func readRanges(_ fields: RecordFields, _ zone: Int) throws(DumpFault) {
        let kinds = RecordingError.RangeKind.allCases.map(\.rawValue)
        guard let kind = RecordingError.RangeKind(rawValue: try fields.text("what")) else {
            throw fields.fault(
                "/what", fields.node["what"], "one of \(kinds.joined(separator: ", "))")
        }
        guard let list = fields.node["r"] else {
            throw fields.fault("/r", nil, "there")
        }
        let pairs: [(UInt32, UInt32)] = try fields.pairs(in: list, at: "/r")
        let ranges = pairs.map { MachineRecording.FrameRange(start: $0.0, count: $0.1) }
        switch kind {
        case .reserved: recording!.zones[zone].reserved = ranges
        case .lruOrMovable: recording!.zones[zone].lruOrMovable = ranges
        case .invalid: recording!.zones[zone].invalid = ranges
        }
        try note(.ranges(zone: zone, kind), fields)
    }
}
