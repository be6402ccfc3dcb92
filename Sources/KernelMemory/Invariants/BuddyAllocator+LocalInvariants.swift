extension Machine {
    /// What must hold after every call, checked where a call has been: all counters, the ends of
    /// all lists, and the largest block's worth of frames around one.
    ///
    /// - Returns: the first thing that does not hold, in words; `nil` if all is well, or if the
    ///   machine is corrupted and nothing is promised.
    /// - Complexity: O(pages of the largest block), whatever the machine's size.
    package func invariantViolation(around pfn: PageFrameNumber) -> String? {
        if isCorrupted { return nil }
        for zone in 0..<MachineShape.zoneCount where core.zones[zone].isPopulated {
            if let violation = core.checkCounters(zone) { return violation }
        }
        let first = pfn.rawValue & ~(Order.largestPageCount - 1)
        var next = first
        while next < min(first + Order.largestPageCount, core.shape.frameEnd) {
            let zone = core.zoneIndex(of: next)
            guard core.zones[zone].contains(next), core.shape.hasFrame(next) else {
                next += 1
                continue
            }
            if let violation = core.checkPlace(next, zone) {
                return "frame \(next) in zone \(zone): \(violation)"
            }
            let frame = core.frames.readable(next).pointee
            next += frame.has(Frame.buddy | Frame.perCPU | Frame.live) ? 1 << frame.order : 1
        }
        return nil
    }
}

extension Core {
    /// Whether a zone's counters agree with what its lists count.
    fileprivate func checkCounters(_ zone: Int) -> String? {
        var free: Int32 = 0
        for order in 0...Order.largest {
            let area = freeArea(zone, order)
            let blocks = (0..<MachineShape.migrateTypeCount).reduce(0) {
                $0 + Int32(area.list($1).pointee.count)
            }
            if blocks != area.pointee.count { return "zone \(zone): nr_free of order \(order)" }
            free += blocks << Int32(order)
        }
        if free != exactFreePages(zone) { return "zone \(zone): free pages" }
        for cpu in 0..<shape.cpuCount {
            let local = perCPU + (cpu * MachineShape.zoneCount + zone)
            let pages = (0..<MachineShape.perCPUListCount).reduce(0) {
                $0 + Int32(local.list($1).pointee.count) << Int32($1 / MigrateType.perCPUTypeCount)
            }
            if pages != local.pointee.count { return "zone \(zone), cpu \(cpu): count" }
        }
        return nil
    }

    /// Every frame that is nobody's inside has one of these, or is in use without the simulator's
    /// knowing by whom.
    private static let states = Frame.buddy | Frame.perCPU | Frame.live | Frame.reserved

    /// Whether a frame that no block before it reaches over is in exactly one place.
    fileprivate func checkPlace(_ pfn: UInt32, _ zone: Int) -> String? {
        let frame = frames.readable(pfn).pointee
        let states = (frame.flags & Self.states).nonzeroBitCount
        if states > 1 { return "in \(states) places" }
        if frame.has(Frame.reserved) { return nil }
        if states == 0 { return frame.referenceCount == 0 ? "nobody has it" : nil }
        if frame.referenceCount != (frame.has(Frame.live) ? 1 : 0) { return "reference count" }
        if frame.order > Order.largest || pfn & ((1 << frame.order) - 1) != 0 {
            return "not aligned for order \(frame.order)"
        }
        if !zones[zone].contains(pfn + (1 << frame.order) - 1) { return "beyond the zone" }
        if let violation = checkInterior(pfn, frame.order) { return violation }
        if frame.has(Frame.buddy) { return checkFree(pfn, frame, zone) }
        return nil
    }

    private func checkInterior(_ pfn: UInt32, _ order: UInt32) -> String? {
        for inner in (pfn + 1)..<(pfn + (1 << order)) {
            let frame = frames.readable(inner).pointee
            if frame.has(Self.states) || frame.referenceCount != 0 {
                return "frame \(inner) of its block has a state of its own"
            }
        }
        return nil
    }

    /// Whether a free block is linked to its neighbours and could not be merged.
    private func checkFree(_ pfn: UInt32, _ frame: Frame, _ zone: Int) -> String? {
        let list = freeList(zone, frame.order, frame.migrateType).pointee
        if list.count == 0 { return "free, but its list is empty" }
        if list.first != pfn, frames.readable(frame.previous).pointee.next != pfn {
            return "the block before it on its list leads elsewhere"
        }
        if list.last != pfn, frames.readable(frame.next).pointee.previous != pfn {
            return "the block behind it on its list leads elsewhere"
        }
        let buddy = pfn ^ (1 << frame.order)
        guard frame.order < min(Order.largest, pageBlockOrder),
            isBuddy(zone, buddy, frame.order)
        else { return nil }
        return "its buddy is free, too"
    }
}
