import KernelMemory

/// Goes through a trace line by line.
struct Replayer {
    private(set) var result: ReplayResult
    private var reader = RecordingReader()
    private var machine: Machine?
    private var line = 0
    private var history = CallHistory()
    private var kswapd = KswapdSearch()
    private var slab: SlabReplay?
    private var vmalloc: VmallocTrace?
    private var kmap: KmapReplay?
    private var kmapHeader: KmapHeader?

    init(path: String) { result = ReplayResult(path: path) }

    /// Replays the whole file, or up to the first difference.
    mutating func run() {
        do throws(TraceError) {
            var file = try TraceFile(path: result.path)
            while result.failure == nil, let bytes = try file.nextLine() {
                line += 1
                guard let record = TraceRecord(line: bytes) else {
                    throw .malformed(line: line, "this is no record of a trace")
                }
                try handle(record)
            }
        } catch {
            fail("\(error)")
            return
        }
        if result.failure == nil, isInTrace {
            fail("the trace stops before its end")
        }
        if result.failure == nil, !result.isExact {
            fail("nothing in this file can be replayed: no page trace and no header")
        }
    }

    private var isInTrace: Bool {
        machine != nil || slab != nil || vmalloc != nil || kmap != nil
    }

    private mutating func handle(_ record: TraceRecord) throws(TraceError) {
        switch record {
        case .allocate(let gfp, let order, let pfn): allocate(GFPFlags(rawValue: gfp), order, pfn)
        case .free(let pfn, let order): free(pfn, order)
        case .split(let pfn, let order): split(pfn, order)
        case .other(let kind, let node): try handle(kind, node)
        }
    }

    private mutating func handle(_ kind: String, _ node: JSONNode) throws(TraceError) {
        if kmap != nil { return try handleInKmap(kind, node) }
        if kind != "endtrace" {
            if slab != nil { return try handleInSlab(kind, node) }
            if vmalloc != nil { return try vmalloc!.read(kind, node, line: line) }
        }
        do throws(DumpFault) {
            switch kind {
            case "hdr":
                kmapHeader = KmapHeader(node)
                return try reader.readHeader(node, line)
            case "trace" where node["kind"]?.text == "page": return try reader.readTrace(node, line)
            case "dump": return reader.begin(node, keepsHeader: true)
            case "enddump":
                let places = reader.places
                guard let recording = try reader.finish() else { return }
                return try endDump(
                    RecordedDump(
                        recording: recording, release: reader.release, note: nil, places: places))
            default: if reader.isReading { return try reader.read(kind, node, line) }
            }
        } catch { throw .malformed(line: error.record ?? line, "\(error)") }
        switch kind {
        case "trace": try beginOther(node)
        case "L": try compareLight(node)
        case "endtrace": try endTrace()
        default: break
        }
    }
}

// MARK: - Calls

extension Replayer {
    private mutating func allocate(_ gfp: GFPFlags, _ order: UInt32, _ pfn: UInt32?) {
        let call = KernelCall.allocPages(gfp, order: order)
        guard let outcome = apply(call, pfn: pfn), let machine else { return }
        let returned = machine.pfn(of: outcome)
        if returned == pfn || explain({ _ in true }) { return }
        let name: (UInt32?) -> String = { $0.map { "pfn \($0)" } ?? "NULL" }
        fail("call \(result.calls), \(call): model \(name(returned)), kernel \(name(pfn))")
    }

    private mutating func free(_ pfn: UInt32, _ order: UInt32) {
        guard let page = machine?.pagePointer(of: PageFrameNumber(pfn)) else { return }
        applyChecked(.freePagesOf(page, order: order))
    }

    private mutating func split(_ pfn: UInt32, _ order: UInt32) {
        guard let page = machine?.pagePointer(of: PageFrameNumber(pfn)) else { return }
        applyChecked(.splitPage(page, order: order))
    }

    /// A call that the trace made by the rules: if it is a misuse here, the states differ.
    private mutating func applyChecked(_ call: KernelCall) {
        guard apply(call, pfn: nil) != nil, machine!.isCorrupted else { return }
        let code = machine!.misuses.last?.code.rawValue ?? "a misuse"
        fail("call \(result.calls), \(call): the model calls it \(code)")
    }

    private mutating func apply(_ call: KernelCall, pfn: UInt32?) -> Outcome? {
        guard machine != nil else { return nil }
        result.calls += 1
        history.add(call, line: line)
        kswapd.add(call, pfn: pfn)
        return machine!.apply(call)
    }

    /// Whether kswapd on another CPU explains what is recorded; if so it is made to have run.
    private mutating func explain(_ agrees: (Machine) -> Bool) -> Bool {
        guard let found = kswapd.solve(agrees) else { return false }
        machine = found.machine
        result.notes.append(
            "kswapd ran on another CPU before call \(result.calls + 1 - found.callsAgo)")
        return true
    }
}

// MARK: - Traces and dumps

