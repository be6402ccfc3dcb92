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
    fileprivate static let pageLimit = 10_000
    /// Caches that are described; GET /caches has them all.
    fileprivate static let cacheLimit = 1_000
    /// About how many bytes a snapshot is.
    static let usualSize = 32_768

    static func show(
        _ request: borrowing Request, _ view: SessionView, _ library: RecordingLibrary,
        _ response: inout Response
    ) throws(Problem) {
        response.snapshot(view, expecting: usualSize) { $0.wholeSnapshot(view, library) }
    }
}

extension JSONWriter {
    /// Writes the members of a snapshot behind its step.
    mutating func wholeSnapshot(_ view: SessionView, _ library: RecordingLibrary) {
        let machine = view.machine
        key("machine")
        self.machine(view.configuration, machine, library)
        zones(machine)
        key("buddy")
        buddyLists(machine.zones, machine, BuddyRoutes.usualLimit)
        allocations(view)
        let caches = machine.caches
        let limit = SnapshotRoutes.cacheLimit
        array("caches") { json in
            for cache in caches.prefix(limit) { json.object { $0.cache(cache) } }
        }
        member("caches_truncated", caches.count > limit)
        object("report") { json in json.report(view) }
        halted(machine)
        key("state_hash")
        string { json in json.rawHash(view.hash) }
    }

    /// Writes `pages` and `kmalloc`: what callers own.
    private mutating func allocations(_ view: SessionView) {
        let limit = SnapshotRoutes.pageLimit
        let live = view.liveBlocks.page(after: nil, limit: limit)
        array("pages") { json in
            for block in live.blocks { json.object { $0.liveBlock(block, view) } }
        }
        member("pages_truncated", live.next != nil)
        let kmallocs = view.machine.liveKMallocs
        array("kmalloc") { json in
            for object in kmallocs.prefix(limit) { json.object { $0.liveObject(object, view) } }
        }
        member("kmalloc_truncated", kmallocs.count > limit)
    }

    /// Writes 16 hexadecimal digits as they are.
    fileprivate mutating func rawHash(_ hash: UInt64) {
        for index in 0..<16 {
            raw(hexadecimalDigit(UInt8(truncatingIfNeeded: hash >> UInt64(60 - 4 * index)) & 15))
        }
    }
}
