import KernelMemory
import MicroHTTPD

/// What the CPUs remember of their walks through the page tables.
extension MemoryService {
    var tlbEndpoints: [Endpoint] { [look("/tlb", TLBRoutes.show)] }
}

enum TLBRoutes {
    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let machine = view.machine
        response.snapshot(view, expecting: 8_192) { json in
            json.key("shape")
            json.tlbShape(machine.tlbShape)
            json.array("cpus") { json in
                for cpu in 0..<machine.cpuCount {
                    json.object { json in
                        json.member("cpu", cpu)
                        json.tlb(machine.tlb(ofCPU: cpu))
                    }
                }
            }
        }
    }
}

extension JSONWriter {
    /// Writes how much each CPU can remember.
    mutating func tlbShape(_ shape: TLBShape) {
        object { json in
            json.member("entries", shape.smallEntries)
            json.member("large_entries", shape.largeEntries)
            json.member("ways", shape.ways)
            json.member("sets", shape.smallEntries / shape.ways)
            json.member("large_sets", shape.largeEntries / shape.ways)
        }
    }

    fileprivate mutating func tlb(_ tlb: TLBSnapshot) {
        object("counters") { json in
            json.member("hits", tlb.counters.hits)
            json.member("misses", tlb.counters.misses)
            json.member("entries_read", tlb.counters.entriesRead)
            json.member("full_flushes", tlb.counters.fullFlushes)
            json.member("page_flushes", tlb.counters.pageFlushes)
        }
        array("entries") { json in
            for entry in tlb.entries {
                json.object { json in
                    json.member("page_address", address: entry.address.rawValue)
                    json.member("page_size_bytes", UInt64(1) << entry.pageShift)
                    json.member("pfn", entry.frame)
                    json.member("writable", entry.isWritable)
                    json.member("stale", entry.isStale)
                }
            }
        }
    }
}
