import KernelMemory

/// Areas of the vmalloc address space.
extension JSONWriter {
    /// Pages of an area that are listed if the client does not say.
    static let usualAreaPages = 64

    /// Writes the members that say where an area is and how large.
    mutating func area(_ area: VmAreaSnapshot) {
        member("kind", area.kind.rawValue)
        member("address", address: area.range.lowerBound)
        member("end_address", address: area.range.upperBound)
        member("size_bytes", area.requestedBytes)
        member("mapped_bytes", area.mappedBytes)
        member("guard_page", addressOrNull: area.guardPage?.rawValue)
        member("nr_pages", area.pageCount)
    }

    /// Writes an area with the frames behind it.
    ///
    /// - Parameter pages: which of its pages to list.
    mutating func area(
        _ area: VmAreaSnapshot, _ machine: borrowing Machine, pages: Range<Int>
    ) {
        self.area(area)
        let count = Int(area.mappedBytes >> 12)
        let shown = pages.clamped(to: 0..<count)
        array("pages") { json in
            for index in shown { json.object { $0.page(index, of: area, machine) } }
        }
        member("pages_truncated", shown.count < count)
        member("physically_contiguous_runs", machine.contiguousRunCount(of: area))
    }

    private mutating func page(
        _ index: Int, of area: VmAreaSnapshot, _ machine: borrowing Machine
    ) {
        let address = area.range.lowerBound + UInt64(index) << 12
        member("index", index)
        member("address", address: address)
        frame(machine.mappedFrame(VirtualAddress(address)), machine)
    }

    /// Writes `pfn`, `physical_address` and `zone` of a frame as a page table names it.
    mutating func frame(_ frame: UInt64?, _ machine: borrowing Machine) {
        member("pfn", orNull: frame)
        member("physical_address", addressOrNull: frame.map { $0 << 12 })
        key("zone")
        zone(ofFrame: frame, machine)
    }

    /// Writes the name of the zone that a frame is in; `null` if there is no memory.
    mutating func zone(ofFrame frame: UInt64?, _ machine: borrowing Machine) {
        guard let frame, machine.isMemory(frame) else { return null() }
        let pfn = PageFrameNumber(UInt32(frame))
        literal(machine.architecture.zoneLiteral(machine.zoneIndex(of: pfn)))
    }

    /// Writes the members of an area in a list: also who made it.
    mutating func listedArea(_ area: VmAreaSnapshot, _ view: SessionView) {
        member("id", orNull: view.id(of: area))
        self.area(area)
        owner(of: area, view)
    }

    /// Writes who made an area.
    mutating func owner(of area: VmAreaSnapshot, _ view: SessionView) {
        member("caller", area.caller)
        member("allocated_at_step", orNull: area.step > 0 ? area.step : nil)
        memberCall(view.call(of: area.step))
    }
}

extension Machine {
    /// Into how many pieces an area falls in physical memory.
    ///
    /// - Complexity: O(pages).
    func contiguousRunCount(of area: VmAreaSnapshot) -> Int {
        physicalRuns(from: area.start, size: area.mappedBytes, limit: .max).count
    }

    /// The pieces of physical memory behind consecutive addresses.
    ///
    /// - Parameter limit: the most pieces to return.
    /// - Complexity: O(pages).
    func physicalRuns(
        from address: VirtualAddress, size: UInt64, limit: Int
    ) -> [PhysicalRun] {
        var runs: [PhysicalRun] = []
        var done: UInt64 = 0
        while done < size {
            let current = address.rawValue &+ done
            let offset = current & 4095
            let length = min(4096 - offset, size - done)
            let physical = mappedFrame(VirtualAddress(current)).map { $0 << 12 | offset }
            done += length
            if let last = runs.indices.last, runs[last].takes(physical) {
                runs[last].size += length
                continue
            }
            if runs.count == limit { return runs }
            runs.append(
                PhysicalRun(address: VirtualAddress(current), size: length, physical: physical))
        }
        return runs
    }
}

/// Consecutive addresses that are consecutive in physical memory, too, or not mapped.
struct PhysicalRun {
    let address: VirtualAddress
    var size: UInt64
    /// Where it begins in memory; `nil` if nothing is mapped.
    let physical: UInt64?

    /// Whether a byte, or one that is not mapped, goes on where the run ends.
    fileprivate func takes(_ next: UInt64?) -> Bool { next == physical.map { $0 + size } }
}