extension Replayer {
    /// A trace of something else than pages.
    private mutating func beginOther(_ node: JSONNode) throws(TraceError) {
        let kind = node["kind"]?.text ?? "unknown"
        if kind == "kmap" { return try beginKmap(node) }
        guard kind == "slab" || kind == "vmalloc" else {
            throw .malformed(line: line, "\(kind) traces are not replayed yet")
        }
        do throws(DumpFault) {
            try reader.readTrace(node, line)
        } catch { throw .malformed(line: error.record ?? line, "\(error)") }
        if kind == "slab" {
            slab = SlabReplay(reader: reader)
        } else {
            vmalloc = VmallocTrace(node, reader: reader)
        }
    }

    private mutating func handleInSlab(_ kind: String, _ node: JSONNode) throws(TraceError) {
        guard let difference = try slab!.handle(kind, node, line: line) else { return }
        result.failure = ReplayFailure(line: line, summary: difference, details: slab!.details)
    }

    /// Boots a machine like the header of a kmap trace, which has no dump to start from.
    private mutating func beginKmap(_ node: JSONNode) throws(TraceError) {
        guard let zones = reader.headerZones, let kmapHeader,
            let configuration = zones.bootConfiguration
        else { throw .malformed(line: line, "no header of a machine with high memory is before") }
        let machine = Machine(configuration)
        compareBoot(zones, machine)
        if result.failure == nil, let difference = kmapHeader.firstDifference(machine) {
            fail("machine booted by the formulas: \(difference)")
        }
        if result.failure == nil { kmap = try KmapReplay(node, machine, line: line) }
    }

    private mutating func handleInKmap(_ kind: String, _ node: JSONNode) throws(TraceError) {
        let difference = try kmap!.handle(kind, node, line: line)
        guard difference != nil || kmap!.isFinished else { return }
        result.calls += kmap!.calls
        result.dumps += kmap!.dumps
        if let difference {
            result.failure = ReplayFailure(line: line, summary: difference, details: kmap!.details)
        } else {
            result.finishedTraces += 1
        }
        kmap = nil
    }

    private mutating func endTrace() throws(TraceError) {
        if let slab {
            result.calls += slab.calls
            result.dumps += slab.dumps
        }
        if let vmalloc { try replay(vmalloc) }
        if machine != nil || slab?.machine != nil { result.finishedTraces += 1 }
        machine = nil
        slab = nil
        vmalloc = nil
        history = CallHistory()
        kswapd = KswapdSearch()
    }

    /// Replays a vmalloc trace, all of which has been read.
    private mutating func replay(_ trace: VmallocTrace) throws(TraceError) {
        var replay = try VmallocReplay(trace)
        let difference = try replay.run()
        result.calls += replay.calls
        result.dumps += replay.dumps
        result.notes += replay.exactness.lines
        if let difference {
            result.failure = ReplayFailure(
                line: difference.line, summary: difference.summary, details: replay.details)
        } else {
            result.finishedTraces += 1
        }
    }

    private mutating func endDump(_ dump: RecordedDump) throws(DumpFault) {
        let tag = reader.tag
        let recording = dump.recording
        switch tag {
        case "initial":
            do throws(RecordingError) {
                machine = Machine(booting: try BootImage(recording: recording))
            } catch { throw dump.fault(error) }
            compare(recording, tag)
        case "after_ops", "after_free_all": compare(recording, tag)
        case "full": compareBoot(recording)
        default: break
        }
    }

    private mutating func compare(_ recording: MachineRecording, _ tag: String) {
        let difference: (Machine) -> Difference? = { $0.firstDifference(from: recording) }
        guard agree("full dump \(tag)", difference), let machine else { return }
        guard !machine.hasStatThresholds(of: recording) else { return }
        // Only the thresholds differ: kswapd ran since the last call, or since the last fold.
        if !explain({ difference($0) == nil && $0.hasStatThresholds(of: recording) }) {
            fail("full dump \(tag) after call \(result.calls): stat_threshold differs")
        } else {
            kswapd.agreed(self.machine!)
        }
    }

    private mutating func compareLight(_ node: JSONNode) throws(TraceError) {
        guard machine != nil else { return }
        guard let dump = LightDump(node) else {
            throw .malformed(line: line, "a field of this L record is missing")
        }
        _ = agree("light dump") { dump.firstDifference(from: $0) }
    }

    /// Compares the machine with a dump, and looks for kswapd if they differ.
    private mutating func agree(
        _ what: String, _ difference: (Machine) -> Difference?
    ) -> Bool {
        guard let machine else { return false }
        result.dumps += 1
        if let found = difference(machine), !explain({ difference($0) == nil }) {
            fail("\(what) after call \(result.calls): \(found)")
            return false
        }
        kswapd.agreed(self.machine!)
        return true
    }

    /// Boots a machine of the header's size by the formulas and compares what they give.
    ///
    /// - Parameter machine: that machine, if it was booted already.
    private mutating func compareBoot(_ recording: MachineRecording, _ machine: Machine? = nil) {
        result.headers += 1
        if let difference = recording.bootDifference(machine) {
            fail("machine booted by the formulas: \(difference)")
        }
    }

    private mutating func fail(_ summary: String) {
        var details = history.lines
        if let machine { details += machine.zoneLines }
        result.failure = ReplayFailure(line: line, summary: summary, details: details)
    }
}
