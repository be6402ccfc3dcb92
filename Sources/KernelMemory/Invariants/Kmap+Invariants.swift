/// What must hold of mappings of high memory, as long as nobody writes over page tables.
extension Core {
    /// The first thing that does not hold, in words; `nil` if all is well, or if the machine is halted
    /// in the middle of something.
    ///
    /// A slot's entry is there while its count is not 0, and names the page that the hash has for it; the
    /// count is one more than its users; and the entries of each CPU's temporary mappings are those of
    /// its task.
    ///
    /// - Complexity: O(slots + uses).
    func checkKmaps() -> String? {
        if isHalted { return nil }
        guard hasHighmem else { return checkNoHighmem() }
        return checkPool() ?? checkUses() ?? checkLocalEntries() ?? checkTemporaries()
            ?? checkLocalTLBs()
    }

    /// Whether no rule was broken yet: then the kernel's counts are the callers'.
    var hasKeptRules: Bool { cold.misuseCount == 0 }

    private func checkNoHighmem() -> String? {
        let entries = cold.contexts.cpus.reduce(0) { $0 + $1.task.localEntries.count }
        return cold.kmaps.counts.isEmpty && entries == 0 ? nil : "slots without high memory"
    }

    // MARK: The pool

    private func checkPool() -> String? {
        let pool = cold.kmaps
        if !(0..<kmapSlotCount).contains(pool.last) { return "last_pkmap_nr is \(pool.last)" }
        var (mapped, used) = (0, 0)
        for slot in 0..<kmapSlotCount {
            if let violation = checkSlot(slot) { return "slot \(slot): " + violation }
            if pool.count(slot) > 0 { mapped += 1 }
            if pool.count(slot) > 1 { used += 1 }
        }
        if used != pool.usedCount { return "\(used) slots with users, counted \(pool.usedCount)" }
        let hashed = pool.hash.buckets.reduce(0) { $0 + $1.slots.count }
        return hashed == mapped ? nil : "\(mapped) slots map a page, but \(hashed) in the hash"
    }

    private func checkSlot(_ slot: Int) -> String? {
        let pool = cold.kmaps
        let (count, entry) = (pool.count(slot), kmapEntry(slot))
        let page = slot < pool.hash.pages.count ? pool.hash.pages[slot] : 0
        if count < 0 { return "count \(count)" }
        if count == 0 {
            return entry.isNone && page == 0 ? nil : "free, but it maps a page or is in the hash"
        }
        if !entry.isPresent { return "count \(count), but it maps nothing" }
        if page != pagePointer(frameNumber(entry)) { return "it maps another page than hashed" }
        return pool.hash.slot(of: page) == slot ? nil : "its page is not found in the hash"
    }

    /// Uses of pages whose `kunmap`s were wrong are anybody's.
    private func checkUses() -> String? {
        if cold.misuseCount > ColdState.misuseLimit { return nil }
        let unsure = Set(
            cold.misuses.filter { $0.code == .kunmapUnbalanced }.map { $0.pfn?.rawValue })
        var users: [UInt32: Int32] = [:]
        for use in cold.kmaps.uses where !unsure.contains(use.pfn) {
            users[use.pfn, default: 0] += 1
            let slot = cold.kmaps.hash.slot(of: pagePointer(use.pfn))
            let address = isHighmem(use.pfn) ? slot.map(kmapAddress) : directAddress(use.pfn)
            if address != use.address { return "frame \(use.pfn) is not at its users' address" }
        }
        for slot in 0..<kmapSlotCount where cold.kmaps.count(slot) > 0 {
            let pfn = UInt32(truncatingIfNeeded: frameNumber(kmapEntry(slot)))
            if unsure.contains(pfn) { continue }
            let count = cold.kmaps.count(slot)
            if count != 1 + users[pfn, default: 0] {
                return "slot \(slot): count \(count), but \(users[pfn, default: 0]) users"
            }
        }
        return nil
    }

    // MARK: Temporary mappings

    private func checkLocalEntries() -> String? {
        for cpu in 0..<shape.cpuCount {
            let entries = cold.contexts.cpus[cpu].task.localEntries
            if entries.count >= Self.localSlotCount { return "cpu \(cpu): too deep a nest" }
            for index in 0..<Self.localSlotCount {
                let wanted = PageTableEntry(rawValue: index < entries.count ? entries[index] : 0)
                let entry = fixedEntry(localAddress(index, ofCPU: cpu))
                if wanted.isNone != entry.isNone || frameNumber(wanted) != frameNumber(entry) {
                    return "cpu \(cpu), temporary mapping \(index): entry \(entry.rawValue), "
                        + "its task's \(wanted.rawValue)"
                }
            }
        }
        return nil
    }

    private func checkTemporaries() -> String? {
        let mappings = cold.kmaps.temporary
        if mappings.contains(where: { Int($0.cpu) >= shape.cpuCount }) { return "no such cpu" }
        guard hasKeptRules else { return nil }
        for mapping in mappings where isHighmem(mapping.pfn) {
            if case .typed(let type) = mapping.kind {
                let address = typedAddress(type, ofCPU: Int(mapping.cpu))
                if address != mapping.address || walk(address)?.frame != UInt64(mapping.pfn) {
                    return "cpu \(mapping.cpu): \(type) does not map frame \(mapping.pfn)"
                }
            }
        }
        let onStacks = mappings.count { mapping in
            if case .typed = mapping.kind { false } else { isHighmem(mapping.pfn) }
        }
        let entries = cold.contexts.tasks.reduce(0) { $0 + $1.localEntries.count }
        return onStacks == entries ? nil : "\(onStacks) temporary mappings, \(entries) entries"
    }

    /// A CPU's own TLB knows nothing of its slots that is not so any more.
    private func checkLocalTLBs() -> String? {
        guard hasKeptRules else { return nil }
        for cpu in 0..<shape.cpuCount {
            let first = localAddress(Self.localSlotCount - 1, ofCPU: cpu)
            let own = first...localAddress(0, ofCPU: cpu)
            var violation: String?
            tlb(UInt32(cpu)).small.forEach { known in
                let address = shape.architecture.canonical(known.page << 12)
                if own.contains(address), walk(address)?.frame != known.frame {
                    violation = "cpu \(cpu): stale \(VirtualAddress(address))"
                }
            }
            if let violation { return violation }
        }
        return nil
    }

    // MARK: Marks

    /// A block is marked as mapped while one of its pages is, since it was allocated.
    ///
    /// - Complexity: O(frames).
    func checkMappedMarks() -> String? {
        if isHalted { return nil }
        for pfn in 0..<shape.frameEnd {
            let frame = frames.readable(pfn).pointee
            guard frame.has(Frame.kmapped) else { continue }
            if !frame.has(Frame.live) || mapping(of: pfn, frame.order) == nil {
                return "frame \(pfn) counts as mapped by kmap, but is not"
            }
        }
        let mapped =
            cold.kmaps.uses.map { ($0.pfn, $0.step) }
            + cold.kmaps.temporary.map { ($0.pfn, $0.step) }
        for (pfn, step) in mapped {
            guard let block = liveBlock(covering: pfn), block.step < step else { continue }
            if !frames.readable(block.pfn).pointee.has(Frame.kmapped) {
                return "frame \(block.pfn) is mapped by kmap, but does not count as it"
            }
        }
        return nil
    }
}
