import KernelMemory

/// Replays one vmalloc trace: the calls, the dumps of areas, and the frames for as long as nobody else
/// of the kernel allocated.
///
/// The kernel ran with interrupts on. As long as every backing page is the recorded one, everything is
/// compared raw; from the first that is not, frames are compared by ``FrameNaming``.
struct VmallocReplay {
    private let trace: VmallocTrace
    private var machine: Machine?
    private var naming = FrameNaming(.i386)
    private var live: [UInt64: VmallocCall] = [:]
    private var history = CallHistory()
    private(set) var calls = 0
    private(set) var dumps = 0
    private(set) var exactness = VmallocExactness()

    /// Takes a trace that was read to its end.
    init(_ trace: VmallocTrace) { self.trace = trace }

    /// What led to a difference.
    var details: [String] { history.lines + (machine?.zoneLines ?? []) }

    /// Replays the whole trace.
    ///
    /// - Returns: the first difference and its line; `nil` if there is none.
    mutating func run() throws(TraceError) -> (line: Int, summary: String)? {
        try boot()
        for (line, record) in trace.records {
            if let summary = try handle(record, line) { return (line, summary) }
        }
        return nil
    }

    private mutating func handle(
        _ record: VmallocTrace.Record, _ line: Int
    ) throws(TraceError) -> String? {
        switch record {
        case .call(let call): return try apply(call, line)
        case .areas(let tag, let areas): return compare(areas, tag)
        case .pages(let tag, let pages):
            return compareFrames("page dump \(tag)") { $0.firstDifference(from: pages) }
        case .caches(let tag, let caches):
            return compareFrames("slab dump \(tag)") { caches.firstDifference(in: $0) }
        case .light(let dump):
            return compareFrames("light page dump") { dump.firstDifference(from: $0) }
        }
    }

    private mutating func boot() throws(TraceError) {
        var pages: MachineRecording?
        var caches: RecordedCaches?
        var areas: (line: Int, VmapRecording)?
        for (line, record) in trace.records {
            switch record {
            case .pages("initial", let recording): pages = recording
            case .caches("initial", let recorded): caches = recorded
            case .areas("initial", let recording): areas = (line, recording)
            default: continue
            }
        }
        guard let pages, let caches, let (line, recorded) = areas else {
            throw .malformed(line: 0, "an initial dump is missing: of pages, slabs or areas")
        }
        var start = recorded
        start.tables = trace.tables(before: pages)
        do throws(RecordingError) {
            machine = try caches.boot(pages, areas: start)
        } catch { throw .malformed(line: line, "\(error)") }
        naming = FrameNaming(pages.architecture)
    }
}

// MARK: - Calls

extension VmallocReplay {
    private mutating func apply(_ call: VmallocCall, _ line: Int) throws(TraceError) -> String? {
        let request = try kernelCall(call, line)
        calls += 1
        history.add(request, line: line)
        let before = machine
        var outcome = machine!.apply(request)
        if lazyDifference(call) != nil, let before {
            outcome = retry(request, on: before, call) ?? outcome
        }
        let where_ = "call \(calls), \(request)"
        if machine!.isHalted { return "\(where_): the model halts" }
        if call.function.allocates {
            if outcome.address != call.address {
                return "\(where_): model \(VirtualAddress(outcome.address)), kernel "
                    + "\(VirtualAddress(call.address))"
            }
        } else if let misuse = machine!.misuses.last {
            return "\(where_): the model calls it \(misuse.code.rawValue)"
        }
        return (lazyDifference(call) ?? frameDifference(call)).map { "\(where_): \($0)" }
    }

    /// Tries whether the worker that purges ran only when the call was done.
    private mutating func retry(
        _ request: KernelCall, on before: Machine, _ call: VmallocCall
    ) -> Outcome? {
        let first = machine
        machine = before
        machine!.schedule(.afterCall)
        let outcome = machine!.apply(request)
        machine!.schedule(.prompt)
        if lazyDifference(call) == nil { return outcome }
        machine = first
        return nil
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
                    machine!.pagePointer(of: PageFrameNumber($0))
                })
        }
    }

    private func lazyDifference(_ call: VmallocCall) -> String? {
        guard let lazy = call.lazyPages, let count = call.unpurgedCount else { return nil }
        let model = machine!.vmapRecording
        if model.lazyPages != lazy { return "lazy, model \(model.lazyPages), kernel \(lazy)" }
        return model.unpurged.count == count
            ? nil : "npurge, model \(model.unpurged.count), kernel \(count)"
    }
}

// MARK: - Frames

