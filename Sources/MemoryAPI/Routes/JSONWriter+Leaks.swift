import KernelMemory

/// Allocations and mappings that nobody gave back, in a report.
extension JSONWriter {
    /// Entries that are listed.
    private static let leakLimit = 1_000

    /// Writes `leak_totals`: what is not given back, by the function that allocated or mapped it, in the
    /// order of their names.
    mutating func leakTotals(_ live: LiveMemory, _ view: SessionView) {
        var totals: [String: (count: Int, bytes: UInt64)] = [:]
        for (step, bytes) in live.allocations {
            let name = view.call(of: step).map { String("\($0)".prefix { $0 != "(" }) } ?? "unknown"
            totals[name, default: (0, 0)].count += 1
            totals[name, default: (0, 0)].bytes += bytes
        }
        array("leak_totals") { json in
            for (name, total) in totals.sorted(by: { $0.key < $1.key }) {
                json.object { json in
                    json.member("call", name)
                    json.member("count", total.count)
                    json.member("bytes", total.bytes)
                }
            }
        }
    }

    /// Writes pages first, then objects, areas of vmalloc and mappings, each in the order of their steps.
    mutating func leaks(_ live: LiveMemory, _ view: SessionView) {
        let blocks = live.blocks.page(after: nil, limit: Self.leakLimit)
        let objects = live.objects.prefix(Self.leakLimit - blocks.blocks.count)
        let areas = live.areas.prefix(Self.leakLimit - blocks.blocks.count - objects.count)
        let left = Self.leakLimit - blocks.blocks.count - objects.count - areas.count
        let mappings = live.mappingSteps.prefix(left)
        array("leaks") { json in
            for block in blocks.blocks { json.leak(block, view) }
            for object in objects { json.leak(object, view) }
            for area in areas { json.leak(area, view) }
            for step in mappings { json.mappingLeak(step, view) }
        }
        member(
            "leaks_truncated",
            blocks.next != nil || objects.count < live.objects.count
                || areas.count < live.areas.count || mappings.count < live.mappingCount)
    }

    private mutating func mappingLeak(_ step: UInt32, _ view: SessionView) {
        object { json in
            json.member("id", step)
            json.leak(view.call(of: step), step: step)
            json.member("pages", 0)
            json.member("bytes", 0)
            json.memberNull("cache")
        }
    }

    private mutating func leak(_ area: VmAreaSnapshot, _ view: SessionView) {
        object { json in
            json.member("id", area.step)
            json.leak(view.call(of: area.step), step: area.step)
            json.member("pages", area.pageCount)
            json.member("bytes", area.requestedBytes)
            json.memberNull("cache")
        }
    }

    private mutating func leak(_ block: FrameRun, _ view: SessionView) {
        object { json in
            let isOwn = view.allocatedFrame(by: block.step) == block.start
            json.member("id", orNull: isOwn ? block.step : nil)
            json.leak(view.call(of: block.step), step: block.step)
            json.member("pages", block.count)
            json.member("bytes", UInt64(block.count) << 12)
            json.memberNull("cache")
        }
    }

    private mutating func leak(_ object: ObjectSnapshot, _ view: SessionView) {
        self.object { json in
            json.member("id", object.allocatedAtStep)
            json.leak(view.call(of: object.allocatedAtStep), step: object.allocatedAtStep)
            json.member("pages", object.cache == nil ? 1 << object.order : 0)
            json.member("bytes", object.requestedBytes)
            json.member("cache", orNull: object.cache.map { view.machine.cacheName($0) })
        }
    }

    private mutating func leak(_ call: KernelCall?, step: UInt32) {
        memberCall(call)
        member("step", step)
    }
}
