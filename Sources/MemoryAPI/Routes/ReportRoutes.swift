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
        response.json { json in
            json.object { json in
                json.member("step", view.step)
                json.report(view)
            }
        }
    }
}

extension JSONWriter {
    /// Blocks that are listed as leaks.
    private static let leakLimit = 1_000

    /// Writes the members of a report.
    mutating func report(_ view: SessionView) {
        let machine = view.machine
        let use = machine.liveUse
        let live = view.liveBlocks
        member("summary", summary(machine, liveBlocks: live.count))
        object("live") { json in
            json.member("blocks", live.count)
            json.member("pages", use.pages)
        }
        member("peak_pages", use.peakPages)
        member("misuse_count", machine.misuseCount)
        array("misuse") { json in
            for misuse in machine.misuses { json.misuse(misuse, by: view.call(of: misuse.step)) }
        }
        let leaks = live.page(after: nil, limit: Self.leakLimit)
        array("leaks") { json in for block in leaks.blocks { json.leak(block, view) } }
        member("leaks_truncated", leaks.next != nil)
    }

    private mutating func leak(_ block: FrameRun, _ view: SessionView) {
        object { json in
            let isOwn = view.allocatedFrame(by: block.step) == block.start
            json.member("id", orNull: isOwn ? block.step : nil)
            json.key("call")
            if let call = view.call(of: block.step) { json.call(call) } else { json.null() }
            json.member("step", block.step)
            json.member("pages", block.count)
        }
    }

    private func summary(_ machine: Machine, liveBlocks: Int) -> String {
        let unnoticed = machine.misuses.count { !$0.noticedByKernel }
        let live =
            liveBlocks == 0
            ? "Everything that was allocated is freed"
            : counted(liveBlocks, "block")
                + " (\(counted(machine.liveUse.pages, "page"))) not freed"
        let misuses =
            machine.misuseCount == 0
            ? "no misuse"
            : "\(counted(machine.misuseCount, "misuse")), \(unnoticed) unnoticed by the kernel"
        let halted = machine.isHalted ? "; the machine is halted" : ""
        return "\(live); \(misuses)\(halted)."
    }
}

/// A number with its noun: `1 block`, `2 blocks`.
private func counted(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
}
