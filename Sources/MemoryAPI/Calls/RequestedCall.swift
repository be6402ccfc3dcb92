import CSimdJSON
import KernelMemory

/// A call that a client asks for, and the CPU that it should run on.
struct RequestedCall {
    var call: KernelCall
    /// `nil` for the CPU that the call before ran on.
    var cpu: UInt32?
    /// Which member names the CPU of `run_on_cpu`: `/cpu`, or `/call` for a call as text.
    var argumentPlace: StaticString = "/cpu"
    /// The cache that the call names instead of pointing to it; `nil` if it names none.
    var cacheName: String?
    /// Which member names it.
    var cachePlace: StaticString = "/call"
}

extension RequestedCall {
    /// A call that was read as text or from its arguments.
    init(_ parsed: ParsedCall, cpu: UInt32?, cachePlace: StaticString) {
        call = parsed.call
        self.cpu = cpu
        cacheName = parsed.cacheName
        self.cachePlace = cachePlace
    }

    private static let envelope = FieldNames(["call", "cpu"])

    /// Reads one object: `{"call": "free_pages", "address": "0xc1f40000", "order": 3}`, or with
    /// the whole call as text.
    init(_ object: csj_value, at place: String) throws(Problem) {
        guard object.kind == CSJ_OBJECT else {
            throw object.problem(at: place, wanted: "a JSON object with the member call")
        }
        let name = try Self.name(object, at: place)
        if name.contains(UInt8(ascii: "(")) {
            self = try Self.text(name, object, at: place)
        } else if let signature = CallSignature.named(name) {
            self = try signature.read(object, at: place)
        } else {
            let names = KernelFunction.all.map(\.name)
            throw Problem(
                unknownFunction: name.quoted,
                suggestions: nearest(to: name.quoted, among: names), at: .body(place + "/call"))
        }
    }

    private static func name(
        _ object: csj_value, at place: String
    ) throws(Problem) -> UnsafeRawBufferPointer {
        var object = object
        var cursor = csj_members(&object)
        var key = csj_text()
        var value = csj_value()
        while csj_next_member(&cursor, &key, &value) {
            guard UnsafeRawBufferPointer(start: key.start, count: key.count).equals("call") else {
                continue
            }
            guard value.kind == CSJ_STRING else {
                throw value.problem(at: place + "/call", wanted: "a kernel function or a call")
            }
            return value.bytes
        }
        throw Problem(
            .invalidCall, "The member call is missing: the name of a kernel function.",
            faults: [.init(place: .body(place + "/call"), detail: "is missing")])
    }

    private static func text(
        _ text: UnsafeRawBufferPointer, _ object: csj_value, at place: String
    ) throws(Problem) -> RequestedCall {
        var reader = try JSONObjectReader(object, at: place, envelope)
        var cpu: UInt32?
        while let field = try reader.next() {
            if field == 1 { cpu = try reader.cpu() }
        }
        do throws(CallSyntaxError) {
            let parsed = try ParsedCall(parsing: String(decoding: text, as: UTF8.self))
            var requested = RequestedCall(parsed, cpu: cpu, cachePlace: "/call")
            requested.argumentPlace = "/call"
            return requested
        } catch { throw Problem(error, at: .body(place + "/call")) }
    }
}

extension RequestedCall {
    /// Refuses a CPU that the machine does not have, to run on or to change to.
    ///
    /// - Parameter place: where the call is in the body.
    @inline(__always)
    func checkCPU(_ count: Int, at place: @autoclosure () -> String) throws(Problem) {
        if let cpu, cpu >= UInt32(count) { throw Self.problem(cpu, count, at: place() + "/cpu") }
        if case .runOn(let cpu) = call, cpu >= UInt32(count) {
            throw Self.problem(cpu, count, at: place() + "\(argumentPlace)")
        }
    }

    private static func problem(_ cpu: UInt32, _ count: Int, at place: String) -> Problem {
        let wanted = "a CPU of this machine, 0 to \(count - 1)"
        return Problem(
            .invalidField, "cpu must be \(wanted), not \(cpu).",
            faults: [.init(place: .body(place), value: "\(cpu)", detail: "must be \(wanted)")])
    }
}

extension SessionState {
    /// Whether the machine is in a state to run a call.
    func runs(_ requested: RequestedCall) -> Bool {
        if !machine.isStopped { return true }
        if machine.isHalted { return false }
        let goesElsewhere = requested.cpu.map { $0 != UInt32(machine.currentCPU) } ?? false
        return goesElsewhere || requested.call.leavesCPU
    }

    /// Runs a call, on another CPU if it asks for one: the change of CPU is a step of its own, which
    /// is not made if the call could not follow.
    @inline(__always)
    mutating func run(_ requested: RequestedCall) throws(Problem) -> Outcome {
        try requested.checkCPU(machine.cpuCount, at: "")
        if let cpu = requested.cpu, cpu != UInt32(machine.currentCPU) {
            try checkRoom(for: [requested])
            _ = try apply(.runOn(cpu: cpu))
        }
        return try apply(requested.call)
    }
}
