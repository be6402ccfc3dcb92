import KernelMemory
import MicroHTTPD

/// Every page frame, as runs of frames that are alike and as blocks.
extension MemoryService {
    var frameEndpoints: [Endpoint] {
        [look("/frames", query: ["zone", "start", "limit"], FramesRoutes.list)]
    }
}

enum FramesRoutes {
    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let machine = view.machine
        let limit = try request.limit(default: 1_000, most: 10_000)
        let zone = try request.zone(of: machine)
        let range = try range(request, machine, zone)
        let first = max(
            zone?.start.rawValue ?? 0, machine.firstFrame(of: range.lowerBound))
        let runs = machine.frameRuns(from: first, to: range.upperBound, limit: limit)
        let end = runs.last.map { $0.start.rawValue + $0.count } ?? range.upperBound
        let next = end < range.upperBound ? end : nil
        response.link(next: next, "start", of: request)
        response.snapshot(view) { json in
            json.runs(runs, view)
            json.pageBlocks(first..<end, machine)
            json.member("next", orNull: next)
        }
    }

    /// The frames that are asked for; never none.
    private static func range(
        _ request: borrowing Request, _ machine: Machine, _ zone: ZoneSnapshot?
    ) throws(Problem) -> Range<UInt32> {
        let lowest = zone?.start.rawValue ?? 0
        let end = zone.map { $0.start.rawValue + $0.spanned } ?? machine.frameEnd
        let start = try request.number("start", UInt64(lowest)...UInt64(end - 1))
        return (start.map { UInt32($0) } ?? lowest)..<end
    }
}

extension Machine {
    /// The first frame of the block that covers a frame; the frame itself in a stretch.
    fileprivate func firstFrame(of pfn: UInt32) -> UInt32 {
        let run = block(covering: PageFrameNumber(pfn))
        return run.order == nil ? pfn : run.start.rawValue
    }
}

extension JSONWriter {
    fileprivate mutating func runs(_ runs: [FrameRun], _ view: SessionView) {
        let owners = runs.contains { $0.state == .perCPU } ? view.machine.localPageOwners : [:]
        array("runs") { json in
            for run in runs {
                json.object { json in
                    json.run(run, view, cpu: owners[run.start.rawValue])
                }
            }
        }
    }

    /// Writes the members of a run of frames.
    ///
    /// - Parameter cpu: the CPU on whose list the run is.
    mutating func run(_ run: FrameRun, _ view: SessionView, cpu: Int?) {
        let machine = view.machine
        member("pfn", run.start.rawValue)
        member("count", run.count)
        member("state", run.state.rawValue)
        member("zone", literal: machine.architecture.zoneLiteral(machine.zoneIndex(of: run.start)))
        member("order", orNull: run.order)
        guard run.state == .allocated else {
            key("migratetype")
            if let type = run.migrateType { literal(type.literal) } else { null() }
            if let cpu { member("cpu", cpu) }
            if run.state == .vmalloc || run.state == .pageTable {
                member("allocated_at_step", run.step)
                if let address = run.mappedAddress {
                    member("mapped_at", address: address.rawValue)
                }
            }
            if run.state == .slab, let slab = machine.slab(covering: run.start) {
                member("cache", machine.cacheName(slab.cache))
            }
            return
        }
        owner(of: run, view)
    }

    private mutating func owner(of run: FrameRun, _ view: SessionView) {
        key("migratetype")
        if let type = view.call(of: run.step)?.request?.gfp.migrateType {
            literal(type.literal)
        } else {
            null()
        }
        if view.allocatedFrame(by: run.step) == run.start || run.isLargeKMalloc {
            member("id", run.step)
        }
        if run.isLargeKMalloc { member("kmalloc", true) }
        member("allocated_at_step", run.step)
        member("compound", run.isCompound)
        member("refcount", run.referenceCount)
        if run.isShared { member("shared", true) }
    }

    /// Writes the member `pageblocks`: the migrate type of each page block that a range touches.
    fileprivate mutating func pageBlocks(_ range: Range<UInt32>, _ machine: Machine) {
        let size = UInt32(1) << UInt32(machine.pageBlockOrder)
        array("pageblocks") { json in
            for zone in machine.zones {
                for block in machine.pageBlocks(zone: zone.index)
                where block.pfn.rawValue < range.upperBound
                    && block.pfn.rawValue + size > range.lowerBound
                {
                    json.object { json in
                        json.member("pfn", block.pfn.rawValue)
                        json.member("migratetype", literal: block.type.literal)
                    }
                }
            }
        }
    }
}

extension Machine {
    /// The CPU on whose list each block is, by the block's first frame.
    var localPageOwners: [UInt32: Int] {
        var owners: [UInt32: Int] = [:]
        for zone in zones {
            for cpu in 0..<cpuCount {
                for list in perCPULists(cpu: cpu, zone: zone.index, limit: .max) {
                    for pfn in list.pfns { owners[pfn.rawValue] = cpu }
                }
            }
        }
        return owners
    }
}
