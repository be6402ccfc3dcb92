import KernelMemory
import MicroHTTPD

/// Memory of modules.
extension MemoryService {
    var moduleEndpoints: [Endpoint] {
        [
            call(.post, "/modules", ModulesRoutes.load),
            look("/modules", ModulesRoutes.list),
            look("/modules/{name}", ModulesRoutes.show),
            call(.delete, "/modules/{name}", ModulesRoutes.delete),
        ]
    }
}

enum ModulesRoutes {
    private static let fields = FieldNames(["name", "text_size", "data_size", "cpu"])
    private static let sizes: ClosedRange<UInt64> = 0...(1 << 30)
    private static let wantedName =
        "a name of 1 to \(ModuleRequest.longestName) letters, digits and underscores"

    @Sendable
    static func load(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        var reader = try JSONObjectReader(request, fields)
        var name: String?
        var text: UInt64?
        var data: UInt64 = 0
        var cpu: UInt32?
        while let field = try reader.next() {
            switch field {
            case 0: name = try moduleName(reader)
            case 1: text = try reader.number(1...sizes.upperBound)
            case 2: data = try reader.number(sizes)
            default: cpu = try reader.cpu()
            }
        }
        guard let name else { throw .missing("name", wantedName) }
        guard let text else { throw .missing("text_size", "the number of bytes of code") }
        if session.machine.modules.contains(where: { $0.name == name }) {
            throw Problem(
                .invalidField, "A module \(name) is loaded already: the kernel says -EEXIST.",
                faults: [
                    .init(place: .body("/name"), value: name, detail: "must be a new name")
                ])
        }
        let module = ModuleRequest(name: name, textSize: text, dataSize: data)
        try session.run(
            RequestedCall(call: .loadModule(module), cpu: cpu), answering: &response)
    }

    @Sendable
    static func list(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        response.snapshot(view) { json in
            json.array("modules") { json in
                for module in view.machine.modules { json.object { $0.module(module) } }
            }
        }
    }

    @Sendable
    static func show(
        _ request: borrowing Request, _ view: SessionView, _ response: inout Response
    ) throws(Problem) {
        let module = try module(request, view.machine)
        response.snapshot(view) { $0.module(module) }
    }

    @Sendable
    static func delete(
        _ request: borrowing Request, _ session: inout SessionState, _ response: inout Response
    ) throws(Problem) {
        let module = try module(request, session.machine)
        let call = KernelCall.deleteModule(
            ModuleRequest(name: module.name, textSize: 0, dataSize: 0))
        try session.run(call, answering: &response)
    }

    private static func module(
        _ request: borrowing Request, _ machine: borrowing Machine
    ) throws(Problem) -> LoadedModule {
        let name = request.parameter(0).quoted
        if let module = machine.modules.first(where: { $0.name == name }) { return module }
        throw Problem(
            .noSuchModule, "No module \(name) is loaded.",
            faults: [
                .init(place: .path("name"), value: name, detail: "must be a loaded module's name")
            ])
    }

    private static func moduleName(
        _ reader: borrowing JSONObjectReader
    ) throws(Problem) -> String {
        let bytes = try reader.text(wantedName)
        let isName =
            (1...ModuleRequest.longestName).contains(bytes.count)
            && bytes.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
                    || (0x61...0x7a).contains($0) || $0 == 0x5f
            }
        guard isName else { throw reader.problem(wantedName) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension JSONWriter {
    /// Writes a module's members.
    mutating func module(_ module: LoadedModule) {
        member("name", module.name)
        member("address", address: module.address.rawValue)
        member("text_size_bytes", module.textSize)
        member("data_size_bytes", module.dataSize)
        member("size_bytes", module.textSize + module.dataSize)
        member("loaded_at_step", module.step)
    }
}
