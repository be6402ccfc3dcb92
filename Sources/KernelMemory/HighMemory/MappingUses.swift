/// Who maps what, as the simulator knows it: the kernel counts, but does not know who.
extension Core {
    /// Takes down a `kmap`.
    func noteUse(of pfn: UInt32, at address: UInt64, step: UInt32) {
        cold.kmaps.uses.append(KmapUse(step: step, pfn: pfn, address: address))
        markMapped(pfn)
    }

    /// Takes down the `kunmap` of a use; one that there is none for is recorded.
    ///
    /// - Parameter step: the use's; 0 for the last one of the page.
    func forgetUse(of pfn: UInt32, _ step: UInt32) {
        let index = cold.kmaps.uses.lastIndex {
            $0.pfn == pfn && (step == 0 || $0.step == step)
        }
        guard let index else {
            let address = isHighmem(pfn) ? nil : directAddress(pfn)
            return noteMisuse(.kunmapUnbalanced, pfn: pfn, at: address)
        }
        cold.kmaps.uses.remove(at: index)
        unmarkMapped(pfn)
    }

    /// Takes down a temporary mapping.
    func noteTemporary(_ kind: TemporaryMapping.Kind, _ pfn: UInt32, at address: UInt64) {
        cold.kmaps.temporary.append(
            TemporaryMapping(
                step: control.pointee.step, kind: kind, pfn: pfn, address: address,
                cpu: control.pointee.cpu, pid: currentPid))
        markMapped(pfn)
    }

    /// Takes down that a temporary mapping was given up; one that there is none for is recorded.
    ///
    /// - Parameter step: the mapping's; 0 for the last one at the address.
    func forgetTemporary(_ kind: TemporaryMapping.Kind, at passed: UInt64, _ step: UInt32) {
        let address = passed & ~4095
        let index = cold.kmaps.temporary.lastIndex {
            $0.address == address && $0.kind == kind && (step == 0 || $0.step == step)
        }
        guard let index else {
            noteMisuse(.kunmapOfWrongAddress, at: passed)
            // The kernel warned before, or not at all.
            let step = control.pointee.step
            if !cold.log.lines(of: step).isEmpty { cold.markNoticed(step: step) }
            return
        }
        let mapping = cold.kmaps.temporary.remove(at: index)
        unmarkMapped(mapping.pfn)
    }
}

// MARK: - Pages that are freed while somebody maps them

extension Core {
    /// Marks the block around a frame, so that a free of it looks for mappings.
    private func markMapped(_ pfn: UInt32) {
        guard let block = liveBlock(covering: pfn) else { return }
        frames.writable(block.pfn).pointee.flags |= Frame.kmapped
    }

    private func unmarkMapped(_ pfn: UInt32) {
        guard let block = liveBlock(covering: pfn), mapping(of: block.pfn, block.order) == nil
        else {
            return
        }
        frames.writable(block.pfn).pointee.flags &= ~Frame.kmapped
    }

    /// The step of a mapping of one of a block's pages; `nil` if nobody maps any.
    func mapping(of pfn: UInt32, _ order: UInt32) -> (pfn: UInt32, step: UInt32)? {
        let block = pfn..<(pfn + (1 << order))
        let use = cold.kmaps.uses.first { block.contains($0.pfn) }.map { ($0.pfn, $0.step) }
        return use
            ?? cold.kmaps.temporary.first { block.contains($0.pfn) }.map { ($0.pfn, $0.step) }
    }

    /// Gives the pages of a block that becomes single pages marks of their own.
    func divideMark(of pfn: UInt32, order: UInt32) {
        for page in pfn..<(pfn + (1 << order)) {
            frames.writable(page).pointee.flags &= ~Frame.kmapped
            if mapping(of: page, 0) != nil { markMapped(page) }
        }
    }

    /// Records that a block is freed while one of its pages is mapped.
    ///
    /// - Parameter step: when the block was allocated.
    func noteFreeOfMapped(_ pfn: UInt32, order: UInt32, allocatedAtStep step: UInt32) {
        guard let mapping = mapping(of: pfn, order) else { return }
        noteMisuse(.freeOfKmappedPage, pfn: mapping.pfn, order: order, allocatedAtStep: step)
    }
}

// MARK: - Accesses by addresses that were given up, or to pages that were

extension Core {
    /// Records an access by an address whose mapping was given up, though it still leads somewhere, or
    /// to a page that was.
    ///
    /// - Parameter frame: where the address leads.
    func noteMappedAccess(_ address: UInt64, _ frame: UInt64, isWrite: Bool) {
        guard let isMapped = isMapped(address) else { return }
        if !isMapped { return noteMisuse(.usedAfterKunmap, at: address) }
        guard isMemory(frame) else { return }
        noteAccessToFree(address, UInt32(frame), isWrite: isWrite)
    }

    /// Whether somebody has a mapping at an address; `nil` if mappings have no such addresses.
    private func isMapped(_ address: UInt64) -> Bool? {
        if let slot = kmapSlot(at: address) { return cold.kmaps.count(slot) > 1 }
        guard localAddresses.contains(address) || typedAddresses.contains(address) else {
            return nil
        }
        return cold.kmaps.temporary.contains { $0.address == address & ~4095 }
    }

    /// Records an access to a page that nobody owns.
    private func noteAccessToFree(_ address: UInt64, _ pfn: UInt32, isWrite: Bool) {
        let frame = frames.readable(pfn).pointee
        if frame.referenceCount > 0 || liveBlock(covering: pfn) != nil { return }
        let wasOwned = frame.step != 0
        let code: Misuse.Code =
            !isWrite ? .usedAfterFree : wasOwned ? .writeAfterFree : .writeToUnowned
        noteMisuse(code, pfn: pfn, at: address, freedAtStep: wasOwned ? frame.step : nil)
    }
}
