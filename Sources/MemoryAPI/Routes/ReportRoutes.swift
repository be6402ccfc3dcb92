import KernelMemory
import MicroHTTPD

/// What a grader reads: misuses, and what nobody has freed.
extension MemoryService {
    var reportEndpoints: [Endpoint] { [look("/report", ReportRoutes.show)] }
}

enum ReportRoutes {
    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        response.snapshot(view) { json in
            json.report(view)
        }
    }
}

extension JSONWriter {
    /// Allocations that are listed as leaks.
    private static let leakLimit = 1_000

    /// Writes the members of a report.
    mutating func report(_ view: SessionView) {
        let machine = view.machine
        let live = LiveMemory(view)
        member("summary", live.summary(machine))
        object("live") { json in
            json.member("blocks", live.blocks.count)
            json.member("pages", live.blocks.pageCount)
            json.member("objects", live.objects.count)
            json.member("bytes", live.byteCount)
            json.member("areas", live.areas.count)
            json.member("area_bytes", live.areaByteCount)
        }
        member("peak_pages", machine.liveUse.peakPages)
        member("misuse_count", machine.misuseCount)
        array("misuse") { json in
            for misuse in machine.misuses { json.misuse(misuse, by: view.call(of: misuse.step)) }
        }
        leaks(live, view)
    }

    /// Writes pages first, then objects, then areas of vmalloc, each in the order of their steps.
    private mutating func leaks(_ live: LiveMemory, _ view: SessionView) {
        let blocks = live.blocks.page(after: nil, limit: Self.leakLimit)
        let objects = live.objects.prefix(Self.leakLimit - blocks.blocks.count)
        let areas = live.areas.prefix(Self.leakLimit - blocks.blocks.count - objects.count)
        array("leaks") { json in
            for block in blocks.blocks { json.leak(block, view) }
            for object in objects { json.leak(object, view) }
            for area in areas { json.leak(area, view) }
        }
        member(
            "leaks_truncated",
            blocks.next != nil || objects.count < live.objects.count
                || areas.count < live.areas.count)
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

/// What callers have not freed.
private struct LiveMemory {
    let blocks: LiveBlocks
    /// What kmalloc and caches gave, by the step that allocated it.
    let objects: [ObjectSnapshot]
    /// Areas of vmalloc, by the step that made them.
    let areas: [VmAreaSnapshot]

    init(_ view: SessionView) {
        blocks = view.liveBlocks
        areas = view.liveAreas.sorted { $0.step < $1.step }
        objects = (view.machine.liveKMallocs + view.machine.liveCacheObjects).sorted {
            ($0.allocatedAtStep, $0.address) < ($1.allocatedAtStep, $1.address)
        }
    }

    /// Bytes of the objects, as they were asked for.
    var byteCount: UInt64 { objects.reduce(0) { $0 + $1.requestedBytes } }
    /// Bytes of the areas, as they were asked for.
    var areaByteCount: UInt64 { areas.reduce(0) { $0 + $1.requestedBytes } }

    func summary(_ machine: Machine) -> String {
        let unnoticed = machine.misuses.count { !$0.noticedByKernel }
        let misuses =
            machine.misuseCount == 0
            ? "no misuse"
            : "\(counted(machine.misuseCount, "misuse")), \(unnoticed) unnoticed by the kernel"
        let halted = machine.isHalted ? "; the machine is halted" : ""
        return "\(leaks); \(misuses)\(halted)."
    }

    private var leaks: String {
        var parts: [String] = []
        if blocks.count > 0 {
            parts.append(
                counted(blocks.count, "block") + " (\(counted(blocks.pageCount, "page")))")
        }
        if !objects.isEmpty {
            parts.append(
                counted(objects.count, "object") + " (\(counted(Int(byteCount), "byte")))")
        }
        if !areas.isEmpty {
            parts.append(
                counted(areas.count, "area") + " of vmalloc ("
                    + counted(Int(areaByteCount), "byte") + ")")
        }
        if parts.isEmpty { return "Everything that was allocated is freed" }
        return parts.dropLast().joined(separator: ", ") + (parts.count > 1 ? " and " : "")
            + parts[parts.count - 1] + " not freed"
    }
}

/// A number with its noun: `1 block`, `2 blocks`.
private func counted(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
}
