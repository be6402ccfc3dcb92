import KernelMemory

/// What a session may still do before it meets one of its limits.
struct SessionRoom {
    /// Calls that it may make.
    private var calls: Int
    /// Bytes that it may write.
    private(set) var bytes: Int
    /// What its machine may come to hold.
    private(set) var holdings: HoldingsRoom
    let limits: SessionLimits

    init(calls: Int, bytes: Int, _ holdings: HoldingsRoom, _ limits: SessionLimits) {
        self.calls = calls
        self.bytes = bytes
        self.holdings = holdings
        self.limits = limits
    }

    /// Takes what a call needs.
    ///
    /// - Parameter machine: the machine before the call.
    @inline(__always)
    mutating func take(_ call: KernelCall, _ machine: borrowing Machine) throws(Problem) {
        guard calls > 0 else { throw Problem(tooManyCalls: limits) }
        let written = call.writtenByteCount
        guard written <= bytes else { throw Problem(tooManyBytes: limits) }
        if call.mayStore, machine.storedByteCount > limits.writtenBytesPerSession {
            throw Problem(tooManyBytes: limits)
        }
        try holdings.take(call, machine, limits)
        calls -= 1
        bytes -= written
    }
}

extension Problem {
    /// A session that is full of calls.
    convenience init(tooManyCalls limits: SessionLimits) {
        self.init(
            .tooManyCalls,
            "A session may make \(limits.callsPerSession) calls. POST /sessions boots a new one.")
    }

    /// A session that has written too much.
    convenience init(tooManyBytes limits: SessionLimits) {
        self.init(
            .tooManyBytes, "A session may write \(limits.writtenBytesPerSession) bytes in all.")
    }
}
