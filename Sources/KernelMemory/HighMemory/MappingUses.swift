/// Who maps what, as the simulator knows it: the kernel counts, but does not know who.
extension Core {
    /// The frame of a `struct page` that a function looks into; it faults where there is none.
    ///
    /// - Returns: `nil` if the machine is halted.
    func followedFrame(of page: PagePointer, in function: String) -> UInt32? {
        if let pfn = frame(of: page) { return pfn }
        noteMisuse(.wildPointer, at: page.rawValue)
        oopsOnAccess(to: page.rawValue, isWrite: false, in: function)
        return nil
    }

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
            return noteMisuse(.kunmapUnbalanced, pfn: pfn, at: nil)
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
    func noteFreeOfMapped(_ pfn: UInt32, order: UInt32) {
        guard let mapping = mapping(of: pfn, order) else { return }
        noteMisuse(
            .freeOfKmappedPage, pfn: mapping.pfn, order: order, allocatedAtStep: mapping.step)
    }
}

// MARK: - Accesses by addresses that were given up

extension Core {
    /// Records an access by an address whose mapping was given up, though it still leads somewhere.
    func noteStaleAccess(_ address: UInt64) {
        let page = address & ~4095
        if let slot = kmapSlot(at: address) {
            if cold.kmaps.count(slot) <= 1 { noteMisuse(.usedAfterKunmap, at: address) }
        } else if localAddresses.contains(address) || typedAddresses.contains(address) {
            if cold.kmaps.temporary.contains(where: { $0.address == page }) { return }
            noteMisuse(.usedAfterKunmap, at: address)
        }
    }
}
