/// What the CPU's own loads and stores do: nothing but bytes stops them, or a page that is not mapped.
extension Core {
    /// Loads 1...8 bytes as a number, the lowest first; faults where nothing is mapped.
    ///
    /// - Complexity: O(1) where the TLB knows the page.
    @inline(__always)
    func load(_ address: UInt64, width: UInt32) -> Outcome {
        let offset = Int(truncatingIfNeeded: address & 4095)
        let frame = translate(address, isWrite: false)
        guard _fastPath(offset <= Page.sizeInBytes - 8 && frame < UInt64(shape.frameEnd)),
            _fastPath(!frames.readable(known: frame).pointee.has(Self.looksTwice)),
            _fastPath(address < mappingStart)
        else { return loadSlowly(address, width: width, frame) }
        let page = contents.readable(known: frame)
        let word = page.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return Outcome(.number(word & UInt64.max >> UInt64(64 - min(width, 8) * 8)))
    }

    /// Frames of which a load looks again: slabs have bytes that are not in memory, and who reads a free
    /// page may read an area that is gone.
    private static var looksTwice: UInt16 { Frame.slab | Frame.perCPU | Frame.buddy }

    /// The rest of it: a load that crosses a page, or from a slab, or from nowhere.
    ///
    /// - Parameter frame: what the first byte's address was translated to.
    @inline(never)
    private func loadSlowly(_ address: UInt64, width: UInt32, _ frame: UInt64) -> Outcome {
        var bytes: [UInt8] = []
        if frame != Self.noMemory { noteLoad(address, frame) }
        let fault = forEachPage(address, Int(width)) { current in
            translated(current == address ? frame : translate(current, isWrite: false))
        } _: { frame, offset, part in
            bytes += readPhysical(frame, offset, part.count)
        }
        if let fault {
            self.fault(at: fault, isWrite: false)
            return Outcome(.void)
        }
        return Outcome(.number(bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }))
    }

    /// Records a load through an address that was given up, as far as the page is still free.
    private func noteLoad(_ address: UInt64, _ frame: UInt64) {
        guard isVmallocAddress(address) else {
            return noteMappedAccess(address, frame, isWrite: false)
        }
        if vmap.pointee.area(containing: address) == nil { noteUseAfterVfree(address) }
    }

    /// What ``translate(_:isWrite:)`` answers, as an optional.
    private func translated(_ frame: UInt64) -> UInt64? { frame == Self.noMemory ? nil : frame }

    /// Stores bytes as the CPU does; faults where nothing is mapped, after what came before.
    func store(_ address: VirtualAddress, _ bytes: [UInt8]) -> Outcome {
        store(address, count: bytes.count) { writePhysical(bytes[$2], $0, $1) }
    }

    /// Stores the same byte again and again. `memset`.
    func fill(_ address: VirtualAddress, byte: UInt8, count: Int) -> Outcome {
        store(address, count: count) { frame, offset, part in
            if isMemory(frame) {
                fillBytes(
                    byte, count: part.count, at: PhysicalAddress(frame << 12 + UInt64(offset)))
            }
        }
    }

    private func store(
        _ address: VirtualAddress, count: Int, _ write: (UInt64, Int, Range<Int>) -> Void
    ) -> Outcome {
        let start = address.rawValue
        let fault = forEachPage(start, count) {
            translated(translate($0, isWrite: true))
        } _: { frame, offset, part in
            if part.lowerBound == 0 { noteWrongStore(start, count: count, frame) }
            write(frame, offset, part)
        }
        if let fault { self.fault(at: fault, isWrite: true) }
        return Outcome(.void)
    }

    /// The task's own access to what is not mapped, or not for that.
    func fault(at address: UInt64, isWrite: Bool) {
        noteFault(address)
        oopsOnAccess(to: address, isWrite: isWrite, in: "step_\(control.pointee.step)")
    }

    /// Records why nothing is mapped there, as far as the simulator knows.
    private func noteFault(_ address: UInt64) {
        if walk(address) != nil { return noteMisuse(.writeToReadOnly, at: address) }
        if let index = vmap.pointee.area(containing: address) {
            let area = vmap.pointee.areas[index]
            return noteMisuse(
                .writePastEnd, at: address, allocatedAtStep: area.step == 0 ? nil : area.step)
        }
        if let freed = vmap.pointee.freedArea(containing: address) {
            return noteMisuse(
                .usedAfterVfree, at: address, allocatedAtStep: freed.allocated,
                freedAtStep: freed.step)
        }
        if let pfn = directFrame(address), unmapsFreePages {
            let step = frames.readable(pfn).pointee.step
            return noteMisuse(
                .usedAfterFree, pfn: pfn, at: address, freedAtStep: step == 0 ? nil : step)
        }
        noteMisuse(.wildPointer, at: address)
    }
}
