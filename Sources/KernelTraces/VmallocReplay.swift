import KernelMemory

/// Replays one vmalloc trace: the calls, the dumps of areas, and the frames behind them.
///
/// The kernel ran with interrupts on. Where another task took or gave back pages, that is found out and
/// done to the model too (see ``OtherTasks``). Where it cannot be found out, frames are compared by
/// ``FrameNaming`` from there on.
struct VmallocReplay {
    let trace: VmallocTrace
    var machine: Machine
    /// What it may be instead, where a purge was seen half done: each with the purge at another moment.
    var alternatives: [Machine] = []
    var naming: FrameNaming
    /// Frames that `vmap` maps, and frames that the page allocator can give to anybody.
    let mappedFrames: Set<UInt32>
    let usableFrames: UsableFrames
    /// Which frames of the kernel's stand behind which area.
    var owners: [UInt32: UInt64] = [:]
    var framesByArea: [UInt64: [UInt32]] = [:]
    /// The machine after the last call whose pages were exact, and what was called since.
    var exact: (machine: Machine, calls: [KernelCall])
    /// Where the model's frames and the kernel's part: the line, and what was seen there.
    var divergence: (line: Int, summary: String)?
    private var history = CallHistory()
    private(set) var calls = 0
    var dumps = 0
    var exactness = VmallocExactness()

    /// Boots the machine of a trace that was read to its end.
    init(_ trace: VmallocTrace) throws(TraceError) {
        self.trace = trace
        let start = try trace.start()
        machine = try start.boot(trace)
        mappedFrames = Set(trace.mappedFrames)
        usableFrames = UsableFrames(start.pages)
        if !trace.waitsForPurges { machine.schedule(.absent) }
        exact = (machine, [])
        naming = FrameNaming(machine.architecture)
    }

    /// What led to a difference.
    var details: [String] { history.lines + machine.zoneLines }

    /// Replays the whole trace.
    ///
    /// - Returns: the first difference and its line; `nil` if there is none.
    mutating func run() throws(TraceError) -> (line: Int, summary: String)? {
        for (line, record) in trace.records {
            if let summary = try handle(record, line) { return (line, summary) }
            if let found = divergence, isRefuted(by: record) {
                return (found.line, found.summary + ", but all pages are as they were later")
            }
        }
        return nil
    }

    private mutating func handle(
        _ record: VmallocTrace.Record, _ line: Int
    ) throws(TraceError) -> String? {
        switch record {
        case .call(let call): return try handle(call, line)
        case .areas(let tag, let areas): return compare(areas, tag)
        case .pages(let tag, let pages):
            comparePages("page dump \(tag)") { $0.firstDifference(from: pages) }
        case .light(let dump):
            comparePages("light page dump") { dump.firstDifference(from: $0) }
        case .caches(let tag, let caches): return compare(caches, tag)
        }
        return nil
    }

    private mutating func handle(_ call: VmallocCall, _ line: Int) throws(TraceError) -> String? {
        let request = try kernelCall(call, line)
        calls += 1
        history.add(request, line: line)
        let difference = apply(request, call) ?? frameDifference(request, call, line)
        return difference.map { "call \(calls), \(request): \($0)" }
    }

    private func kernelCall(_ call: VmallocCall, _ line: Int) throws(TraceError) -> KernelCall {
        let address = VirtualAddress(call.address)
        switch call.function {
        case .vmalloc: return .vmalloc(size: call.size)
        case .vzalloc: return .vzalloc(size: call.size)
        case .vfree: return .vfree(address)
        case .vunmap: return .vunmap(address)
        case .aliases: return .vmUnmapAliases
        case .vmap:
            let count = call.size / UInt64(Page.sizeInBytes)
            guard count <= trace.mappedFrames.count else {
                throw .malformed(line: line, "vpages has only \(trace.mappedFrames.count) frames")
            }
            return .vmap(
                trace.mappedFrames.prefix(Int(count)).map {
                    machine.pagePointer(of: PageFrameNumber($0))
                })
        }
    }
}