extension VmallocReplay {
    private mutating func frameDifference(_ call: VmallocCall) -> String? {
        if call.function == .aliases { return nil }
        if !call.function.allocates {
            live[call.address] = nil
            return walkDifference(call, [])
        }
        if call.address == 0 { return nil }
        let frames = machine!.vmallocFrames(at: VirtualAddress(call.address)).map(\.rawValue)
        if frames.count != call.pfns.count {
            return "pages behind it, model \(frames.count), kernel \(call.pfns.count)"
        }
        let isExact = frames == call.pfns
        if call.function == .vmap, !isExact {
            return "frames behind it, model \(frames), kernel \(call.pfns)"
        }
        if let taken = takenTwice(call) { return taken }
        live[call.address] = call
        if call.function != .vmap {
            exactness.add(pages: frames.count, isExact: isExact)
            if !isExact { diverge("call \(calls)", at: frames, call.pfns) }
        }
        return walkDifference(call, frames)
    }

    private func takenTwice(_ call: VmallocCall) -> String? {
        nil
    }

    private mutating func walkDifference(_ call: VmallocCall, _ frames: [UInt32]) -> String? {
        for (index, (name, kernel)) in call.walks.enumerated() {
            let page: (UInt32, UInt32)? =
                switch index {
                case 0 where !frames.isEmpty: (frames[0], call.pfns[0])
                case 1: (frames[frames.count - 1], call.pfns[frames.count - 1])
                default: nil
                }
            let model = RecordedWalk(kernel.address, in: machine!)
            var level = naming.firstDifference(model, kernel, page: page)
            if level != nil, naming.isIdentity {
                var other = naming
                other.diverge()
                if other.firstDifference(model, kernel, page: page) == nil {
                    diverge("\(name) of call \(calls)", at: [], [])
                    level = naming.firstDifference(model, kernel, page: page)
                }
            }
            if let level {
                let entry: (RecordedWalk) -> String = { "0x" + String($0.entries[level], radix: 16) }
                return "\(["pgd", "pud", "pmd", "pte"][level]) of \(name), model \(entry(model)), "
                    + "kernel \(entry(kernel))"
            }
        }
        return nil
    }

    private mutating func diverge(_ place: String, at model: [UInt32], _ kernel: [UInt32]) {
        guard naming.isIdentity else { return }
        naming.diverge()
        let at = zip(model, kernel).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
        exactness.divergence =
            "\(place), page \(at): model \(model.dropFirst(at).prefix(6)), kernel "
            + "\(kernel.dropFirst(at).prefix(6))"
    }
}

// MARK: - Dumps

extension VmallocReplay {
    private mutating func compare(_ recorded: VmapRecording, _ tag: String) -> String? {
        guard tag != "cmd" else { return nil }
        dumps += 1
        return machine!.vmapRecording.firstDifference(from: recorded).map {
            "dump of areas \(tag) after call \(calls): \($0)"
        }
    }

    /// Compares what can differ as soon as somebody else of the kernel allocates.
    private mutating func compareFrames(
        _ what: String, _ difference: (Machine) -> Difference?
    ) -> String? {
        guard naming.isIdentity else { return nil }
        dumps += 1
        guard let found = difference(machine!) else { return nil }
        exactness.notes.append("\(what) after call \(calls): \(found)")
        return nil
    }
}

/// How much of the backing pages was exact.
struct VmallocExactness {
    private(set) var calls = 0
    private(set) var exactCalls = 0
    private(set) var callsBefore = 0
    private(set) var pages = 0
    private(set) var pagesBefore = 0
    /// Where the first difference was.
    var divergence: String?
    var notes: [String] = []

    /// Counts an area.
    mutating func add(pages count: Int, isExact: Bool) {
        calls += 1
        pages += count
        if isExact { exactCalls += 1 }
        guard divergence == nil, isExact else { return }
        callsBefore += 1
        pagesBefore += count
    }

    /// The same in words.
    var text: String {
        let share = divergence == nil ? "all" : "\(callsBefore)"
        return "backing pages exact: \(share) of \(calls) calls (\(pagesBefore) of \(pages) pages), "
            + "\(exactCalls) in all" + (divergence.map { "; first difference \($0)" } ?? "")
    }
}

extension RecordedCaches {
    /// A machine with these caches and areas.
    fileprivate func boot(
        _ pages: MachineRecording, areas: VmapRecording
    ) throws(RecordingError) -> Machine {
        let image =
            switch self {
            case .slub(let caches):
                try BootImage(recording: pages, caches: caches, hidden: .none)
            case .classic(let caches):
                try BootImage(recording: pages, caches: caches, hidden: .none)
            }
        image.load(areas)
        return Machine(booting: image)
    }
}
