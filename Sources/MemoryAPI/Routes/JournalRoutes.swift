import KernelMemory
import MicroHTTPD

/// The calls of a session, in order.
extension MemoryService {
    var journalEndpoints: [Endpoint] {
        [look("/journal", query: ["limit", "cursor"], JournalRoutes.list), journalExplanation]
    }
}

enum JournalRoutes {
    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let limit = try request.limit(default: 100, most: 10_000)
        let first = Int(try request.number("cursor", 0...UInt64(UInt32.max)) ?? 0)
        let start = min(first, view.step)
        let end = min(start + limit, view.step)
        let next = end < view.step ? "\(end)" : nil
        response.link(next: next, of: request)
        response.snapshot(view) { json in
            json.array("entries") { json in
                for index in start..<end {
                    json.object { json in json.journalEntry(UInt32(index) + 1, view) }
                }
            }
            json.member("next", orNull: next)
        }
    }
}

extension JSONWriter {
    /// Writes the members of a call that was taken down, with what the kernel said and what was wrong.
    mutating func journalEntry(_ step: UInt32, _ view: SessionView) {
        guard let call = view.call(of: step), let returned = view.returned(by: step) else { return }
        member("step", step)
        key("call")
        self.call(call)
        memberArguments(of: call)
        key("returned")
        self.returned(returned)
        if view.allocatedFrame(by: step) != nil || view.allocatedObject(by: step) != nil
            || view.madeArea(by: step) != nil
        {
            member("id", step)
        }
        remarks(of: step, call, view)
    }

    /// Lines of the log, and misuses, that one entry shows at most.
    private static let remarkLimit = 20

    private mutating func remarks(of step: UInt32, _ call: KernelCall, _ view: SessionView) {
        let (lines, misuses) = (view.machine.log(of: step), view.machine.misuses(of: step))
        member("log_lines", lines.count)
        member("misuse_count", misuses.count)
        array("log") { json in
            for line in lines.prefix(Self.remarkLimit) { json.text(line.text) }
        }
        array("misuse") { json in
            for misuse in misuses.prefix(Self.remarkLimit) { json.misuse(misuse, by: call) }
        }
    }
}
