import KernelMemory
import MicroHTTPD

/// The kernel log, as JSON or as `dmesg` prints it, with steps for seconds.
extension MemoryService {
    var logEndpoints: [Endpoint] {
        [look("/dmesg", produces: ["application/json", "text/plain"], LogRoutes.show)]
    }
}

enum LogRoutes {
    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        response.setHeader("Vary", "Accept")
        if request.preferredType == 1 {
            for line in view.machine.log { response.body.append(line.asPrinted + "\n") }
            return
        }
        response.snapshot(view) { json in
            json.array("lines") { json in
                for line in view.machine.log {
                    json.object { json in
                        json.member("step", line.step)
                        json.member("text", line.text)
                    }
                }
            }
        }
    }
}

extension LogLine {
    /// The line with its step where `dmesg` has the seconds since boot: `[    3] text`.
    fileprivate var asPrinted: String {
        let digits = String(step)
        return "[" + String(repeating: " ", count: max(0, 5 - digits.count)) + digits + "] " + text
    }
}
