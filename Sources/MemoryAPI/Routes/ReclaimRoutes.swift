import KernelMemory
import MicroHTTPD

/// Memory that the kernel can take back, and taking it back.
extension MemoryService {
    var reclaimEndpoints: [Endpoint] {
        [
            look("/reclaim", query: ["limit"], ReclaimRoutes.show),
            call(.post, "/reclaim", ReclaimRoutes.reclaim),
        ]
    }
}

enum ReclaimRoutes {
    private static let fields = FieldNames(["target", "cpu"])
    private static let targets = FieldNames(["slab"])

    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let limit = try request.limit(default: 100, most: 1_000)
        response.snapshot(view) { json in
            json.member("free_pages", view.machine.freePages)
            json.member("allocstall", view.machine.directReclaims)
            json.array("shrinkers") { json in
                for shrinker in view.machine.shrinkers {
                    json.object { $0.shrinker(shrinker, limit: limit) }
                }
            }
        }
    }

    /// Runs `drop_slab`, and says what each shrinker freed.
    @Sendable
    static func reclaim(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let requested = RequestedCall(call: .dropSlab, cpu: try cpu(request))
        let before = Reclaimed(session.machine)
        let outcome = try session.run(requested)
        let after = Reclaimed(session.machine)
        response.json { json in
            json.reclaimed(requested.call, outcome, session.machine, before, after)
        }
    }

    /// Reads the body, which has to name what is to be dropped.
    private static func cpu(_ request: borrowing Request) throws(Problem) -> UInt32? {
        var reader = try JSONObjectReader(request, fields)
        var hasTarget = false
        var cpu: UInt32?
        while let field = try reader.next() {
            if field == 0 {
                guard targets.index(of: try reader.text("\"slab\"")) != nil else {
                    throw reader.problem("\"slab\"")
                }
                hasTarget = true
            } else {
                cpu = try reader.cpu()
            }
        }
        if !hasTarget { throw .missing("target", "what to drop, \"slab\"") }
        return cpu
    }
}

/// What shrinkers have freed up to a moment.
private struct Reclaimed {
    let freePages: Int
    let shrinkers: [ShrinkerSnapshot]

    init(_ machine: borrowing Machine) {
        freePages = machine.freePages
        shrinkers = machine.shrinkers
    }
}

extension JSONWriter {
    fileprivate mutating func shrinker(_ shrinker: ShrinkerSnapshot, limit: Int) {
        member("cache", shrinker.cache)
        member("address", address: shrinker.address.rawValue)
        member("nr_items", shrinker.unused.count)
        member("nr_deferred", shrinker.deferred)
        member("scanned", shrinker.scanned)
        member("freed", shrinker.freed)
        member("pages_freed", shrinker.pagesFreed)
        array("oldest") { json in
            for object in shrinker.unused.prefix(limit) { json.address(object.rawValue) }
        }
    }

    fileprivate mutating func reclaimed(
        _ call: KernelCall, _ outcome: Outcome, _ machine: borrowing Machine, _ before: Reclaimed,
        _ after: Reclaimed
    ) {
        object { json in
            json.member("step", machine.step)
            json.key("call")
            json.call(call)
            json.key("returned")
            json.returned(outcome.returned)
            json.memberNull("errno")
            json.member("pages_freed", after.freePages - before.freePages)
            json.array("shrinkers") { json in
                for (old, new) in zip(before.shrinkers, after.shrinkers) {
                    json.object { json in
                        json.member("cache", new.cache)
                        json.member("objects_freed", new.freed - old.freed)
                        json.member("pages_freed", new.pagesFreed - old.pagesFreed)
                    }
                }
            }
            json.remarks(machine, call, .max)
        }
    }
}
