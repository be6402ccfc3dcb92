/// Bytes by their virtual addresses, as the kernel's own code reads and writes them: along the page
/// tables, but without a trace in the callers' TLB.
extension Core {
    /// Reads bytes.
    ///
    /// - Parameter function: the kernel function that reads, for the oops.
    /// - Returns: nothing if one of them is not mapped; then the machine is halted.
    func loadBytes(_ count: Int, at address: UInt64, in function: String? = nil) -> [UInt8] {
        if faultAddress(address, count: UInt64(count)) == nil {
            return readBytes(count, at: physical(address))
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        let fault = forEachPage(address, count, mappedFrame) { frame, offset, part in
            bytes += readPhysical(frame, offset, part.count)
        }
        guard let fault else { return bytes }
        oopsOnAccess(to: fault, isWrite: false, in: function)
        return []
    }

    /// Writes bytes, up to the first address that is not mapped; there the machine halts.
    func storeBytes(_ bytes: [UInt8], at address: UInt64, in function: String? = nil) {
        let fault = forEachPage(address, bytes.count, mappedFrame) { frame, offset, part in
            writePhysical(bytes[part], frame, offset)
        }
        if let fault { oopsOnAccess(to: fault, isWrite: true, in: function) }
    }

    /// The first address of a stretch that no page table maps; `nil` if all are mapped.
    func firstUnmapped(_ address: UInt64, count: Int) -> UInt64? {
        forEachPage(address, count, { walk($0)?.frame }, { _, _, _ in })
    }

    /// The frame behind an address, as the kernel's own code finds it.
    func mappedFrame(_ address: UInt64) -> UInt64? {
        directFrame(address).map { UInt64($0) } ?? walk(address)?.frame
    }

    /// Cuts a stretch of virtual addresses at page boundaries: each page's frame, where the part begins
    /// in it, and which of the bytes it is.
    ///
    /// - Parameter frame: finds the frame behind an address; `nil` where there is none.
    /// - Returns: the first address without a frame, where it stopped; `nil` if all have one.
    func forEachPage(
        _ address: UInt64, _ count: Int, _ frame: (UInt64) -> UInt64?,
        _ body: (UInt64, Int, Range<Int>) -> Void
    ) -> UInt64? {
        var done = 0
        while done < count {
            let current = wrapped(address &+ UInt64(done), address)
            let offset = Int(current & 4095)
            let part = done..<min(done + Page.sizeInBytes - offset, count)
            guard let frame = frame(current) else { return current }
            body(frame, offset, part)
            done = part.upperBound
        }
        return nil
    }

    /// An address behind another one, which begins again at 0 where addresses end; one that is too wide
    /// to begin with stays so.
    @inline(__always)
    func wrapped(_ address: UInt64, _ start: UInt64) -> UInt64 {
        start & ~pointerMask == 0 ? address & pointerMask : address
    }
}

// MARK: - Frames that need not exist

extension Core {
    /// Whether there is memory behind a frame number, as an entry of a page table or a device names it.
    func isMemory(_ frame: UInt64) -> Bool {
        frame < UInt64(shape.frameEnd) && shape.hasFrame(UInt32(frame))
    }

    /// Reads a part of a frame; where there is no memory, the bus answers ones.
    func readPhysical(_ frame: UInt64, _ offset: Int, _ count: Int) -> [UInt8] {
        guard isMemory(frame) else { return Array(repeating: 0xff, count: count) }
        return readBytes(count, at: PhysicalAddress(frame << 12 + UInt64(offset)))
    }

    /// Writes a part of a frame; where there is no memory, nothing happens.
    func writePhysical(_ bytes: ArraySlice<UInt8>, _ frame: UInt64, _ offset: Int) {
        guard isMemory(frame) else { return }
        writeBytes(bytes, at: PhysicalAddress(frame << 12 + UInt64(offset)))
    }
}
