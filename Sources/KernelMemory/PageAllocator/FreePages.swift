/// Giving blocks back.
extension Core {
    /// Drops the caller's reference to a block and frees it.
    ///
    /// The kernel trusts its caller: nothing checks that the block is the caller's or that the
    /// order is the one it was allocated with. The simulator knows, records it, and goes on as
    /// the kernel would.
    ///
    /// - Parameters:
    ///   - pfn: the block's first frame, below the frame table's limit.
    ///   - order: base-2 logarithm of the pages to free.
    ///   - isUsual: whether the machine is in good order.
    ///
    /// The corresponding kernel function is `__free_pages` (mm/page_alloc.c, 6.1).
    @inline(__always)
    func freeBlock(_ pfn: UInt32, order: UInt32, isUsual: Bool) {
        guard isUsual else { return freeUnchecked(pfn, order: order) }
        if order == 0 { freeOf(pfn, order: 0) } else { freeLarger(pfn, order: order) }
    }

    @inline(never)
    private func freeLarger(_ pfn: UInt32, order: UInt32) { freeOf(pfn, order: order) }

    @inline(__always)
    private func freeOf(_ pfn: UInt32, order: UInt32) {
        let frame = frames.writable(pfn)
        if _fastPath(frame.pointee.word & Frame.ownershipMask == Frame.ownedWord(order: order)) {
            forgetOwner(frame, order: order)
            let zone = zoneIndex(of: pfn)
            if order <= Order.costly {
                freeLocal(zone, pfn, frame, word: 0, order: order)
            } else {
                frame.pointee.word = 0
                let block = Block(pfn: pfn, frame: frame)
                freeOneBlockHere(zone, block, order: order, type: pageBlockType(zone, pfn))
            }
        } else {
            freeUnchecked(pfn, order: order)
        }
    }

    @inline(__always)
    private func forgetOwner(_ frame: UnsafeMutablePointer<Frame>, order: UInt32) {
        control.pointee.takenPages &-= 1 &<< Int32(bitPattern: order)
        frame.pointee.step = control.pointee.step
    }

}

// MARK: - When the caller may be wrong

extension Core {
    /// What the kernel does with any frame and any order.
    ///
    /// It counts references on the block's first page. When the last one goes, all that the
    /// order says is freed. Otherwise the rest of what it takes for a block that somebody else
    /// still looks at is freed, so a second free gives away the upper halves once more.
    @inline(never)
    private func freeUnchecked(_ pfn: UInt32, order: UInt32) {
        guard pfn < shape.frameEnd, shape.hasFrame(pfn) else {
            return followWildPointer(to: pagePointer(pfn), order: order)
        }
        noteWrongFree(pfn, order: order)
        let frame = frames.writable(pfn)
        if shape.debug, frame.pointee.referenceCount == 0 { return bugOnZeroCount(pfn) }
        let isCompound = frame.pointee.has(Frame.head)
        frame.pointee.referenceCount = max(frame.pointee.referenceCount, .min + 1) - 1
        if frame.pointee.referenceCount == 0 {
            explain(.lastReference, ["pfn": pfn, "order": order])
            freePiece(pfn, order: order)
        } else if !isCompound {
            explain(
                .otherReferences, ["pfn": pfn, "references": Int(frame.pointee.referenceCount)])
            var part = order
            while part > 0, control.pointee.state & Control.halted == 0 {
                part -= 1
                let piece = UInt64(pfn) + (1 << UInt64(part))
                if piece < UInt64(shape.frameEnd), shape.hasFrame(UInt32(piece)) {
                    freePiece(UInt32(piece), order: part)
                } else {
                    oopsOnAccess(to: pagePointer(piece), isWrite: false)
                }
            }
        }
    }

    /// With debugging on, a reference count that would drop below zero ends the task.
    ///
    /// The corresponding kernel function is `put_page_testzero` (include/linux/mm.h, 6.1).
    private func bugOnZeroCount(_ pfn: UInt32) {
        dumpPage(pfn, "VM_BUG_ON_PAGE(page_ref_count(page) == 0)")
        bug(at: "include/linux/mm.h:780", in: "__free_pages")
    }

    private func noteWrongFree(_ pfn: UInt32, order: UInt32) {
        let frame = frames.writable(pfn)
        let step = frame.pointee.step
        if frame.pointee.has(Frame.live) {
            let expected = frame.pointee.order
            if frame.pointee.has(Frame.kmapped) {
                noteFreeOfMapped(pfn, order: expected, allocatedAtStep: step)
            }
            frame.pointee.flags &= ~(Frame.live | Frame.kmapped)
            forgetOwner(frame, order: expected)
            guard expected != order else { return }
            noteMisuse(
                .wrongOrderFree, pfn: pfn, order: order, expectedOrder: expected,
                allocatedAtStep: step)
        } else if frame.pointee.has(Frame.reserved) {
            noteMisuse(.freeOfReserved, pfn: pfn, order: order)
        } else if let slab = slabNumber(of: pfn) {
            let cache = cold.registry.name(readSlab(slab).pointee.cache)
            noteMisuse(.freeOfUnallocated, pfn: pfn, order: order, cache: cache)
        } else if frame.pointee.has(Frame.mapping) {
            noteMisuse(.freeOfMapping, pfn: pfn, order: order, allocatedAtStep: step)
            forgetMapped(MappingUse(code: frame.pointee.next))
            frame.pointee.flags &= ~Frame.mapping
            frame.pointee.step = control.pointee.step
        } else if let owner = liveBlock(covering: pfn) {
            noteMisuse(.freeInsideBlock, pfn: pfn, order: order, allocatedAtStep: owner.step)
        } else if step != 0 {
            noteMisuse(.doubleFree, pfn: pfn, order: order, freedAtStep: step)
        } else {
            noteMisuse(.freeOfUnallocated, pfn: pfn, order: order)
        }
        markCorrupted()
    }

    /// Frees what is taken for a block without looking at its reference count.
    ///
    /// The corresponding kernel function is `free_the_page` (mm/page_alloc.c, 6.1).
    private func freePiece(_ pfn: UInt32, order: UInt32) {
        let checksHead = order > Order.costly || shape.debug
        guard isFreeable(pfn, order: order, checksHead: checksHead) else { return }
        guard order <= Order.largest else { return corruptFreeArea(pfn, order: order) }
        unmapFreedPages(pfn, order: order)
        let zone = zoneIndex(of: pfn)
        let frame = frames.writable(pfn)
        frame.pointee.flags = 0
        if order <= Order.costly {
            let local = localPages(zone)
            explain(
                .pcpFree,
                [
                    "cpu": control.pointee.cpu, "zone": zoneName(zone), "order": order, "pfn": pfn,
                    "migratetype": typeName(pageBlockType(zone, pfn)),
                    "count": local.pointee.count + (1 << Int32(order)),
                    "high": local.pointee.drainMark,
                ])
            freeLocal(zone, pfn, frame, word: frame.pointee.word, order: order)
        } else {
            explain(.pcpBypassed, ["order": order, "highest_order": Order.costly])
            let block = Block(pfn: pfn, frame: frame)
            freeOneBlock(zone, block, order: order, type: pageBlockType(zone, pfn))
        }
    }
}
