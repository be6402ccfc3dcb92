import KernelMemory

/// What a vmalloc trace begins with: the dumps of pages, caches and areas before its first call.
struct VmallocStart {
    let pages: MachineRecording
    let caches: RecordedCaches
    let areas: VmapRecording
    /// The line of the last of them.
    let line: Int

    /// A machine in that state, with the page tables that the trace's walks show.
    func boot(_ trace: VmallocTrace) throws(TraceError) -> Machine {
        var areas = areas
        areas.tables = trace.tables(before: pages)
        do throws(RecordingError) {
            let image = try caches.image(pages)
            image.load(areas)
            return Machine(booting: image)
        } catch { throw .malformed(line: line, "\(error)") }
    }
}

extension VmallocTrace {
    /// The dumps with the tag `initial`.
    func start() throws(TraceError) -> VmallocStart {
        var pages: MachineRecording?
        var caches: RecordedCaches?
        for (line, record) in records {
            switch record {
            case .pages("initial", let recording): pages = recording
            case .caches("initial", let recorded): caches = recorded
            case .areas("initial", let areas):
                guard let pages, let caches else { continue }
                return VmallocStart(pages: pages, caches: caches, areas: areas, line: line)
            default: continue
            }
        }
        let last = records.last?.line ?? 0
        throw .malformed(line: last, "no dumps of pages, slabs and areas are behind each other")
    }
}

extension RecordedCaches {
    /// The image of a machine with these caches.
    fileprivate func image(_ pages: MachineRecording) throws(RecordingError) -> BootImage {
        switch self {
        case .slub(let caches):
            try BootImage(recording: pages, caches: caches, hidden: .none)
        case .classic(let caches):
            try BootImage(recording: pages, caches: caches, hidden: .none)
        }
    }
}

/// The frames that the page allocator can give to anybody: those that exist and are not reserved.
struct UsableFrames {
    private var isUsable: [Bool]

    /// Takes them from a recording that a machine could be booted from.
    init(_ pages: MachineRecording) {
        isUsable = Array(repeating: false, count: Int(pages.zones.map(\.end).max() ?? 0))
        for zone in pages.zones {
            for pfn in zone.start..<zone.end { isUsable[Int(pfn)] = true }
        }
        for range in pages.zones.flatMap({ $0.reserved + $0.invalid }) {
            for pfn in range.start..<(range.start + range.count) { isUsable[Int(pfn)] = false }
        }
    }

    /// Whether a frame is one of them.
    func contains(_ pfn: UInt32) -> Bool { pfn < isUsable.count && isUsable[Int(pfn)] }
}

extension MachineRecording.Zone {
    fileprivate var end: UInt32 { start + spanned }
}
