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
    /// What the batch calls its result; `nil` if nothing.
    var result: ResultNames.Slot?
}

extension RequestedCall {
    /// A call that was read as text or from its arguments.
    init(_ parsed: ParsedCall, cpu: UInt32?, cachePlace: StaticString) {
        call = parsed.call
        self.cpu = cpu
        cacheName = parsed.cacheName
        self.cachePlace = cachePlace
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
