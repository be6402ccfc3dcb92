import KernelMemory
import MicroHTTPD

/// The kernel's own text formats.
extension MemoryService {
    var procEndpoints: [Endpoint] {
        [
            proc("/proc/buddyinfo") { $0.buddyInfoText },
            proc("/proc/meminfo") { $0.memInfoText },
            proc("/proc/modules") { $0.moduleText },
            proc("/proc/pagetypeinfo") { $0.pageTypeInfoText },
            proc("/proc/slabinfo") { $0.slabInfoText },
            proc("/proc/vmallocinfo") { $0.vmallocInfoText },
            proc("/proc/zoneinfo") { $0.zoneInfoText },
        ]
    }

    private func proc(
        _ pattern: String, _ text: @escaping @Sendable (Machine) -> String
    ) -> Endpoint {
        look(pattern, produces: ["text/plain"]) { (_, view, response) throws(Problem) in
            response.body.append(text(view.machine))
        }
    }
}
