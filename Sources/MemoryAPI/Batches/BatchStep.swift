import KernelMemory

/// One call of a batch and what it returned: for the session's journal, and to be made again for its answer.
struct BatchStep {
    /// What becomes of it.
    enum Kind: UInt8 {
        /// It runs and is answered.
        case answered
        /// It runs before the next one, on whose account it was made: a change of CPU.
        case silent
        /// It was answered without a run.
        case notRun
    }

    let call: KernelCall
    /// Nothing if the call did not run.
    let returned: Outcome.Returned
    let kind: Kind
}

extension KernelCall {
    /// Whether a call that returned this has failed: memory that was wanted and not given, or an
    /// error's number, or no end of the call.
    func hasFailed(_ returned: Outcome.Returned) -> Bool {
        switch returned {
        case .null:
            if case .kmemCacheCreate = self { return true }
            if case .freeListCreate = self { return true }
            return isAllocation || allocatesObject || makesArea || loadsModule
        case .number(let number):
            if case .deleteModule = self { return Int64(bitPattern: number) < 0 }
            return false
        case .halted, .blocked: return true
        case .void, .page, .address: return false
        }
    }
}

extension Outcome.Returned {
    /// What a reference to it stands for: 0 where there is nothing.
    var referenceValue: UInt64 {
        switch self {
        case .page(let page): page.rawValue
        case .address(let address): address.rawValue
        case .number(let number): number
        case .void, .null, .halted, .blocked: 0
        }
    }
}

extension Machine {
    /// Whether the machine is in a state to run a call.
    func runs(_ requested: RequestedCall) -> Bool {
        if !isStopped { return true }
        if isHalted { return false }
        let goesElsewhere = requested.cpu.map { $0 != UInt32(currentCPU) } ?? false
        return goesElsewhere || requested.call.leavesCPU
    }
}
