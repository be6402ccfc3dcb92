import KernelMemory

/// The records of one vmalloc trace from `trace` to `endtrace`.
///
/// They are all read before the first is replayed, because only later walks tell which page tables
/// were there at the start.
struct VmallocTrace {
    /// One record that is replayed.
    enum Record {
        case call(VmallocCall)
        case areas(tag: String, VmapRecording)
        case pages(tag: String, MachineRecording)
        case caches(tag: String, RecordedCaches)
        case light(LightDump)
    }

    /// The records with their lines.
    private(set) var records: [(line: Int, record: Record)] = []
    /// The frames that `vmap` maps.
    private(set) var mappedFrames: [UInt32] = []
    /// Whether the driver waited for background purges before it looked.
    let waitsForPurges: Bool
    private var reader: RecordingReader
    private var slabs = RecordedCaches(.slub)
    private var slabTag = ""

    /// Begins at a `trace` record, behind a header.
    init(_ node: JSONNode, reader: RecordingReader) {
        self.reader = reader
        waitsForPurges = node["flush"]?.number == 1
    }

    /// Takes the next record.
    mutating func read(_ kind: String, _ node: JSONNode, line: Int) throws(TraceError) {
        if let function = VmallocCall.Function(rawValue: kind) {
            guard let call = VmallocCall(function, node) else { throw missing(kind, line) }
            return records.append((line, .call(call)))
        }
        switch kind {
        case "vpages":
            let pfns = node["pfns"]?.numbers?.compactMap { UInt32(exactly: $0) }
            guard let pfns else { throw missing(kind, line) }
            mappedFrames = pfns
        case "vmdump":
            guard let areas = VmapRecording(node) else { throw missing(kind, line) }
            records.append((line, .areas(tag: node["tag"]?.text ?? "", areas)))
        case "slabdump":
            slabTag = node["tag"]?.text ?? ""
            slabs = RecordedCaches(reader.header?.slab ?? .slub)
        case "cache": guard slabs.read(node) else { throw missing(kind, line) }
        case "endslabdump": records.append((line, .caches(tag: slabTag, slabs)))
        case "L":
            guard let dump = LightDump(node) else { throw missing(kind, line) }
            records.append((line, .light(dump)))
        default: try readPages(kind, node, line)
        }
    }

    private mutating func readPages(
        _ kind: String, _ node: JSONNode, _ line: Int
    ) throws(TraceError) {
        do throws(DumpFault) {
            switch kind {
            case "dump": reader.begin(node)
            case "enddump":
                let tag = reader.tag
                guard let pages = try reader.finish() else { return }
                records.append((line, .pages(tag: tag, pages)))
            default: if reader.isReading { try reader.read(kind, node, line) }
            }
        } catch { throw .malformed(line: error.record ?? line, "\(error)") }
    }

    private func missing(_ kind: String, _ line: Int) -> TraceError {
        .malformed(line: line, "a field of this \(kind) record is missing or wrong")
    }
}

// MARK: - Page tables that were there

extension VmallocTrace {
    /// The page tables that the kernel had before the first call: those that walks pass and whose
    /// frames were not free then. Upper levels first.
    func tables(before pages: MachineRecording) -> [VmapRecording.Table] {
        let levels = pages.architecture.paging.levels
        let free = pages.freeFrames
        var found: [VmapRecording.Table] = []
        var seen: Set<Prefix> = []
        for case (_, .call(let call)) in records {
            for (_, walk) in call.walks {
                for level in 1..<levels.count {
                    let prefix = Prefix(
                        level: level, address: walk.address >> levels[level - 1].shift)
                    let entry = walk.entries[4 - levels.count + level - 1]
                    guard entry & 1 != 0, seen.insert(prefix).inserted else { continue }
                    let frame = (entry & 0x000f_ffff_ffff_f000) >> 12
                    guard let pfn = UInt32(exactly: frame), !free.contains(pfn) else { continue }
                    found.append(.init(address: walk.address, level: level, pfn: pfn))
                }
            }
        }
        return found.sorted { $0.level < $1.level }
    }

    /// The addresses that one table is for.
    private struct Prefix: Hashable {
        var level: Int
        var address: UInt64
    }
}

extension MachineRecording {
    /// The frames of all free blocks.
    fileprivate var freeFrames: Set<UInt32> {
        var frames: Set<UInt32> = []
        for zone in zones {
            for list in zone.freeLists where list.order < 32 {
                for pfn in list.pfns { frames.formUnion(pfn...(pfn | (1 << list.order - 1))) }
            }
            for local in zone.perCPU {
                for (index, list) in local.lists.enumerated() where index < 96 {
                    let last: UInt32 = 1 << UInt32(index / 3) - 1
                    for entry in list { frames.formUnion(entry.pfn...(entry.pfn | last)) }
                }
            }
        }
        return frames
    }
}
