import KernelMemory

/// Nests of temporary mappings.
extension KmapReplay {
    /// Makes the mappings of a `local` record, compares each, and gives them up in the reverse order.
    mutating func replayNest(_ node: JSONNode, _ line: Int) throws(TraceError) -> String? {
        let elements = node["m"]?.elements ?? []
        let nest = elements.compactMap { LocalMapping($0) }
        guard let cpu = node["cpu"]?.number, (0..<machine.cpuCount).contains(cpu), !nest.isEmpty,
            nest.count == elements.count, nest.allSatisfy({ pages[$0.pfn] != nil })
        else { throw missing("local", line) }
        let usual = machine.currentCPU
        if cpu != usual { _ = apply(.runOn(cpu: UInt32(cpu)), line) }
        let before = machine.contexts
        var made: [KernelCall] = []
        for mapping in nest {
            if let difference = map(mapping, cpu, &made, line) { return difference }
        }
        for call in made.reversed() {
            _ = apply(call, line)
            if let found = difference("\(call)", []) { return found }
        }
        if let found = leftOver(before, cpu) { return "call \(calls), after a nest: \(found)" }
        if cpu != usual { _ = apply(.runOn(cpu: UInt32(usual)), line) }
        return nil
    }

    private mutating func map(
        _ mapping: LocalMapping, _ cpu: Int, _ made: inout [KernelCall], _ line: Int
    ) -> String? {
        let page = page(mapping.pfn)
        let isMapped = isMapped(page, line)
        let call: KernelCall =
            mapping.isAtomic ? .kmapAtomic(page, type: nil) : .kmapLocalPage(page)
        let returned = apply(call, line)
        guard case .address(let address) = returned else {
            return difference("\(call)", []) ?? "call \(calls), \(call): model \(returned)"
        }
        made.append(
            mapping.isAtomic
                ? .kunmapAtomic(address, type: nil, use: machine.step)
                : .kunmapLocal(address, use: machine.step))
        let depth = machine.contexts.cpus[cpu].localMappingCount
        var values = [
            ("high", "\(pages[mapping.pfn] ?? false)", "\(mapping.isHighmem)"),
            ("pkmapped", "\(isMapped)", "\(mapping.isMappedAlready)"),
            ("address", returned.text, VirtualAddress(mapping.address).description),
            ("kmap_ctrl_idx", "\(depth)", "\(mapping.depth)"),
            ("va", hex(address.rawValue), hex(mapping.walk.address)),
        ]
        values += entries(RecordedWalk(address.rawValue, in: machine), mapping.walk)
        return difference("\(call)", values)
    }

    /// Whether a page of high memory had an address before.
    private mutating func isMapped(_ page: PagePointer, _ line: Int) -> Bool {
        guard let pfn = machine.frame(of: page), pages[pfn.rawValue] == true else { return false }
        return apply(.pageAddress(page), line) != .null
    }

    /// The entries on a way, level by level. Where the recorded kernel had its tables is its own matter;
    /// what else an entry says is not.
    private func entries(
        _ model: RecordedWalk, _ kernel: RecordedWalk
    ) -> [(String, String, String)] {
        zip(["pgd", "pud", "pmd", "pte"], zip(model.entries, kernel.entries)).map { name, pair in
            let namesTable = name != "pte" && !RecordedWalk.mapsPage(pair.1)
            let mask: UInt64 = namesTable ? 0xfff : .max
            return (name, hex(pair.0 & mask), hex(pair.1 & mask))
        }
    }

    /// What a nest left behind that was not there before.
    private func leftOver(_ before: ContextsSnapshot, _ cpu: Int) -> String? {
        if machine.contexts != before { return "the CPUs' contexts are not as they were" }
        if !machine.temporaryMappings.isEmpty { return "temporary mappings are left" }
        return machine.temporarySlots(ofCPU: cpu).first { $0.entry != 0 }.map {
            "the entry of \($0.address) is \(hex($0.entry))"
        }
    }
}
