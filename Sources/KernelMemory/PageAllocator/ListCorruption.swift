/// What a wrong free can do to the lists themselves.
///
/// A block that is put on a second list takes its links along: the first list goes on with the second
/// one's blocks. The kernel notices nothing until it follows a link that was poisoned when its
/// block was taken; then it faults. Nothing that comes off a list of a corrupted machine is
/// trusted here: it must head a block of the right kind within its zone, or the machine faults.
extension Core {
    /// Whether the machine runs no more.
    var isHalted: Bool { control.pointee.state & Control.halted != 0 }

    /// Takes the first block of a buddy list, on a machine that is out of order or for a call that is
    /// to be explained; `nil` if the machine faulted over it.
    @inline(never)
    func takeWatched(
        _ list: UnsafeMutablePointer<BlockList>, _ zone: Int, order: UInt32, type: Int,
        wanted: UInt32
    ) -> Block? {
        explain(
            .buddyTake,
            [
                "zone": zoneName(zone), "migratetype": typeName(type), "wanted_order": wanted,
                "order": order, "pfn": list.pointee.first,
            ])
        return isCorrupted ? takeChecked(list, zone, order: order, type: type) : popFirst(list)
    }

    /// Takes the first block of a buddy list; `nil` if the machine faulted over it.
    private func takeChecked(
        _ list: UnsafeMutablePointer<BlockList>, _ zone: Int, order: UInt32, type: Int
    ) -> Block? {
        let pfn = list.pointee.first
        guard isLinkedFree(zone, pfn, order: order, type: type) else { return faultOnPoison() }
        let block = popFirst(list)
        keepInside(list)
        return block
    }

    /// Takes a block of a CPU's list from one of its ends, on a machine that is out of order or for
    /// a call that is to be explained; `nil` if the machine faulted over it.
    @inline(never)
    func takeWatchedLocal(
        _ list: UnsafeMutablePointer<BlockList>, _ zone: Int, order: UInt32, fromTail: Bool
    ) -> Block? {
        let pfn = fromTail ? list.pointee.last : list.pointee.first
        if fromTail {
            explain(.pcpDrain, ["zone": zoneName(zone), "order": order, "pfn": pfn])
        } else {
            explain(
                .pcpHit,
                [
                    "cpu": control.pointee.cpu, "zone": zoneName(zone), "order": order, "pfn": pfn,
                    "count": localPages(zone).pointee.count - (1 << Int32(order)),
                ])
        }
        if isCorrupted {
            return takeCheckedLocal(list, zone, order: order, fromTail: fromTail)
        }
        return fromTail ? popLast(list) : popFirst(list)
    }

    /// Takes a block of a CPU's list from one of its ends; `nil` if the machine faulted over it.
    private func takeCheckedLocal(
        _ list: UnsafeMutablePointer<BlockList>, _ zone: Int, order: UInt32, fromTail: Bool
    ) -> Block? {
        let pfn = fromTail ? list.pointee.last : list.pointee.first
        let frame = frames.readable(pfn).pointee
        guard isInside(zone, pfn, order: order), frame.has(Frame.perCPU), frame.order == order,
            !frame.has(Frame.live)
        else { return faultOnPoison() }
        let block = fromTail ? popLast(list) : popFirst(list)
        keepInside(list)
        return block
    }

    /// Whether a frame can head a block of a buddy list. The buddy flag itself may be gone: a
    /// report about a bad page clears it.
    func isLinkedFree(_ zone: Int, _ pfn: UInt32, order: UInt32, type: Int) -> Bool {
        let frame = frames.readable(pfn).pointee
        return isInside(zone, pfn, order: order) && frame.order == order
            && frame.migrateType == type && !frame.has(Frame.live | Frame.perCPU)
    }

    private func isInside(_ zone: Int, _ pfn: UInt32, order: UInt32) -> Bool {
        pfn >= zones[zone].start && UInt64(pfn) + (1 << UInt64(order)) <= UInt64(zones[zone].end)
    }

    /// `list_del` of an entry that was taken before: its links are poison.
    private func faultOnPoison() -> Block? {
        let offset: UInt64 = shape.architecture == .i386 ? 4 : 8
        let poison: UInt64 = shape.architecture == .i386 ? 0x100 : 0xdead_0000_0000_0100
        oopsOnAccess(to: poison + offset, isWrite: true, locks: 1)
        return nil
    }

    /// The kernel goes round and round for ever: the CPU never comes back.
    ///
    /// Where the caller has interrupts off, nobody says so: the watchdog's timer does not come.
    func hang(in function: String) {
        if context.areIRQsOff {
            return stop("CPU#\(control.pointee.cpu) hangs in \(function), with interrupts off")
        }
        let text =
            "watchdog: BUG: soft lockup - CPU#\(control.pointee.cpu) stuck for 22s! "
            + "[init:\(currentPid)]"
        printk(text)
        printCallTrace([function])
        halt(text)
    }
}
