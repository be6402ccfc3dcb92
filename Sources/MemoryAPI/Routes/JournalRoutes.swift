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
        response.snapshot(view) { json in
            json.array("entries") { json in
                for index in start..<end {
                    json.object { json in json.journalEntry(UInt32(index) + 1, view) }
                }
            }
            json.member("next", orNull: end < view.step ? "\(end)" : nil)
        }
    }
}

extension JSONWriter {
    /// Writes the members of a call that was taken down.
    mutating func journalEntry(_ step: UInt32, _ view: SessionView) {
        guard let call = view.call(of: step), let returned = view.returned(by: step) else { return }
        member("step", step)
        key("call")
        self.call(call)
        key("returned")
        self.returned(returned)
        if view.allocatedFrame(by: step) != nil || view.allocatedObject(by: step) != nil
            || view.madeArea(by: step) != nil
        {
            member("id", step)
        }
        member("log_lines", view.machine.log(of: step).count)
        member("misuse_count", view.machine.misuses(of: step).count)
    }
}
