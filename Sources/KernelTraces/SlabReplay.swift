import KernelMemory

/// Replays one slab trace: the calls of the slab allocator, its dumps and those of the pages.
///
/// Between `after_ops` and `after_shrink` the kernel ran with interrupts on, so the machine is booted
/// again from the second dump; what no dump shows, full slabs and large allocations, is carried over.
struct SlabReplay {
    private var reader: RecordingReader
    private var slabs = RecordedCaches(.slub)
    private var slabTag = ""
    private var pages: MachineRecording?
    private var cachesByNumber: [Int: UInt64] = [:]
    private var created = CreatedCaches()
    private(set) var machine: Machine?
    private(set) var calls = 0
    private(set) var dumps = 0
    private var history = CallHistory()

    /// Begins behind a header.
    init(reader: RecordingReader) { self.reader = reader }

    /// The CPU that the calls run on.
    private var cpu: Int { reader.header?.cpu ?? 0 }

    /// What led to a difference.
    var details: [String] { history.lines + (machine?.zoneLines ?? []) }

    /// Takes the next record.
    ///
    /// - Returns: the first difference, in words; `nil` if there is none so far.
    mutating func handle(_ kind: String, _ node: JSONNode, line: Int) throws(TraceError) -> String?
    {
        switch kind {
        case "ka", "ca": return try allocate(kind == "ka", node, line)
        case "kf", "cf": return try free(kind == "kf", node, line)
        case "create": return try create(node, line)
        case "shrink", "destroy": return nil
        case "slabdump":
            slabTag = node["tag"]?.text ?? ""
            slabs = RecordedCaches(reader.header?.slab ?? .slub)
            return nil
        case "cache":
            guard slabs.read(node) else { throw missing(kind, line) }
            return nil
        case "endslabdump": return try endSlabDump(line)
        case "SL":
            let cpu = cpu
            return compare("light slab dump") {
                $0.firstSlubDifference(fromLight: node, cpu: cpu)
                    ?? $0.firstClassicDifference(fromLight: node)
            }
        case "L": return try compareLight(node, line)
        default: return try readPages(kind, node, line)
        }
    }

    private func missing(_ kind: String, _ line: Int) -> TraceError {
        .malformed(line: line, "a field of this \(kind) record is missing")
    }
}

// MARK: - Calls

extension SlabReplay {
    private mutating func allocate(
        _ isKMalloc: Bool, _ node: JSONNode, _ line: Int
    ) throws(TraceError) -> String? {
        guard machine != nil, let gfp = node["g"]?.number, let address = node["a"]?.address,
            let size = isKMalloc ? node["s"]?.number : 0
        else { throw missing(isKMalloc ? "ka" : "ca", line) }
        let flags = GFPFlags(rawValue: UInt32(truncatingIfNeeded: gfp))
        let call: KernelCall =
            isKMalloc
            ? .kmalloc(size: UInt64(size), flags)
            : .kmemCacheAlloc(VirtualAddress(try cache(node, line)), flags)
        let outcome = apply(call, line)
        let model = outcome.address
        if model != address {
            return "call \(calls), \(call): model \(VirtualAddress(model)), kernel "
                + "\(VirtualAddress(address))"
        }
        guard isKMalloc, address != 0, let size = node["ks"]?.number else { return nil }
        let usable = machine!.ksize(of: VirtualAddress(address))
        return usable == UInt64(size)
            ? nil : "call \(calls), \(call): ksize model \(usable), kernel \(size)"
    }

    private mutating func free(
        _ isKMalloc: Bool, _ node: JSONNode, _ line: Int
    ) throws(TraceError) -> String? {
        guard machine != nil, let address = node["a"]?.address else {
            throw missing(isKMalloc ? "kf" : "cf", line)
        }
        let object = VirtualAddress(address)
        let call: KernelCall =
            isKMalloc
            ? .kfree(object)
            : .kmemCacheFree(VirtualAddress(try cache(node, line)), object: object)
        _ = apply(call, line)
        guard let misuse = machine!.misuses.last else { return nil }
        return "call \(calls), \(call): the model calls it \(misuse.code.rawValue)"
    }

    private func cache(_ node: JSONNode, _ line: Int) throws(TraceError) -> UInt64 {
        guard let number = node["c"]?.number, let address = cachesByNumber[number] else {
            throw .malformed(line: line, "no cache of this number was created")
        }
        return address
    }

    private mutating func apply(_ call: KernelCall, _ line: Int) -> Outcome {
        calls += 1
        history.add(call, line: line)
        return machine!.apply(call)
    }

    private mutating func create(_ node: JSONNode, _ line: Int) throws(TraceError) -> String? {
        guard let number = node["c"]?.number, let address = node["ptr"]?.address,
            created.add(node)
        else { throw missing("create", line) }
        cachesByNumber[number] = address
        return nil
    }
}

// MARK: - Dumps

extension SlabReplay {
    private mutating func readPages(
        _ kind: String, _ node: JSONNode, _ line: Int
    ) throws(TraceError) -> String? {
        do throws(DumpFault) {
            switch kind {
            case "dump": reader.begin(node)
            case "enddump":
                let tag = reader.tag
                guard let recording = try reader.finish() else { return nil }
                return endPageDump(recording, tag)
            default: if reader.isReading { try reader.read(kind, node, line) }
            }
        } catch { throw .malformed(line: error.record ?? line, "\(error)") }
        return nil
    }

    private mutating func endPageDump(_ recording: MachineRecording, _ tag: String) -> String? {
        switch tag {
        case "before_create", "initial", "after_shrink":
            pages = recording
            return nil
        case "after_ops", "after_free_all":
            return compare("page dump \(tag)") { $0.firstDifference(from: recording) }
        default: return nil
        }
    }

    private mutating func endSlabDump(_ line: Int) throws(TraceError) -> String? {
        let recorded = slabs
        switch slabTag {
        case "before_create": return created.begin(with: recorded, on: pages)
        case "initial", "after_shrink":
            if slabTag == "initial", let difference = created.firstDifference(in: recorded) {
                return difference
            }
            try boot(recorded, line)
        case "periodic", "after_ops", "after_free_all": break
        default: return nil
        }
        return compare("slab dump \(slabTag)") { recorded.firstDifference(in: $0) }
    }

    private mutating func boot(_ caches: RecordedCaches, _ line: Int) throws(TraceError) {
        guard let pages else {
            throw .malformed(line: line, "no page dump stands before this slab dump")
        }
        do throws(RecordingError) {
            machine = try caches.boot(pages, hidden: machine?.hiddenAllocations ?? .none)
        } catch { throw .malformed(line: line, "\(error)") }
    }

    private mutating func compareLight(_ node: JSONNode, _ line: Int) throws(TraceError) -> String?
    {
        guard let dump = LightDump(node) else { throw missing("L", line) }
        return compare("light page dump") { dump.firstDifference(from: $0) }
    }

    private mutating func compare(
        _ what: String, _ difference: (Machine) -> Difference?
    ) -> String? {
        guard let machine else { return nil }
        dumps += 1
        return difference(machine).map { "\(what) after call \(calls): \($0)" }
    }
}

extension Outcome {
    /// The address returned; 0 for NULL.
    var address: UInt64 {
        if case .address(let address) = returned { address.rawValue } else { 0 }
    }
}
