import KernelMemory
import MicroHTTPD

/// Home-made lists of free objects, which the kernel cannot reach.
extension MemoryService {
    var freeListEndpoints: [Endpoint] {
        [
            call(.post, "/freelists", FreeListRoutes.create),
            look("/freelists", query: ["limit"], FreeListRoutes.list),
            call(.post, "/freelists/{list}/objects", FreeListRoutes.get),
            call(.delete, "/freelists/{list}/objects/{ref}", FreeListRoutes.put),
        ]
    }
}

enum FreeListRoutes {
    private static let creation = FieldNames(["name", "size", "cpu"])
    private static let request = FieldNames(["gfp", "cpu"])
    private static let sizes: ClosedRange<UInt64> = 1...8_192

    @Sendable
    static func create(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        var reader = try JSONObjectReader(request, creation)
        var name: String?
        var size: UInt64?
        var cpu: UInt32?
        while let field = try reader.next() {
            switch field {
            case 0: name = try reader.cacheName(JSONObjectReader.wantedName)
            case 1: size = try reader.number(sizes)
            default: cpu = try reader.cpu()
            }
        }
        guard let name else { throw .missing("name", JSONObjectReader.wantedName) }
        guard let size else { throw .missing("size", "the number of bytes of an object") }
        let list = CacheRequest(name: name, size: UInt32(size))
        let requested = RequestedCall(call: .freeListCreate(list), cpu: cpu)
        try session.run(requested, answering: &response)
    }

    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let limit = try request.limit(default: 100, most: 1_000)
        response.snapshot(view) { json in
            json.array("freelists") { json in
                for list in view.machine.freeLists {
                    json.object { $0.freeList(list, limit: limit) }
                }
            }
        }
    }

    @Sendable
    static func get(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let list = try list(request, session.machine)
        var reader = try JSONObjectReader(request, Self.request)
        var gfp = GFPFlags.kernel
        var cpu: UInt32?
        while let field = try reader.next() {
            if field == 0 {
                gfp = try GFPFlags(reader.value, at: reader.pointer)
            } else {
                cpu = try reader.cpu()
            }
        }
        let requested = RequestedCall(call: .freeListGet(list: list, gfp), cpu: cpu)
        try session.run(requested, answering: &response)
    }

    @Sendable
    static func put(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let list = try list(request, session.machine)
        let reference = try request.objectReference()
        let object = try session.view().pointer(reference, in: .kmalloc)
        let call = KernelCall.freeListPut(list: list, object: object)
        try session.run(call, answering: &response)
    }

    /// The list that the path names by its number.
    private static func list(
        _ request: borrowing Request, _ machine: borrowing Machine
    ) throws(Problem) -> UInt32 {
        let text = request.parameter(0)
        if let number = wholeNumber(text), number > 0, number <= UInt64(machine.freeListCount) {
            return UInt32(number)
        }
        throw Problem(
            .noSuchFreeList, "There is no home-made list \"\(text.quoted)\".",
            faults: [
                .init(
                    place: .path("list"), value: text.quoted,
                    detail: "must be the number that free_list_create returned")
            ])
    }
}

extension JSONWriter {
    fileprivate mutating func freeList(_ list: FreeListSnapshot, limit: Int) {
        member("list", list.number)
        member("name", list.name)
        member("size", list.size)
        member("nr_free", list.objects.count)
        member("gets", list.gets)
        member("hits", list.hits)
        array("objects") { json in
            for object in list.objects.prefix(limit) { json.address(object.rawValue) }
        }
    }
}
