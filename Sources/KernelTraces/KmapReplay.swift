import KernelMemory

/// Replays one kmap trace: permanent and temporary mappings of high memory, and dumps of the pool.
///
/// There is no dump of the pages in such a trace, and none is needed: addresses depend on nothing but
/// the order of the calls. The machine is booted by the formulas of its header.
struct KmapReplay {
    private(set) var machine: Machine
    /// The pages used, with whether each is high memory; empty before the `kpages` record.
    private(set) var pages: [UInt32: Bool] = [:]
    private let cpu: Int
    /// Operations that the trace is to have.
    private let operations: Int
    private var history = CallHistory()
    private(set) var calls = 0
    private(set) var dumps = 0
    /// Whether the pool was brought into the trace's initial state.
    private var hasStarted = false
    /// Whether there were mappings before the trace began.
    private var hasEarlierMappings = false
    /// Whether the end of the trace was read.
    private(set) var isFinished = false

    /// Begins at a `trace` record on a machine that has just booted.
    init(_ node: JSONNode, _ machine: Machine, line: Int) throws(TraceError) {
        guard let cpu = node["cpu"]?.number, let operations = node["n"]?.number else {
            throw .malformed(line: line, "a field of this trace record is missing")
        }
        guard (0..<machine.cpuCount).contains(cpu) else {
            throw .malformed(line: line, "the machine has no cpu \(cpu)")
        }
        (self.machine, self.cpu, self.operations) = (machine, cpu, operations)
        _ = self.machine.apply(.runOn(cpu: UInt32(cpu)))
    }

    /// What led to a difference.
    var details: [String] { history.lines }

    /// Takes the next record.
    ///
    /// - Returns: the first difference, in words; `nil` if there is none so far.
    mutating func handle(_ kind: String, _ node: JSONNode, line: Int) throws(TraceError) -> String?
    {
        switch kind {
        case "kpages": return try takePages(node, line)
        case "pkmap": return try compareDump(node, line)
        case "kmap", "kunmap", "local", "poolfull", "endtrace":
            guard hasStarted, !pages.isEmpty else {
                throw .malformed(line: line, "kpages and a pkmap dump must come before")
            }
        default: return nil
        }
        switch kind {
        case "local": return try replayNest(node, line)
        case "poolfull": return try compareFullPool(node, line)
        case "endtrace": return try end(node, line)
        default: return try call(kind == "kmap", node, line)
        }
    }

    func missing(_ kind: String, _ line: Int) -> TraceError {
        .malformed(line: line, "a field of this \(kind) record is missing or wrong")
    }

    func page(_ pfn: UInt32) -> PagePointer { machine.pagePointer(of: PageFrameNumber(pfn)) }

    mutating func apply(_ call: KernelCall, _ line: Int) -> Outcome.Returned {
        calls += 1
        history.add(call, line: line)
        return machine.apply(call).returned
    }

    /// The first pair that differs, or a rule that the trace cannot have broken.
    func difference(_ what: String, _ values: [(String, String, String)]) -> String? {
        let place = "call \(calls), \(what): "
        if let misuse = machine.misuses.last {
            return place + "the model calls it \(misuse.code.rawValue)"
        }
        if let oops = machine.oops { return place + "the model halts: \(oops)" }
        return values.first { $0.1 != $0.2 }.map {
            place + Difference(place: $0.0, model: $0.1, kernel: $0.2).description
        }
    }
}

// MARK: - Pages and dumps

extension KmapReplay {
    private mutating func takePages(_ node: JSONNode, _ line: Int) throws(TraceError) -> String? {
        let pairs = node["p"]?.elements.map { $0.numbers ?? [] } ?? []
        guard let high = node["nhigh"]?.number, !pairs.isEmpty,
            pairs.count(where: { $0.last != 0 }) == high
        else { throw missing("kpages", line) }
        for pair in pairs {
            guard pair.count == 2, let pfn = UInt32(exactly: pair[0]), pfn < machine.frameEnd else {
                throw missing("kpages", line)
            }
            let model = machine.isHighmem(PageFrameNumber(pfn))
            if model != (pair[1] != 0) {
                return "is_highmem of pfn \(pfn): model \(model), kernel \(pair[1] != 0)"
            }
            guard pages.updateValue(model, forKey: pfn) == nil else {
                throw .malformed(line: line, "pfn \(pfn) comes twice")
            }
        }
        return nil
    }

