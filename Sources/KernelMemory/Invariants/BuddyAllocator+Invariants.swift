extension Machine {
    /// What must hold after every call as long as nobody broke a rule, checked in full.
    ///
    /// Every frame is in exactly one place; blocks are aligned, within their zone and flagged for
    /// the list that they are on; no two free buddies lie side by side that the kernel would have
    /// merged; every counter equals what it counts; page tables and TLBs map what areas have; and what
    /// kmap maps, and what CPUs do, is what the kernel counts.
    ///
    /// - Returns: the first thing that does not hold, in words; `nil` if all is well, or if the
    ///   machine is corrupted and nothing is promised.
    /// - Complexity: O(frames).
    package func invariantViolation() -> String? {
        if isCorrupted { return nil }
        var census = FrameCensus(frameCount: Int(core.shape.frameEnd))
        for zone in 0..<MachineShape.zoneCount where core.zones[zone].isPopulated {
            if let violation = core.checkFreeLists(zone, &census)
                ?? core.checkPerCPULists(zone, &census)
            {
                return violation
            }
        }
        if let violation = core.checkDirectMap(isFree: census.contains) { return violation }
        if let violation = core.hasArrayCaches ? core.checkClassicCaches() : core.checkSlub() {
            return violation
        }
        return core.checkSlabFrames(&census) ?? core.checkOwnedFrames(&census)
            ?? core.checkReclaim() ?? core.checkVmap() ?? core.checkKmaps()
            ?? core.checkMappedMarks() ?? core.checkContexts()
    }

    /// What of it can go wrong by mappings of high memory and by contexts.
    ///
    /// - Complexity: O(slots + uses).
    package func contextViolation() -> String? {
        isCorrupted ? nil : core.checkKmaps() ?? core.checkContexts()
    }
}

/// Who has each frame.
private struct FrameCensus {
    private var isTaken: [Bool]

    init(frameCount: Int) { isTaken = Array(repeating: false, count: frameCount) }

    /// Notes a block; `false` if part of it was noted before.
    mutating func add(_ pfn: UInt32, order: UInt32) -> Bool {
        for index in Int(pfn)..<(Int(pfn) + (1 << Int(order))) {
            if isTaken[index] { return false }
            isTaken[index] = true
        }
        return true
    }

    func contains(_ pfn: UInt32) -> Bool { isTaken[Int(pfn)] }
}

extension Core {
    fileprivate func checkFreeLists(_ zone: Int, _ census: inout FrameCensus) -> String? {
        var pages = 0
        for order in 0...Order.largest {
            var blocks = 0
            for type in 0..<MachineShape.migrateTypeCount {
                var violation: String?
                forEach(in: freeList(zone, order, type)) { pfn in
                    violation =
                        violation ?? checkBlock(pfn, zone, order, type, Frame.buddy, &census)
                        ?? checkUnmerged(pfn, zone, order)
                    blocks += 1
                }
                if let violation { return violation }
            }
            if blocks != Int(freeArea(zone, order).pointee.count) {
                return "zone \(zone): nr_free of order \(order) is not \(blocks)"
            }
            pages += blocks << Int(order)
        }
        return pages == Int(exactFreePages(zone))
            ? nil : "zone \(zone): \(pages) pages on the lists, counted \(exactFreePages(zone))"
    }

    fileprivate func checkPerCPULists(_ zone: Int, _ census: inout FrameCensus) -> String? {
        for cpu in 0..<shape.cpuCount {
            let local = perCPU + (cpu * MachineShape.zoneCount + zone)
            let threshold = local.pointee.statThreshold
            if abs(local.pointee.freeDelta) > largestShare(zone, under: threshold) {
                return "zone \(zone), cpu \(cpu): delta beyond its threshold"
            }
            var pages = 0
            var violation: String?
            for index in 0..<MachineShape.perCPUListCount {
                let order = UInt32(index / MigrateType.perCPUTypeCount)
                forEach(in: local.list(index)) { pfn in
                    violation =
                        violation ?? checkBlock(pfn, zone, order, nil, Frame.perCPU, &census)
                    pages += 1 << Int(order)
                }
            }
            if let violation { return violation }
            if pages != Int(local.pointee.count) {
                return "zone \(zone), cpu \(cpu): \(pages) pages, counted \(local.pointee.count)"
            }
        }
        return nil
    }

    private func checkBlock(
        _ pfn: UInt32, _ zone: Int, _ order: UInt32, _ type: Int?, _ flag: UInt16,
        _ census: inout FrameCensus
    ) -> String? {
        let frame = frames.readable(pfn).pointee
        let place = "frame \(pfn), order \(order) in zone \(zone)"
        if pfn & ((1 << order) - 1) != 0 { return "\(place): not aligned" }
        if !zones[zone].contains(pfn) || !zones[zone].contains(pfn + (1 << order) - 1) {
            return "\(place): outside of the zone"
        }
        let state = Frame.buddy | Frame.perCPU | Frame.live | Frame.reserved
        if frame.flags & state != flag || frame.order != order || frame.referenceCount != 0 {
            return "\(place): flags \(frame.flags), count \(frame.referenceCount)"
        }
        if let type, frame.migrateType != type { return "\(place): on the list of type \(type)" }
        return census.add(pfn, order: order) ? nil : "\(place): in two places"
    }

    private func checkUnmerged(_ pfn: UInt32, _ zone: Int, _ order: UInt32) -> String? {
        let buddy = pfn ^ (1 << order)
        // From a page block on, the highatomic reserve keeps its distance: what was freed beside it
        // stays by itself, also when the reserve has been given up since.
        guard order < min(Order.largest, pageBlockOrder), isBuddy(zone, buddy, order) else {
            return nil
        }
        return "frames \(pfn) and \(buddy): free buddies of order \(order)"
    }

    fileprivate func checkSlabFrames(_ census: inout FrameCensus) -> String? {
        for pfn in 0..<shape.frameEnd {
            let frame = frames.readable(pfn).pointee
            guard frame.has(Frame.slab) else { continue }
            if !census.add(pfn, order: 0) { return "frame \(pfn): a slab's and free" }
        }
        return nil
    }

    fileprivate func checkOwnedFrames(_ census: inout FrameCensus) -> String? {
        var pages = 0
        for pfn in 0..<shape.frameEnd {
            let frame = frames.readable(pfn).pointee
            guard frame.has(Frame.live) else { continue }
            if frame.referenceCount != 1 { return "frame \(pfn): owned, but count is not 1" }
            if !census.add(pfn, order: frame.order) { return "frame \(pfn): owned and free" }
            pages += 1 << Int(frame.order)
        }
        if let violation = checkPageUse(blocks: pages) { return violation }
        for pfn in 1..<shape.frameEnd
        where !census.contains(pfn) && shape.hasFrame(pfn)
            && frames.readable(pfn).pointee.referenceCount == 0
        {
            return "frame \(pfn): nobody has it"
        }
        return nil
    }
}
