import KernelMemory

/// What changed between two steps, subsystem by subsystem.
extension JSONWriter {
    /// Writes the members of a diff.
    mutating func diff(_ diff: SessionDiff) {
        member("step", diff.after.step)
        member("from", diff.before.step)
        member("to", diff.after.step)
        bounded("calls", truncated: "calls_truncated", diff.callSteps) { json, step in
            json.member("step", step)
            json.memberCall(diff.later.call(of: UInt32(step)))
        }
        pageChanges(diff)
        kmallocChanges(diff)
        zoneChanges(diff)
        cacheChanges(diff)
        areaChanges(diff)
        mappingChanges(diff)
        contextChanges(diff)
        noteChanges(diff)
        object("halted") { json in
            json.member("before", orNull: diff.before.machine.oops)
            json.member("after", orNull: diff.after.machine.oops)
        }
    }

    private mutating func pageChanges(_ diff: SessionDiff) {
        let (before, after) = (diff.before.liveBlocks, diff.after.liveBlocks)
        let change = ListChange(before.all, after.all) {
            SIMD3($0.step, $0.start.rawValue, UInt32($0.order ?? 0))
        }
        object("pages") { json in
            json.change("blocks", before.count, after.count)
            json.change("pages", before.pageCount, after.pageCount)
            json.bounded("allocated", truncated: "allocated_truncated", change.added) {
                $0.liveBlock($1, diff.after)
            }
            json.bounded("freed", truncated: "freed_truncated", change.removed) {
                $0.liveBlock($1, diff.before)
            }
        }
    }

    private mutating func kmallocChanges(_ diff: SessionDiff) {
        let (before, after) = (diff.before.machine.liveKMallocs, diff.after.machine.liveKMallocs)
        let change = ListChange(before, after) {
            SIMD2(UInt64($0.allocatedAtStep), $0.address.rawValue)
        }
        object("kmalloc") { json in
            json.change("objects", before.count, after.count)
            json.change(
                "bytes", before.reduce(0) { $0 + $1.requestedBytes },
                after.reduce(0) { $0 + $1.requestedBytes })
            json.bounded("allocated", truncated: "allocated_truncated", change.added) {
                $0.liveObject($1, diff.after)
            }
            json.bounded("freed", truncated: "freed_truncated", change.removed) {
                $0.liveObject($1, diff.before)
            }
        }
    }

    private mutating func areaChanges(_ diff: SessionDiff) {
        let (before, after) = (diff.before.machine.vmAreas, diff.after.machine.vmAreas)
        let change = ListChange(before, after) {
            SIMD2(UInt64($0.step), $0.range.lowerBound)
        }
        object("vmalloc") { json in
            json.change("areas", before.count, after.count)
            json.change(
                "vmalloc_pages", diff.before.machine.vmallocPageCount,
                diff.after.machine.vmallocPageCount)
            json.bounded("made", truncated: "made_truncated", change.added) {
                $0.listedArea($1, diff.after)
            }
            json.bounded("freed", truncated: "freed_truncated", change.removed) {
                $0.listedArea($1, diff.before)
            }
        }
    }
}