    private mutating func compareDump(
        _ node: JSONNode, _ line: Int
    ) throws(TraceError) -> String? {
        guard let dump = PkmapDump(node) else { throw missing("pkmap", line) }
        if !hasStarted {
            guard dump.tag == "initial" else {
                throw .malformed(line: line, "the first pkmap dump is not the initial one")
            }
            switch KmapStart.load(dump, into: machine) {
            case .success(let loaded): machine = loaded
            case .failure(let fault): throw .malformed(line: line, "initial pool: \(fault)")
            }
            hasStarted = true
            hasEarlierMappings = !dump.entries.isEmpty
        }
        dumps += 1
        let model = PkmapDump(of: machine, tag: dump.tag)
        return model.firstDifference(from: dump).map {
            "pkmap dump \(dump.tag) after call \(calls): \($0)"
        }
    }

    private func compareFullPool(_ node: JSONNode, _ line: Int) throws(TraceError) -> String? {
        guard let used = node["used"]?.number else { throw missing("poolfull", line) }
        let pool = machine.kmapPool
        return difference(
            "poolfull",
            [
                ("used", "\(pool.usedCount)", "\(used)"),
                ("LAST_PKMAP - 1", "\(pool.slots.count - 1)", "\(used)"),
            ])
    }

    private mutating func end(_ node: JSONNode, _ line: Int) throws(TraceError) -> String? {
        guard let count = node["ops"]?.number else { throw missing("endtrace", line) }
        guard count == operations else {
            throw .malformed(line: line, "\(count) operations, but trace says \(operations)")
        }
        isFinished = true
        return nil
    }
}

// MARK: - Calls

extension KmapReplay {
    private mutating func call(
        _ isMapping: Bool, _ node: JSONNode, _ line: Int
    ) throws(TraceError) -> String? {
        guard let record = KmapCall(node, isMapping: isMapping, isHighmem: { pages[$0] }) else {
            throw missing(isMapping ? "kmap" : "kunmap", line)
        }
        let page = page(record.pfn)
        if !isMapping { addEarlierUse(of: record.pfn) }
        let call: KernelCall = isMapping ? .kmap(page) : .kunmap(page, use: 0)
        let returned = apply(call, line)
        let pool = machine.kmapPoolUse
        var values: [(String, String, String)] = []
        if let kernel = record.mapping {
            let address = VirtualAddress(kernel.address)
            values = [
                ("address", returned.text, address.description),
                ("last_pkmap_nr", "\(pool.last)", "\(kernel.last)"),
            ]
            if let slot = kernel.slot {
                let model = machine.kmapSlot(at: address)
                values += [
                    ("pkmap_count", "\(model?.count ?? 0)", "\(slot.count)"),
                    ("pte", hex(model?.entry ?? 0), hex(slot.entry)),
                ]
            }
        }
        values.append(("used", "\(pool.usedCount)", "\(record.usedSlots)"))
        return difference("\(call)", values)
    }

    /// Of pages of low memory no dump says that they were mapped before the trace: a `kunmap` does.
    private mutating func addEarlierUse(of pfn: UInt32) {
        guard hasEarlierMappings, pages[pfn] == false,
            !machine.kmapUses.contains(where: { $0.pfn.rawValue == pfn })
        else { return }
        _ = machine.apply(.kmap(page(pfn)))
    }

    func hex(_ entry: UInt64) -> String { "0x" + String(entry, radix: 16) }
}

extension Outcome.Returned {
    /// An address as a trace has it.
    var text: String {
        if case .address(let address) = self { address.description } else { "\(self)" }
    }
}
