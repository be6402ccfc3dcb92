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
            json.member("mappings", live.mappingCount)
        }
        peak(machine.peakUse)
        member("misuse_count", machine.misuseCount)
        member("misuse_unnoticed", live.unnoticedCount)
        member("context_violations", live.contextViolations)
        array("misuse") { json in
            for misuse in machine.misuses { json.misuse(misuse, by: view.call(of: misuse.step)) }
        }
        unbalanced(live)
        leakTotals(live, view)
        leaks(live, view)
        waiting(live.contexts, view)
    }

    /// Writes how many pages calls had taken when there were most of them, and for what.
    private mutating func peak(_ most: PageUse) {
        member("peak_pages", most.total)
        object("peak_use") { json in
            json.member("block_pages", most.blocks)
            json.member("area_pages", most.areas)
            json.member("slab_pages", most.slabs)
            json.member("table_pages", most.tables)
        }
    }

    /// Writes `unbalanced`: what CPUs were told and not told back, by CPU, and mappings.
    private mutating func unbalanced(_ live: LiveMemory) {
        array("unbalanced") { json in
            for each in live.unbalanced {
                json.object { json in
                    json.member("cpu", orNull: each.cpu)
                    json.member("call", each.call)
                    json.member("missing", each.missing)
                    json.member("count", each.count)
                }
            }
        }
    }
}
