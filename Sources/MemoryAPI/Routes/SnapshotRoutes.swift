import KernelMemory
import MicroHTTPD

/// All of a session's state that has a size worth sending, in one answer.
extension MemoryService {
    var snapshotEndpoints: [Endpoint] {
        [
            look("/snapshot") { [library] (request, view, response) throws(Problem) in
                try SnapshotRoutes.show(request, view, library, &response)
            }
        ]
    }
}

enum SnapshotRoutes {
    /// Live blocks that are listed; GET /pages has them all.
    private static let pageLimit = 10_000
    /// Caches that are described; GET /caches has them all.
    private static let cacheLimit = 1_000

    static func show(
        _ request: borrowing Request, _ view: SessionView, _ library: RecordingLibrary,
        _ response: inout Response
    ) throws(Problem) {
        let machine = view.machine
        let live = view.liveBlocks.page(after: nil, limit: pageLimit)
        response.snapshot(view, expecting: 32_768) { json in
            json.key("machine")
            json.machine(view.configuration, machine, library)
            json.zones(machine)
            json.key("buddy")
            json.buddyLists(machine.zones, machine, BuddyRoutes.usualLimit)
            json.array("pages") { json in
                for block in live.blocks { json.object { $0.liveBlock(block, view) } }
            }
            json.member("pages_truncated", live.next != nil)
            let kmallocs = machine.liveKMallocs
            json.array("kmalloc") { json in
                for object in kmallocs.prefix(pageLimit) {
                    json.object { $0.liveObject(object, view) }
                }
            }
            json.member("kmalloc_truncated", kmallocs.count > pageLimit)
            let caches = machine.caches
            json.array("caches") { json in
                for cache in caches.prefix(cacheLimit) { json.object { $0.cache(cache) } }
            }
            json.member("caches_truncated", caches.count > cacheLimit)
            json.object("report") { json in json.report(view) }
            json.halted(machine)
            json.key("state_hash")
            json.string { json in json.rawHash(view.hash) }
        }
    }
}

extension JSONWriter {
    /// Writes 16 hexadecimal digits as they are.
    fileprivate mutating func rawHash(_ hash: UInt64) {
        for index in 0..<16 {
            raw(hexadecimalDigit(UInt8(truncatingIfNeeded: hash >> UInt64(60 - 4 * index)) & 15))
        }
    }
}
